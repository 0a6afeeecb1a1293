package call

import (
	"maps"
	"slices"
	"strings"
)

// infoBodies are the SIP INFO bodies that carry a key, by their media type. Neither
// has an RFC; both are what gateways send.
var infoBodies = map[string]func(body string) (rune, bool){
	"application/dtmf":       parseDigit, // the key alone
	"application/dtmf-relay": relayDigit, // a line Signal=5
}

// InfoTypes are the media types of the INFO bodies that a leg reads. The user agent
// refuses any other.
func InfoTypes() []string { return slices.Sorted(maps.Keys(infoBodies)) }

func infoDigit(contentType string, body []byte) (rune, bool) {
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	read, known := infoBodies[strings.TrimSpace(mediaType)]
	if !known {
		return 0, false
	}
	return read(string(body))
}

func relayDigit(body string) (rune, bool) {
	for line := range strings.Lines(body) {
		name, value, _ := strings.Cut(line, "=")
		if strings.EqualFold(strings.TrimSpace(name), "signal") {
			return parseDigit(value)
		}
	}
	return 0, false
}

func parseDigit(s string) (rune, bool) {
	switch s = strings.ToUpper(strings.TrimSpace(s)); s {
	case "10":
		return '*', true
	case "11":
		return '#', true
	}
	if len(s) == 1 && strings.Contains("0123456789*#ABCD", s) {
		return rune(s[0]), true
	}
	return 0, false
}

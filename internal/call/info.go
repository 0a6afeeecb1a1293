package call

import "strings"

// infoKey reads the key from the body of a SIP INFO: application/dtmf-relay
// with a line Signal=5, or application/dtmf with the key alone. Neither has an
// RFC; both are what gateways send.
func infoKey(contentType string, body []byte) (rune, bool) {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(kind) {
	case "application/dtmf":
		return key(string(body))
	case "application/dtmf-relay":
		for line := range strings.Lines(string(body)) {
			name, value, _ := strings.Cut(line, "=")
			if strings.EqualFold(strings.TrimSpace(name), "signal") {
				return key(value)
			}
		}
	}
	return 0, false
}

func key(s string) (rune, bool) {
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

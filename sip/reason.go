package sip

import (
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// parseReason finds the Q.850 cause in the value of a Reason header field
// (RFC 3326 §2). Text is empty if there is none; ok is false if the value names
// no Q.850 cause.
func parseReason(value string) (cause int, text string, ok bool) {
	for _, one := range splitList(value, ',') {
		parts := splitList(one, ';')
		if !strings.EqualFold(strings.TrimSpace(parts[0]), "Q.850") {
			continue
		}
		for _, p := range parts[1:] {
			name, v, _ := strings.Cut(p, "=")
			v = strings.TrimSpace(v)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "cause":
				n, err := strconv.ParseUint(v, 10, 7) // Q.850 causes have seven bits
				cause, ok = int(n), err == nil && n > 0
			case "text":
				text = unquote(v)
			}
		}
		if ok {
			return cause, text, true
		}
		text = ""
	}
	return 0, "", false
}

// String is the value of a Reason header field.
func (c Cause) String() string {
	s := "Q.850;cause=" + strconv.Itoa(c.Q850)
	if c.Text != "" {
		s += ";text=" + quote(c.Text)
	}
	return s
}

// headers is the Reason header field, or none for the zero Cause.
func (c Cause) headers() []Header {
	if c.Q850 < 1 || c.Q850 > 127 || badText(c.Text) {
		return nil
	}
	return []Header{{"Reason", c.String()}}
}

// reasonOf reads the Reason header fields of a message.
func reasonOf(m sipmsg.Message) (int, string) {
	for _, h := range m.GetHeaders("reason") {
		if cause, text, ok := parseReason(h.Value()); ok {
			return cause, text
		}
	}
	return 0, ""
}

// splitList splits at sep outside quoted strings. It returns at least one item.
func splitList(s string, sep byte) []string {
	var items []string
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			items = append(items, s[start:i])
			start = i + 1
		}
	}
	return append(items, s[start:])
}

// unquote undoes the quoting of RFC 3261 §25.1; a value without quotes stays.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + quoter.Replace(s) + `"` }

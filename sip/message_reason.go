package sip

import (
	"slices"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// ReasonValue is one value of the Reason header field (RFC 3326 §2).
type ReasonValue struct {
	Protocol string // in capitals: SIP, Q.850, or another
	Cause    int    // a SIP status code, a Q.850 cause from 1 to 127, or what the protocol counts; 0: none
	// Text is its text for people. The attributes of a network's block
	// (ATIS-1000099 §4.1.1) belong inside its quotes; those that stand behind the
	// text as parameters are appended to it.
	Text     string
	Location string // where the call was released (RFC 8606): LN, TN, RLN, …
}

const (
	protocolSIP  = "SIP"
	protocolQ850 = "Q.850"
)

const (
	maxReasons = 8       // values of one message that are read
	maxValue   = 8 << 10 // bytes of one header field that are read
)

// blockAttributes are the attributes by which a network says that it blocked a call, and
// where to complain (ATIS-1000099 §4.1.1).
var blockAttributes = []string{"v", "url", "tel", "email", "id"}

// parseReasons reads the value of a Reason header field. A value without a known
// cause is kept as far as it says anything.
func parseReasons(value string) (found []ReasonValue) {
	for _, one := range splitList(truncate(value, maxValue), ',') {
		if len(found) == maxReasons {
			break
		}
		parts := splitList(one, ';')
		r := ReasonValue{Protocol: strings.ToUpper(printable(strings.TrimSpace(parts[0]), 20))}
		if r.Protocol == "" {
			continue
		}
		text, behind := "", []string(nil)
		for _, p := range parts[1:] {
			name, v, _ := strings.Cut(p, "=")
			name, v = strings.ToLower(strings.TrimSpace(name)), unquoteLenient(strings.TrimSpace(v))
			switch {
			case name == "cause":
				r.Cause = r.causeOf(v)
			case name == "text":
				text = v
			case name == "location":
				r.Location = printable(v, 20)
			case slices.Contains(blockAttributes, name):
				behind = append(behind, name+"="+v)
			}
		}
		if text != "" {
			behind = slices.Insert(behind, 0, text)
		}
		r.Text = printable(strings.Join(behind, ";"), maxText)
		found = append(found, r)
	}
	return found
}

// causeOf reads a cause of the value's protocol, 0 if it is none.
func (r ReasonValue) causeOf(v string) int {
	n, err := strconv.ParseUint(v, 10, 16)
	switch {
	case err != nil,
		r.Protocol == protocolQ850 && n > 127, // Q.850 causes have seven bits
		r.Protocol == protocolSIP && (n < 100 || n > 699):
		return 0
	}
	return int(n)
}

func reasonsOf(m sipmsg.Message) (all []ReasonValue) {
	for _, h := range m.GetHeaders("reason") {
		all = append(all, parseReasons(h.Value())...)
	}
	return all[:min(len(all), maxReasons)]
}

// q850Of is the first Q.850 value that names a cause, the zero value if none does.
func q850Of(all []ReasonValue) ReasonValue {
	for _, r := range all {
		if r.Protocol == protocolQ850 && r.Cause != 0 {
			return r
		}
	}
	return ReasonValue{}
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
	if c.Q850 < 1 || c.Q850 > 127 || hasControl(c.Text) {
		return nil
	}
	return []Header{{"Reason", c.String()}}
}

// splitList splits at sep outside quoted strings. It returns at least one item.
func splitList(s string, sep byte) (items []string) {
	for {
		end, err := endOfText(s, 0, sep, sep)
		if err != nil || end == len(s) {
			return append(items, s)
		}
		items = append(items, s[:end])
		s = s[end+1:]
	}
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

// unquoteLenient is unquote, and takes a quotation mark that nothing closes off as well.
func unquoteLenient(s string) string {
	if plain := unquote(s); plain != s {
		return plain
	}
	return strings.TrimPrefix(s, `"`)
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + quoter.Replace(s) + `"` }

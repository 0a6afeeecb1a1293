package sip

import (
	"errors"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// param is one generic-param (RFC 3261 §25.1). Its offsets are in the text that it was
// read from.
type param struct {
	name  string // in lower case
	value string // as it was written, with its quotes
	// valueAt to end is the value; without one (valued is false) both are where
	// the name ends.
	valueAt, end int
	valued       bool
}

var errQuote = errors.New("a quoted string does not end")

// parseParams reads *( SEMI generic-param ) in s from at on, with blanks around
// semicolons and equals signs, and returns where it ends: before what is no
// semicolon. What is empty, as in ";;", is a parameter without a name.
func parseParams(s string, at int) (ps []param, end int, err error) {
	for {
		at = skipBlanks(s, at)
		if at >= len(s) || s[at] != ';' {
			return ps, at, nil
		}
		stop, err := endOfText(s, at+1, ';', ',')
		if err != nil {
			return nil, at, err
		}
		if ps == nil {
			ps = make([]param, 0, 3)
		}
		ps = append(ps, parseParam(s, at+1, stop))
		at = stop
	}
}

// parseParam reads s[at:stop], which is one parameter.
func parseParam(s string, at, stop int) param {
	stop = at + len(strings.TrimRight(s[at:stop], blanks))
	at = min(skipBlanks(s, at), stop)
	name, _, valued := strings.Cut(s[at:stop], "=")
	p := param{name: strings.ToLower(strings.TrimRight(name, blanks)), valued: valued, end: stop}
	if !valued {
		p.valueAt = stop
		return p
	}
	p.valueAt = min(skipBlanks(s, at+len(name)+1), stop)
	p.value = s[p.valueAt:p.end]
	return p
}

// endOfText is where one of two bytes stands in s from at on, outside quoted
// strings; len(s) if neither does.
func endOfText(s string, at int, one, other byte) (int, error) {
	for ; at < len(s); at++ {
		switch s[at] {
		case one, other:
			return at, nil
		case '"':
			end, ok := endOfQuote(s, at)
			if !ok {
				return at, errQuote
			}
			at = end - 1
		}
	}
	return len(s), nil
}

// endOfQuote is the offset behind the quoted string that begins at s[at].
func endOfQuote(s string, at int) (end int, ok bool) {
	for at++; at < len(s); at++ {
		switch s[at] {
		case '\\':
			at++
		case '"':
			return at + 1, true
		}
	}
	return at, false
}

// isBlank says whether c is a character of LWS (RFC 3261 §25.1); a line break in a
// header field value is always folded.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

const blanks = " \t\r\n"

func skipBlanks(s string, at int) int {
	for at < len(s) && isBlank(s[at]) {
		at++
	}
	return at
}

// headerParams are parameters as sipgo has them. sipgo quotes a value with a blank: such
// a value is stored with its name.
func headerParams(ps []param) sipmsg.HeaderParams {
	if len(ps) == 0 {
		return nil
	}
	out := make(sipmsg.HeaderParams, 0, len(ps)+1) // room for a tag
	for _, p := range ps {
		if strings.ContainsAny(p.value, blanks) {
			p.name, p.value = p.name+"="+p.value, ""
		}
		out = append(out, sipmsg.HeaderKV{K: p.name, V: p.value})
	}
	return out
}

// paramOf is the value of the first parameter of that name, which is given in lower
// case.
func paramOf(ps []param, name string) string {
	for _, p := range ps {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

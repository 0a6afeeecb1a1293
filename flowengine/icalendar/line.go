package icalendar

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// line is one content line (RFC 5545 §3.1), unfolded.
type line struct {
	name   string // in upper case
	params map[string]string
	value  string
	number int // of its first line in the text, from 1
}

// Problem is something of a file that was passed over, and why.
type Problem struct {
	Line  int    // in the text, from 1
	Event string // its SUMMARY, or UID; empty if the problem is of no event
	What  string
}

// String is the problem in one sentence.
func (p Problem) String() string {
	where := fmt.Sprintf("line %d", p.Line)
	if p.Event != "" {
		where = fmt.Sprintf("event %q, line %d", p.Event, p.Line)
	}
	return where + ": " + p.What
}

// contentLines splits a text into content lines. Line ends may be LF, CR or CRLF,
// and a byte order mark may stand first. A line that is no property goes on with
// the one before it, as a program that broke a text in two without a fold meant;
// it is told.
func contentLines(text string) (lines []line, problems []Problem) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff"))
	var raw []line      // the value is the whole line
	var pieces []string // of the last of them: a line may be folded as often as it has characters
	join := func() {
		if len(raw) > 0 {
			raw[len(raw)-1].value, pieces = strings.Join(pieces, ""), pieces[:0]
		}
	}
	for i, s := range strings.Split(text, "\n") {
		switch {
		case s != "" && (s[0] == ' ' || s[0] == '\t') && len(raw) > 0:
			pieces = append(pieces, s[1:])
		case strings.TrimSpace(s) == "":
		case !content.MatchString(s) && len(raw) > 0:
			pieces = append(pieces, "\\n", s)
			problems = append(problems, Problem{Line: i + 1, What: fmt.Sprintf("%q is no property, and was read as the rest of the line before: a line that goes on begins with a blank", clipped(s))})
		default:
			join()
			raw, pieces = append(raw, line{number: i + 1}), append(pieces, strings.TrimLeft(s, " \t\ufeff"))
		}
	}
	join()
	for _, r := range raw {
		if l, ok := parseLine(r.value); ok {
			l.number = r.number
			lines = append(lines, l)
		} else {
			problems = append(problems, Problem{Line: r.number, What: fmt.Sprintf("%q is no property", clipped(r.value))})
		}
	}
	return lines, problems
}

var (
	// content is how a property begins: a name, then a colon or a parameter.
	content = regexp.MustCompile(`^\x{feff}?[A-Za-z0-9-]+[:;]`)
	// property is NAME;PARAM=value;PARAM="value":value.
	property  = regexp.MustCompile(`(?s)^([A-Za-z0-9-]+)((?:` + parameter.String() + `)*):(.*)$`)
	parameter = regexp.MustCompile(`;([^=:;]*)=(?:"([^"]*)"[^:;]*|((?:[^":;][^:;]*)?))`)
)

func parseLine(s string) (line, bool) {
	m := property.FindStringSubmatch(s)
	if m == nil {
		return line{}, false
	}
	l := line{name: strings.ToUpper(m[1]), params: map[string]string{}, value: strings.TrimSpace(m[len(m)-1])}
	for _, p := range parameter.FindAllStringSubmatch(m[2], -1) {
		l.params[strings.ToUpper(strings.TrimSpace(p[1]))] = p[2] + p[3]
	}
	return l, true
}

// values are the values of a list, without empty ones.
func (l line) values() (out []string) {
	for _, v := range strings.Split(l.value, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// clipped keeps a message short, whatever was in the file.
func clipped(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	for s = s[:most]; !utf8.ValidString(s); {
		s = s[:len(s)-1]
	}
	return s + "…"
}

package icalendar

import (
	"fmt"
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
		case !isContent(s) && len(raw) > 0:
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

// isContent reports whether a line begins like a property: a name, then a colon or
// a parameter.
func isContent(s string) bool {
	s = strings.TrimPrefix(s, "\ufeff")
	end := strings.IndexAny(s, ":;")
	return end > 0 && strings.Trim(s[:end], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// parseLine reads NAME;PARAM=value;PARAM="value":value.
func parseLine(s string) (line, bool) {
	if !isContent(s) {
		return line{}, false
	}
	end := strings.IndexAny(s, ":;")
	l := line{name: strings.ToUpper(s[:end]), params: map[string]string{}}
	for rest := s[end:]; ; {
		if rest[0] == ':' {
			l.value = strings.TrimSpace(rest[1:])
			return l, true
		}
		name, after, found := strings.Cut(rest[1:], "=")
		if !found {
			return line{}, false
		}
		value := ""
		if strings.HasPrefix(after, `"`) {
			if value, rest, found = strings.Cut(after[1:], `"`); !found {
				return line{}, false
			}
			if i := strings.IndexAny(rest, ":;"); i < 0 {
				return line{}, false
			} else {
				rest = rest[i:]
			}
		} else {
			i := strings.IndexAny(after, ":;")
			if i < 0 {
				return line{}, false
			}
			value, rest = after[:i], after[i:]
		}
		l.params[strings.ToUpper(strings.TrimSpace(name))] = value
	}
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

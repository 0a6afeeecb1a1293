package importer

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// yamlWriter writes a flow file: short values on one line, long ones as blocks,
// every text that could be read as something else in double quotes.
type yamlWriter struct{ out strings.Builder }

const (
	lineWidth = 110
	// simpleKey is how long a key may be, quotes and all, that is not marked as one:
	// readers look for its colon in 1,024 characters (YAML 1.2.2 §7.4.2).
	simpleKey = 1000
)

func (w *yamlWriter) line(indent int, s string) {
	w.out.WriteString(strings.Repeat(" ", indent) + s + "\n")
}

func (w *yamlWriter) flow(d *draft) {
	w.comments(0, d.notes)
	w.entries(0, obj("name", d.name, "description", some(textOf(d.description)), "aliases", some(d.usableAliases())))
	w.comments(0, d.trigger.notes)
	w.line(0, "trigger:")
	w.entries(2, obj("component", d.trigger.component))
	w.entries(2, d.trigger.with)
	w.comments(2, d.trigger.dropped)
	if len(d.variables) > 0 {
		w.line(0, "variables:")
	}
	for _, v := range d.variables {
		w.comments(2, v.notes)
		w.entries(2, obj(v.name, obj("type", v.kind)))
	}
	w.entries(0, obj("start", d.start))
	w.line(0, "steps:")
	for _, s := range d.steps {
		w.comments(2, s.notes)
		w.line(2, word(s.id)+":")
		w.entries(4, obj("title", some(textOf(s.title)), "component", s.component, "with", some(s.with),
			"set", some(s.set), "exits", some(s.exits), "on_error", s.onError))
		w.comments(4, s.dropped)
	}
}

// some returns the value, nil if it says nothing.
func some(v *value) *value {
	if v.unset() {
		return nil
	}
	return v
}

// entries writes what an object holds, a line or a block each.
func (w *yamlWriter) entries(indent int, of *value) {
	for _, e := range of.entries {
		key := word(e.name) + ":"
		if len(key) > simpleKey {
			key = "? " + word(e.name) + "\n" + strings.Repeat(" ", indent) + ":"
		}
		w.value(indent, key, indent+len(e.name)+2, e.value)
	}
}

// value writes a value behind its key, or the dash of an item: on the same line if it
// is short enough there, else as a block.
func (w *yamlWriter) value(indent int, lead string, column int, v *value) {
	s := v.line(word, quoted, ": ", ", ")
	switch block := len(v.entries) > 0 && column+len(s) > lineWidth; {
	case !block:
		w.line(indent, lead+" "+s)
	case v.kind == list:
		w.line(indent, lead)
		for _, item := range v.entries {
			w.value(indent+2, "-", indent+4, item.value)
		}
	case lead == "-": // its first key stands behind the dash
		var inner yamlWriter
		inner.entries(indent+2, v)
		w.line(indent, "- "+strings.TrimSpace(inner.out.String()))
	default:
		w.line(indent, lead)
		w.entries(indent+2, v)
	}
}

var (
	// plainWord is a text that no reader of YAML takes for anything else.
	plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)
	yamlWord  = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nan|inf)$`)
	// plainText is a text of words and nothing that means something to YAML.
	plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*( [A-Za-z0-9_-]+)*$`)
)

// word writes a name: plain where it can be.
func word(s string) string {
	if plainWord.MatchString(s) && !yamlWord.MatchString(s) {
		return s
	}
	return quote(s)
}

// quoted writes a text: plain where it can be.
func quoted(s string) string {
	if plainText.MatchString(s) && !yamlWord.MatchString(s) {
		return s
	}
	return word(s)
}

// bracketCodes writes opening brackets as codes, in quotes and in comments.
var bracketCodes = strings.NewReplacer("{", `\u007b`, "[", `\u005b`)

// quote writes a text in double quotes; the escapes of Go are those of YAML too. Texts
// whose brackets do not match, or with colons by the dozen, have these written as
// codes: flowfile.Parse counts them without regard to quotes, as a guard against
// hostile files.
func quote(s string) string {
	out := strconv.Quote(s)
	if unmatched(s) {
		out = bracketCodes.Replace(out)
	}
	if strings.Count(s, ": ") > 20 {
		out = strings.ReplaceAll(out, ": ", `\x3a `)
	}
	return out
}

// unmatched reports whether more brackets open than close.
func unmatched(s string) bool {
	return strings.Count(s, "{")+strings.Count(s, "[") > strings.Count(s, "}")+strings.Count(s, "]")
}

// comments writes comments, each broken into lines.
func (w *yamlWriter) comments(indent int, comments []string) {
	const width = 96
	for _, s := range comments {
		if unmatched(s) {
			s = bracketCodes.Replace(s)
		}
		for r := []rune(printable(s)); len(r) > 0; {
			at := len(r)
			if len(r) > width {
				at = width
				for i := width; i > width/2; i-- {
					if r[i] == ' ' || r[i-1] == ',' {
						at = i
						break
					}
				}
			}
			w.line(indent, "# "+strings.TrimSpace(string(r[:at])))
			for r = r[at:]; len(r) > 0 && unicode.IsSpace(r[0]); {
				r = r[1:]
			}
		}
	}
}

// printable writes as codes what cannot be seen, or would end a line.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

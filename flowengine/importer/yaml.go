package importer

import (
	"fmt"
	"regexp"
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
	for _, n := range d.notes {
		w.comment(0, n)
	}
	w.line(0, "name: "+quoted(d.name))
	if d.description != "" {
		w.line(0, "description: "+quoted(d.description))
	}
	if ids := d.usableAliases(); len(ids) > 0 {
		for i, id := range ids {
			ids[i] = quoted(id)
		}
		w.line(0, "aliases: ["+strings.Join(ids, ", ")+"]")
	}
	w.trigger(d.trigger)
	if len(d.variables) > 0 {
		w.line(0, "variables:")
		for _, v := range d.variables {
			for _, n := range v.notes {
				w.comment(2, n)
			}
			w.line(2, word(v.name)+": {type: "+v.kind+"}")
		}
	}
	w.line(0, "start: "+word(d.start))
	w.line(0, "steps:")
	for _, s := range d.steps {
		w.step(s)
	}
}

func (w *yamlWriter) trigger(s *step) {
	for _, n := range s.notes {
		w.comment(0, n)
	}
	w.line(0, "trigger:")
	w.line(2, "component: "+word(s.component))
	for _, f := range s.with.fields {
		w.entry(2, f.name, f.value)
	}
	for _, n := range s.dropped {
		w.comment(2, n)
	}
}

func (w *yamlWriter) step(s *step) {
	for _, n := range s.notes {
		w.comment(2, n)
	}
	w.line(2, word(s.id)+":")
	if s.title != "" {
		w.line(4, "title: "+quoted(s.title))
	}
	w.line(4, "component: "+word(s.component))
	if s.with != nil && len(s.with.fields) > 0 {
		w.entry(4, "with", s.with)
	}
	w.pairs("set", s.set)
	w.pairs("exits", s.exits)
	if s.onError != nil {
		w.entry(4, "on_error", s.onError)
	}
	for _, n := range s.dropped {
		w.comment(4, n)
	}
}

func (w *yamlWriter) pairs(name string, ps []pair) {
	if len(ps) == 0 {
		return
	}
	v := &value{kind: object}
	for _, p := range ps {
		v.put(p.name, p.to)
	}
	w.entry(4, name, v)
}

// entry writes a key and its value.
func (w *yamlWriter) entry(indent int, name string, v *value) {
	s := inline(v)
	switch fits := indent+len(name)+2+len(s) <= lineWidth || !v.block(); {
	case fits && len(word(name)) > simpleKey:
		w.line(indent, "? "+word(name))
		w.line(indent, ": "+s)
		return
	case fits:
		w.line(indent, word(name)+": "+s)
		return
	case len(word(name)) > simpleKey:
		w.line(indent, "? "+word(name))
		w.line(indent, ":")
	default:
		w.line(indent, word(name)+":")
	}
	if v.kind == object {
		for _, f := range v.fields {
			w.entry(indent+2, f.name, f.value)
		}
		return
	}
	for _, item := range v.items {
		w.item(indent+2, item)
	}
}

// item writes one item of a list in block form.
func (w *yamlWriter) item(indent int, v *value) {
	s := inline(v)
	if indent+2+len(s) <= lineWidth || !v.block() {
		w.line(indent, "- "+s)
		return
	}
	if v.kind == list {
		w.line(indent, "-")
		for _, inner := range v.items {
			w.item(indent+2, inner)
		}
		return
	}
	var inner yamlWriter
	for _, f := range v.fields {
		inner.entry(indent+2, f.name, f.value)
	}
	w.out.WriteString(strings.Repeat(" ", indent) + "- " + strings.TrimLeft(inner.out.String(), " "))
}

// block reports whether the value can be written over several lines.
func (v *value) block() bool {
	return v.kind == object && len(v.fields) > 0 || v.kind == list && len(v.items) > 0
}

// inline writes a value on one line.
func inline(v *value) string {
	switch v.kind {
	case null:
		return "null"
	case text:
		return quoted(v.text)
	case list:
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			parts[i] = inline(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case object:
		parts := make([]string, len(v.fields))
		for i, f := range v.fields {
			parts[i] = word(f.name) + ": " + inline(f.value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return v.text
	}
}

// plainWord is a text that no reader of YAML takes for anything else.
var (
	plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)
	yamlWord  = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nan|inf)$`)
)

// word writes a name: plain where it can be.
func word(s string) string {
	if plainWord.MatchString(s) && !yamlWord.MatchString(s) {
		return s
	}
	return quote(s)
}

// plainText is a text of words and nothing that means something to YAML.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_ -]*[A-Za-z0-9]$`)

// quoted writes a text: plain where it can be.
func quoted(s string) string {
	if word(s) == s || plainText.MatchString(s) && !yamlWord.MatchString(s) && !strings.Contains(s, "  ") {
		return s
	}
	return quote(s)
}

// quote writes a text in double quotes. Texts whose brackets do not match, or
// with colons by the dozen, have these written as codes: flowfile.Parse counts
// them without regard to quotes, as a guard against hostile files.
func quote(s string) string {
	brackets := unmatched(s)
	colons := strings.Count(s, ": ") > 20
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case brackets && (r == '{' || r == '['), colons && r == ':' && strings.HasPrefix(s[i:], ": "):
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// unmatched reports whether more brackets open than close.
func unmatched(s string) bool {
	return strings.Count(s, "{")+strings.Count(s, "[") > strings.Count(s, "}")+strings.Count(s, "]")
}

// comment writes a comment, broken into lines.
func (w *yamlWriter) comment(indent int, s string) {
	const width = 96
	if unmatched(s) {
		s = strings.NewReplacer("{", `\u007b`, "[", `\u005b`).Replace(s)
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

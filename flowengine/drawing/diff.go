package drawing

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"ringflow/flowengine/flowfile"
)

// Diff is what has changed from flow a to flow b in the words of flows: steps
// added and removed, fields from → to, exits wired anew, arguments and variables.
// It is empty when both say the same, however each is written; the order of
// steps, exits and keys says nothing, the order of a list does.
//
// Each line begins with + for what b alone has, - for what a alone has, or ~ for
// what both have and is not the same; what belongs to a step stands below it.
func Diff(a, b *flowfile.Flow) string {
	d := &difference{}
	d.field("name", a.Name, b.Name)
	d.field("description", a.Description, b.Description)
	d.field("aliases", strings.Join(a.Aliases, " "), strings.Join(b.Aliases, " "))
	d.variables(a.Variables, b.Variables)
	steps := func(f *flowfile.Flow) []*flowfile.Step { // an empty flow has not even a trigger
		return slices.DeleteFunc(f.All(), func(s *flowfile.Step) bool { return s == nil })
	}
	for was, is := range pairs(steps(a), steps(b), func(s *flowfile.Step) string { return s.ID }) {
		d.step(was, is)
	}
	return d.out.String()
}

// difference gathers the lines. Those of a step wait until one is certain to
// come, and then stand below a line for the step.
type difference struct {
	out    strings.Builder
	head   string // the step's line, until it is written
	indent string
}

func (d *difference) line(sign, format string, args ...any) {
	if d.head != "" {
		d.out.WriteString(d.head)
		d.head = ""
	}
	d.out.WriteString(d.indent + sign + " " + fmt.Sprintf(format, args...) + "\n")
}

// field compares one value; the empty text is none.
func (d *difference) field(name, a, b string) {
	switch {
	case a == b:
	case a == "":
		d.line("+", "%s: %s", name, quote(b))
	case b == "":
		d.line("-", "%s: %s", name, quote(a))
	default:
		d.line("~", "%s: %s → %s", name, quote(a), quote(b))
	}
}

// quote puts a value into quotes that is more than a word, or would look like
// something else than a text.
func quote(s string) string {
	if s == "" || s == "null" || s == "[]" || s == "{}" || strings.ContainsAny(s, " \"→") || strconv.Quote(s) != `"`+s+`"` {
		return strconv.Quote(s)
	}
	return s
}

// pairs yields what two states of a list have under the same key, in the order of b,
// and then what a alone has; the state that lacks the key has the zero value.
func pairs[T any, K comparable](a, b []T, key func(T) K) iter.Seq2[T, T] {
	return func(yield func(was, is T) bool) {
		var none T
		old := map[K]T{}
		for _, was := range a {
			old[key(was)] = was
		}
		for _, is := range b {
			if !yield(old[key(is)], is) {
				return
			}
			delete(old, key(is))
		}
		for _, was := range a {
			if _, gone := old[key(was)]; gone && !yield(was, none) {
				return
			}
		}
	}
}

func (d *difference) variables(a, b []flowfile.Variable) {
	for was, is := range pairs(a, b, func(v flowfile.Variable) string { return v.Name }) {
		switch {
		case was.Name == "":
			d.line("+", "variable %s%s", is.Name, traits(is))
		case is.Name == "":
			d.line("-", "variable %s%s", was.Name, traits(was))
		case traits(was) != traits(is):
			d.line("~", "variable %s:%s →%s", is.Name, traits(was), traits(is))
		}
	}
}

// traits writes what a flow declares about a variable, with a space before it.
func traits(v flowfile.Variable) string {
	s := " " + string(v.Type)
	if v.Masked {
		s += " masked"
	}
	if v.HasDefault {
		s += " default " + quote(v.Default)
	}
	return s
}

// step compares two states of a step; one that is nil is not there.
func (d *difference) step(a, b *flowfile.Step) {
	switch {
	case b == nil:
		d.line("-", "%s (%s)", label(a), a.Component)
		return
	case a == nil:
		d.line("+", "%s (%s)", label(b), b.Component)
		a = &flowfile.Step{Component: b.Component}
	default:
		d.head = "~ " + label(b) + "\n"
	}
	d.indent = "    "
	d.field("component", a.Component, b.Component)
	d.field("title", a.Title, b.Title)
	d.settings(settings(a.With()), settings(b.With()))
	if b.ID == flowfile.TriggerID {
		d.field("start", start(a), start(b))
	} else {
		d.exits(a.Exits, b.Exits)
	}
	d.settings(mappings(a.Set), mappings(b.Set))
	d.field("on_error", onError(a.OnError), onError(b.OnError))
	d.indent, d.head = "", ""
}

// start is the step that the initiator leads to.
func start(s *flowfile.Step) string {
	if len(s.Exits) == 0 {
		return ""
	}
	return s.Exits[0].To
}

func label(s *flowfile.Step) string {
	if s.ID == flowfile.TriggerID {
		return "trigger"
	}
	return "step " + s.ID
}

func (d *difference) exits(a, b []flowfile.Wire) {
	for was, is := range pairs(a, b, func(w flowfile.Wire) flowfile.Exit { return w.Exit }) {
		switch {
		case was.Exit == "":
			d.line("+", "exit %s → %s", is.Exit, is.To)
		case is.Exit == "":
			d.line("-", "exit %s → %s", was.Exit, was.To)
		case was.To != is.To:
			d.line("~", "exit %s → %s, was → %s", is.Exit, is.To, was.To)
		}
	}
}

// mappings are settings too, each by its variable.
func mappings(of []flowfile.Mapping) (out []setting) {
	for _, m := range of {
		out = append(out, setting{path: "set " + m.Variable, value: quote(m.From)})
	}
	return out
}

// onError writes a step's on_error; the default is the empty text.
func onError(e flowfile.OnError) string {
	switch e.Kind {
	case flowfile.OnErrorEndFlow:
		return "end_flow"
	case flowfile.OnErrorFollow:
		return "follow " + string(e.Exit)
	case flowfile.OnErrorGoTo:
		return "go to " + e.To
	default:
		return ""
	}
}

package importer

import (
	"fmt"
	"slices"
	"strings"
)

// recipe is how a component of Talkdesk Studio becomes one of ours.
type recipe struct {
	component string
	// known is set if the export's form is known; otherwise fields are
	// recognised by their names, and the finding says so.
	known bool
	// exits are ours by theirs in snake case; those of list fields are added by
	// fields.
	exits map[string]string
	// errors is our exit that an error follows by default, which has no exit of its
	// own there. Empty: as the component does.
	errors string
	// variables are our step variables by theirs.
	variables map[string]string
	// fields fills the step; false makes it a placeholder after all.
	fields func(*talkdesk, *part) bool
}

// part is a step of the original during its import.
type part struct {
	*step
	props *settings // its properties
	exits []*exit
	names map[string]string // our exits by theirs
}

// exit is a way out of an original step.
type exit struct {
	name      string
	to        string // original ID
	condition *settings
}

// step turns one original step into one of ours.
func (t *talkdesk) step(v *value) {
	in := newSettings(v)
	id := in.text("id")
	name := in.text("name")
	base := componentBase(v)
	from := in.text("component", "name")
	for _, path := range [][]string{{"component", "version"}, {"created_at"}, {"updated_at"}, {"component"}} {
		in.consume(path...)
	}
	s := &step{id: t.ids.given[id], title: name}
	if snake(name) == s.id && name == s.id {
		s.title = ""
	}
	s.notes = append(s.notes, fmt.Sprintf("%s (%s)", id, from))
	from = fmt.Sprintf("%s (%s)", from, id)
	p := &part{step: s, props: newSettings(in.consume("properties")), names: map[string]string{}}
	p.exits = t.exits(p, in.consume("exits"))
	if id == t.initial && base == apiRequest {
		t.initiator(p, in, from)
		return
	}
	t.steps = append(t.steps, s)
	before := len(t.findings)
	r, known := recipes[base]
	if !known || !r.fields(t, p) {
		t.findings = t.findings[:before] // of an attempt that failed
		t.placeholder(p, in, base, from)
		return
	}
	s.component = r.component
	if s.with != nil && len(s.with.fields) == 0 {
		s.with = nil
	}
	kind, doubt := Mapped, ""
	if !r.known {
		kind, doubt = Approximated, "its fields were recognised by their names: compare them with the original"
	}
	outcomes := t.wireExits(p, r)
	t.mapped(s, kind, from, doubt, outcomes)
	t.mappings(s, in, r.variables)
	if r.exits != nil { // else it ends the flow, and cannot fail
		t.onError(p, in, r)
	}
	t.dropUnread(s, p.props)
	for _, e := range p.exits {
		for _, l := range e.condition.unread() {
			t.drop(s, "exits."+e.name+".condition."+l.path, l.value, "")
		}
	}
	t.dropUnread(s, in)
}

// exits reads the ways out of a step.
func (t *talkdesk) exits(p *part, v *value) []*exit {
	var out []*exit
	if v == nil {
		return nil
	}
	for i, item := range v.items {
		in := newSettings(item)
		e := &exit{name: in.text("name"), to: in.text("transition")}
		if e.name == "" {
			e.name = fmt.Sprint(i + 1)
		}
		e.condition = newSettings(in.consume("condition"))
		in.consume("_key")
		t.dropUnread(p.step, in)
		out = append(out, e)
	}
	return out
}

// target is our step for an original one, "" for none. One that the export lacks
// is reported.
func (t *talkdesk) target(s *step, what, id string) string {
	if id == "" {
		return ""
	}
	if t.ids.given[id] == "" {
		t.report(s, DroppedSetting, "%s leads to step %s, which the export does not hold", what, id)
	}
	return t.ids.given[id]
}

// wireExits wires our exits as theirs were, and returns the outcome of each.
func (t *talkdesk) wireExits(p *part, r recipe) []string {
	var outcomes []string
	for _, e := range p.exits {
		ours, known := p.names[e.name]
		if !known {
			ours, known = r.exits[snake(e.name)]
		}
		var exits []string
		if known {
			exits = []string{ours}
		}
		outcomes = append(outcomes, t.connect(p.step, "exit", e.name, t.target(p.step, "exit "+e.name, e.to), exits...)...)
	}
	return outcomes
}

// mappings fills flow variables from step variables.
func (t *talkdesk) mappings(s *step, in *settings, known map[string]string) {
	m := in.consume("context_mappings")
	if m == nil {
		return
	}
	for _, f := range m.fields {
		from := f.value.string()
		switch ours := known[from]; {
		case from == "" && f.value.unset():
		case ours == "":
			t.drop(s, "context_mappings."+f.name, f.value, "the component has no such step variable")
		default:
			s.fill(t.vars.of(f.name, f.name), ours)
		}
	}
}

// onError reads what follows an error of the step. Where the original leaves it
// to the default, an error goes the way of the recipe's exit for that.
func (t *talkdesk) onError(p *part, in *settings, r recipe) {
	v := in.consume("on_error")
	if v.unset() {
		t.byDefault(p, r)
		return
	}
	e := newSettings(v)
	e.consume("_key")
	kind := snake(e.text("type"))
	name := e.text("name")
	to := t.target(p.step, "on_error", e.text("transition"))
	switch {
	case kind == "end_flow":
		p.step.onError = &value{kind: text, text: "end_flow"}
	case kind == "" || strings.HasPrefix(kind, "default"):
		t.byDefault(p, r)
	case to != "":
		p.step.onError = obj("go_to", to)
	case strings.HasPrefix(kind, "follow"):
		if exit := e.find("exit", "exit_name", "follow"); exit != nil {
			name = exit.string()
		}
		ours := p.names[name]
		if ours == "" {
			ours = r.exits[snake(name)]
		}
		if ours == "" {
			t.drop(p.step, "on_error", v, "the exit has no equal")
			return
		}
		p.step.onError = obj("follow", ours)
	default:
		t.drop(p.step, "on_error", v, "")
		return
	}
	for _, l := range e.unread() {
		t.drop(p.step, "on_error."+l.path, l.value, "")
	}
}

// byDefault leads an error of the step where the recipe's exit for errors leads.
func (t *talkdesk) byDefault(p *part, r recipe) {
	if slices.ContainsFunc(p.step.exits, func(to pair) bool { return to.name == r.errors }) {
		p.step.onError = obj("follow", r.errors)
		t.report(p.step, Mapped, "a trunk that refuses the call or does not reply goes where %s leads", r.errors)
	}
}

// placeholder keeps a step that has no equal: its properties, its exits and what
// else the export says.
func (t *talkdesk) placeholder(p *part, in *settings, base, from string) {
	s := p.step
	s.with, s.dropped = nil, nil
	p.names = map[string]string{}
	var outcomes []string
	used := map[string]bool{}
	for i, e := range p.exits {
		ours := snake(e.name)
		if ours == "" || used[ours] {
			ours = fmt.Sprintf("exit_%d", i+1)
		}
		used[ours] = true
		p.names[e.name] = ours
		to := t.target(s, "exit "+e.name, e.to)
		s.wire(ours, to)
		if to == "" {
			to = "nowhere"
		}
		outcomes = append(outcomes, e.name+" → "+to)
		if c := e.condition.root; !c.unset() {
			s.dropped = append(s.dropped, "exit "+e.name+" on the condition "+c.redacted().json())
		}
	}
	what := from + " has no equal"
	if recipes[base].component != "" || slices.Contains(unknownShape, base) {
		what = from + " has an equal, but how the export writes it is not known"
	}
	if len(outcomes) > 0 {
		what += "; exits " + listed(outcomes)
	}
	if base == "" {
		base = "unknown"
	}
	t.replaceByPlaceholder(s, base, what, p.props.root)
	if m := in.consume("context_mappings"); !m.unset() {
		for _, f := range m.fields {
			s.fill(t.vars.of(f.name, f.name), orUnknown(f.value.string()))
		}
	}
	t.onError(p, in, recipe{})
	t.dropUnread(s, in)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

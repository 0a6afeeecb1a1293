package importer

import (
	"fmt"
	"slices"
	"strings"
)

// widget is a state on its way.
type widget struct {
	*step
	name     string // of the state
	props    *settings
	ways     []*transition
	outcomes []string // of the transitions
	doubt    []string // why it is not quite the same
	must     []string // exits of ours that must lead somewhere
}

// transition is a way out of a state.
type transition struct {
	event      string
	next       string // original name
	conditions *value
	reported   bool
}

// state turns one state into a step, or into the trigger.
func (t *twilio) state(v *value, initial bool) *step {
	in := newSettings(v)
	name, kind := in.text("name"), in.text("type")
	s := &step{id: t.ids.given[name], notes: []string{fmt.Sprintf("%s (%s)", name, kind)}}
	if s.id != name {
		s.title = name
	}
	w := &widget{step: s, name: name, props: newSettings(in.consume("properties"))}
	w.props.consume("offset") // where the canvas shows it
	w.ways = t.transitions(w, in.consume("transitions"))
	defer func() { t.dropUnread(s, in) }()
	if kind == "trigger" && initial {
		s.title = ""
		t.begin(w)
		return s
	}
	t.steps = append(t.steps, s)
	from := fmt.Sprintf("%s (%s)", kind, name)
	before := len(t.findings)
	known, ok := t.widgets[kind]
	if !ok || !known.fields(t, w) {
		t.findings = t.findings[:before] // of an attempt that failed
		t.placeholder(w, kind, from)
		return s
	}
	s.component = known.component
	for _, way := range w.ways {
		t.lead(w, way, known.exits[way.event]...)
	}
	for _, exit := range w.must {
		if !slices.ContainsFunc(s.exits, func(p pair) bool { return p.name == exit }) {
			s.wire(exit, t.endStep())
		}
	}
	degree := Mapped
	if len(w.doubt) > 0 {
		degree = Approximated
	}
	t.mapped(s, degree, from, strings.Join(w.doubt, "; "), w.outcomes)
	t.dropUnread(s, w.props)
	return s
}

func (t *twilio) transitions(w *widget, v *value) []*transition {
	var out []*transition
	if v == nil {
		return nil
	}
	for i, item := range v.items {
		in := newSettings(item)
		way := &transition{event: in.text("event"), next: in.text("next"), conditions: in.consume("conditions")}
		if way.event == "" {
			way.event = fmt.Sprint(i + 1)
		}
		t.dropUnread(w.step, in)
		out = append(out, way)
	}
	return out
}

// way finds a transition by its event, nil if there is none.
func (w *widget) way(event string) *transition {
	for _, way := range w.ways {
		if way.event == event {
			return way
		}
	}
	return nil
}

// target is our step for a state, "" for none. One that the definition lacks is
// reported.
func (t *twilio) target(w *widget, way *transition) string {
	if way == nil || way.next == "" {
		return ""
	}
	if t.ids.given[way.next] == "" {
		t.report(w.step, DroppedSetting, "transition %s leads to state %s, which the definition does not hold", way.event, way.next)
	}
	return t.ids.given[way.next]
}

// lead wires our exits as a transition was, and reports it once.
func (t *twilio) lead(w *widget, way *transition, exits ...string) {
	if way.reported {
		return
	}
	way.reported = true
	w.outcomes = append(w.outcomes, t.connect(w.step, "transition", way.event, t.target(w, way), exits...)...)
}

// begin turns the trigger state into the initiator. Only the way of requests has
// an equal; a flow that begins with a call or message gets a placeholder where it
// would have to make the call itself.
func (t *twilio) begin(w *widget) {
	t.trigger = w.step
	w.component, w.with = apiRequest, &value{kind: object}
	request := w.way("incomingRequest")
	t.start = t.target(w, request)
	degree, doubt := Mapped, ""
	for _, way := range w.ways {
		to := t.target(w, way)
		switch {
		case way == request && to != "":
			w.outcomes = append(w.outcomes, way.event+" → "+to)
		case to == "":
			w.outcomes = append(w.outcomes, way.event+" (leads nowhere)")
		case t.start == "":
			s := &step{id: t.ids.of(" "+way.event, way.event), exits: []pair{{"answered", to}}}
			t.steps = append(t.steps, s)
			t.replaceByPlaceholder(s, snake(way.event), fmt.Sprintf("the flow begins with %s, then %s", way.event, to), nil)
			t.start = s.id
			w.outcomes = append(w.outcomes, way.event+" → "+s.id+" → "+to)
		default:
			t.report(w.step, DroppedSetting, "transition %s, to step %s, has no equal: flows begin with requests", way.event, to)
			w.dropped = append(w.dropped, fmt.Sprintf("not imported: transition %s, to step %s", way.event, to))
		}
	}
	if t.start == "" {
		t.start = t.endStep()
		degree, doubt = Approximated, "nothing followed; the flow now ends at once"
	}
	t.mapped(w.step, degree, "trigger ("+w.name+")", doubt, w.outcomes)
	t.dropUnread(w.step, w.props)
}

// placeholder keeps a state that has no equal.
func (t *twilio) placeholder(w *widget, kind, from string) {
	s := w.step
	s.with, s.exits, s.set, s.onError, s.dropped, w.outcomes = nil, nil, nil, nil, nil, nil
	used := map[string]bool{}
	for i, way := range w.ways {
		exit := snake(way.event)
		if exit == "" || used[exit] {
			exit = fmt.Sprintf("%s_%d", orUnknown(exit), i+1)
		}
		used[exit] = true
		to := t.target(w, way)
		s.wire(exit, to)
		if to == "" {
			to = "nowhere"
		}
		w.outcomes = append(w.outcomes, way.event+" → "+to)
		if !way.conditions.unset() {
			s.dropped = append(s.dropped, "exit "+exit+" on the conditions "+way.conditions.redacted().json())
		}
	}
	what := from + " has no equal"
	if _, tried := t.widgets[kind]; tried {
		what = from + " is set up in a way that has no equal"
	}
	if len(w.outcomes) > 0 {
		what += "; exits " + listed(w.outcomes)
	}
	t.replaceByPlaceholder(s, orUnknown(snake(kind)), what, w.rest())
}

// rest are the properties without the place on the canvas.
func (w *widget) rest() *value {
	if w.props.root == nil || w.props.root.kind != object {
		return w.props.root
	}
	out := &value{kind: object}
	for _, f := range w.props.root.fields {
		if f.name != "offset" {
			out.fields = append(out.fields, f)
		}
	}
	return out
}

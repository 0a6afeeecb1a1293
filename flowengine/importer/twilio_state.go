package importer

import (
	"fmt"
	"slices"
)

// state turns one state into a step, or into the trigger.
func (t *twilio) state(v *value, initial bool) *step {
	in := newSettings(v)
	name, kind := in.text("name"), in.text("type")
	p := t.part(name, name, kind, in)
	if properties := p.props.root; properties != nil { // without where the canvas shows it
		properties.entries = slices.DeleteFunc(properties.entries, func(e entry) bool { return e.name == "offset" })
	}
	if kind == "trigger" && initial {
		t.requested(p)
	} else if _, converted := t.convert(p, kind); converted {
		t.dropUnread(p.step, "", p.props)
	}
	t.dropUnread(p.step, "", in)
	return p.step
}

// requested turns the trigger state into the initiator. Only the way of requests has
// an equal; a flow that begins with a call or message gets a placeholder where it
// would have to make the call itself.
func (t *twilio) requested(p *part) {
	start := ""
	request := p.way("incomingRequest")
	if request != nil {
		start = t.targetOf(p, request)
	}
	for _, e := range p.ways {
		to := t.targetOf(p, e)
		switch {
		case to == "":
			p.outcomes = append(p.outcomes, e.name+" (leads nowhere)")
		case e == request:
			p.outcomes = append(p.outcomes, e.name+" → "+to)
		case start == "":
			s := newStep(t.ids.of(" "+e.name, e.name), "")
			s.wire("answered", to)
			t.steps = append(t.steps, s)
			t.replaceByPlaceholder(s, snake(e.name), fmt.Sprintf("the flow begins with %s, then %s", e.name, to), nil)
			start = s.id
			p.outcomes = append(p.outcomes, e.name+" → "+start+" → "+to)
		default:
			t.unled(p, e, to, "has no equal: flows begin with requests")
		}
	}
	t.begin(p, start)
}

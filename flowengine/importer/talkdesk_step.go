package importer

import (
	"cmp"
	"strings"
)

// step turns one original step into one of ours.
func (t *talkdesk) step(v *value) {
	in := newSettings(v)
	id, base := in.text("id"), componentBase(v)
	p := t.part(id, in.text("name"), in.text("component", "name"), in)
	in.consume("component", "version")
	in.ignore("component", "created_at", "updated_at")
	if id == t.initial && base == apiRequest {
		t.initiator(p, in)
		return
	}
	r, converted := t.convert(p, base)
	t.mappings(p.step, in, r.outputs, converted)
	if !converted || r.exits != nil { // else it ends the flow, and cannot fail
		t.onError(p, in, r)
	}
	if converted {
		t.dropUnread(p.step, "", p.props)
		for _, e := range p.ways {
			t.dropUnread(p.step, "exits."+e.name+".condition.", e.condition)
		}
	}
	t.dropUnread(p.step, "", in)
}

// mappings fills flow variables from step variables: from those that the component is
// known to have, or from any of a placeholder.
func (t *talkdesk) mappings(s *step, in *settings, known map[string]string, converted bool) {
	for _, e := range in.consume("context_mappings").fields() {
		from := e.value.string()
		switch ours := known[from]; {
		case !converted:
			s.fill(t.vars.of(e.name, e.name), cmp.Or(from, "unknown"))
		case e.value.unset():
		case ours == "":
			t.drop(s, "context_mappings."+e.name, e.value, "the component has no such step variable")
		default:
			s.fill(t.vars.of(e.name, e.name), ours)
		}
	}
}

// onError reads what follows an error of the step. Where the original leaves it
// to the default, an error goes the way of the recipe's exit for that.
func (t *talkdesk) onError(p *part, in *settings, r recipe) {
	v := in.consume("on_error")
	e := newSettings(v)
	e.ignore("_key")
	kind, name := snake(e.text("type")), e.text("name")
	to := t.target(p.step, "on_error", e.text("transition"))
	switch {
	case kind == "end_flow":
		p.onError = textOf("end_flow")
	case kind == "" || strings.HasPrefix(kind, "default"):
		if p.exits.get(r.errors) != nil {
			p.onError = obj("follow", r.errors)
			t.report(p.step, Mapped, "a trunk that refuses the call or does not reply goes where %s leads", r.errors)
		}
	case to != "":
		p.onError = obj("go_to", to)
	case strings.HasPrefix(kind, "follow"):
		if exit := e.find("exit", "exit_name", "follow"); exit != nil {
			name = exit.string()
		}
		ours := p.ours(name, r)
		if len(ours) == 0 {
			t.drop(p.step, "on_error", v, "the exit has no equal")
			return
		}
		p.onError = obj("follow", ours[0])
	default:
		t.drop(p.step, "on_error", v, "")
		return
	}
	t.dropUnread(p.step, "on_error.", e)
}

package importer

import (
	"cmp"
	"fmt"
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

// initiator turns the step that an API request starts into the trigger. Its
// arguments are recognised by their names, and by its mappings: flow variable
// from argument.
func (t *talkdesk) initiator(p *part, in *settings) {
	t.requested = true
	p.with = obj("arguments", t.arguments)
	if variable := t.readArguments(p, in); variable != "" {
		p.with.put("interaction_id", t.vars.of(variable, variable))
	}
	start := ""
	for _, e := range p.ways {
		to := t.targetOf(p, e)
		if start == "" {
			start = to
		} else if to != "" {
			t.report(p.step, DroppedSetting, "exit %s, to step %s: the trigger has one exit", e.name, to)
		}
		p.outcomes = append(p.outcomes, fmt.Sprintf("%s → %s", e.name, to))
	}
	p.doubt = append(p.doubt, "its arguments were recognised by their names: compare them with the original")
	t.begin(p, start)
	t.dropUnread(p.step, "", in)
}

// readArguments reads the arguments of the request, and which variable of the original
// receives the id of the interaction.
func (t *talkdesk) readArguments(p *part, in *settings) (interaction string) {
	seen := map[string]bool{"": true}
	add := func(name, variable string) {
		if seen[name] {
			return
		}
		seen[name] = true
		argument := obj("name", name)
		if variable != "" {
			argument.put("variable", t.vars.of(variable, variable))
		}
		t.arguments.add(argument)
	}
	for _, e := range in.consume("context_mappings").fields() {
		if name := e.value.string(); snake(name) == "interaction_id" {
			interaction = e.name
		} else {
			add(name, e.name)
		}
	}
	for _, row := range p.props.find("arguments", "input_arguments", "parameters", "inputs").items() {
		r := newSettings(row.value)
		name := r.find("argument_name", "argument", "name", "key").string()
		variable := r.find("variable", "flow_variable", "context_variable", "variable_name", "value").string()
		if name == "" && row.value.kind == text {
			name = row.value.text
		}
		add(name, strings.TrimSuffix(strings.TrimPrefix(variable, "%{current_flow."), "}"))
		t.dropUnread(p.step, "arguments["+row.name+"].", r)
	}
	return cmp.Or(interaction, p.props.find("interaction_id").string())
}

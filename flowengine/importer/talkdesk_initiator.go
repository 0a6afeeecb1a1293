package importer

import (
	"cmp"
	"fmt"
	"strings"
)

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

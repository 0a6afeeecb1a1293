package importer

import (
	"fmt"
	"strings"
)

// initiator turns the step that an API request starts into the trigger. Its
// arguments are recognised by their names, and by its mappings: flow variable
// from argument.
func (t *talkdesk) initiator(p *part, in *settings, from string) {
	t.trigger, t.requested = p.step, true
	p.step.title, p.component, p.with = "", apiRequest, &value{kind: object}
	arguments, interaction := t.arguments(p, in)
	p.with.put("arguments", arguments)
	if interaction != "" {
		p.with.put("interaction_id", interaction)
	}
	t.start = ""
	var outcomes []string
	for _, e := range p.exits {
		to := t.target(p.step, "exit "+e.name, e.to)
		if t.start == "" {
			t.start = to
		} else if to != "" {
			t.report(p.step, DroppedSetting, "exit %s, to step %s: the trigger has one exit", e.name, to)
		}
		outcomes = append(outcomes, fmt.Sprintf("%s → %s", e.name, to))
	}
	if t.start == "" {
		t.start = t.endStep()
		t.report(p.step, Approximated, "nothing followed; the flow now ends at once")
	}
	t.mapped(p.step, Approximated, from, "its arguments were recognised by their names: compare them with the original", outcomes)
	t.dropUnread(p.step, p.props)
	t.dropUnread(p.step, in)
}

// arguments reads the rows of arguments, and the variable that receives the id
// of the interaction.
func (t *talkdesk) arguments(p *part, in *settings) (arguments *value, interaction string) {
	arguments = &value{kind: list}
	add := func(name, variable string) {
		a := obj("name", name)
		if variable != "" {
			a.put("variable", t.vars.of(variable, variable))
		}
		arguments.items = append(arguments.items, a)
	}
	seen := map[string]bool{}
	if m := in.consume("context_mappings"); m != nil {
		for _, f := range m.fields {
			if name := f.value.string(); snake(name) == "interaction_id" {
				interaction = t.vars.of(f.name, f.name)
			} else if name != "" && !seen[name] {
				seen[name] = true
				add(name, f.name)
			}
		}
	}
	if rows := p.props.find("arguments", "input_arguments", "parameters", "inputs"); rows != nil {
		for i, row := range rows.items {
			r := newSettings(row)
			name := r.find("argument_name", "argument", "name", "key").string()
			variable := r.find("variable", "flow_variable", "context_variable", "variable_name", "value").string()
			if name == "" && row.kind == text {
				name = row.text
			}
			if name != "" && !seen[name] {
				seen[name] = true
				add(name, strings.TrimSuffix(strings.TrimPrefix(variable, "%{current_flow."), "}"))
			}
			for _, l := range r.unread() {
				t.drop(p.step, fmt.Sprintf("arguments[%d].%s", i+1, l.path), l.value, "")
			}
		}
	}
	if v := p.props.find("interaction_id"); v != nil && interaction == "" {
		interaction = t.vars.of(v.string(), v.string())
	}
	return arguments, interaction
}

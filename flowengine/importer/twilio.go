package importer

import (
	"cmp"
	"fmt"
)

// twilio is a Twilio Studio definition being read.
type twilio struct {
	*conversion
	wanted map[string]*value // by state: the step variables that other steps read, by ours
	parsed map[string]*value // by state: rows of what they read from the answer to a request
}

var twilioStudio = product{
	file: "the definition", step: "state", exit: "transition", steps: "states", id: "name", first: "initial_state",
	exits: "transitions", name: "event", to: "next", condition: "conditions", reference: "{{",
	doubtful: "is set up in a way that has no equal",
}

// definitionOf is the definition that a resource holds, or else the root.
func definitionOf(root *value) *value {
	if d := root.get("definition"); d != nil && d.kind == object {
		return d
	}
	return root
}

// twilioFlow reads a definition: an object with states and initial_state, or the
// resource that holds one under definition.
func twilioFlow(flow exported) (Result, error) {
	t := &twilio{conversion: newConversion(flow, twilioStudio, "Imported from a Twilio Studio definition."),
		wanted: map[string]*value{}, parsed: map[string]*value{}}
	t.recipes, t.text = t.widgets(), t.rewritten
	definition := definitionOf(flow.root)
	if definition != flow.root {
		snakeKeys(flow.root)
		t.resource(newSettings(flow.root))
	}
	in := newSettings(definition)
	t.description = in.text("description")
	t.name = cmp.Or(t.name, t.description, unnamed) // a bare definition has no other name
	if t.name == t.description {
		t.description = ""
	}
	states, initial, err := t.readSteps(in)
	if err != nil {
		return Result{}, err
	}
	in.consume("$schema")
	in.consume("flags", "allow_concurrent_calls") // executions are always apart from one another
	for _, e := range states {
		if name := e.value.get("name").string(); e.value.get("type").string() != "trigger" || name != initial {
			t.ids.of(name, name)
		}
	}
	t.start = t.ids.given[initial]
	steps := map[string]*step{}
	for _, e := range states {
		name := e.value.get("name").string()
		steps[name] = t.state(e.value, name == initial)
	}
	for name, s := range steps {
		if rows := t.parsed[name]; rows != nil && s.component == "execute_action" {
			s.with.put("outputs", rows)
		}
		for _, e := range t.wanted[name].fields() {
			s.fill(e.name, e.value.text)
		}
	}
	return t.finish(flow, in)
}

// snakeKeys gives the keys of a resource the form of the REST API: command lines
// print friendlyName for its friendly_name.
func snakeKeys(resource *value) {
	for i, e := range resource.entries {
		if name := snake(e.name); resource.get(name) == nil {
			resource.entries[i].name = name
		}
	}
}

// resource reads what the REST API says around a definition.
func (t *twilio) resource(in *settings) {
	t.name = in.text("friendly_name")
	if sid := in.text("sid"); sid != "" {
		t.aliases = append(t.aliases, sid)
		t.notes = append(t.notes, fmt.Sprintf("Flow %s, revision %s.", sid, in.text("revision")))
	}
	in.ignore("definition", "account_sid", "status", "revision", "valid", "errors", "warnings", "date_created", "date_updated",
		"webhook_url", "url", "links", "commit_message") // the history of the original, which begins anew here
	t.dropUnread(nil, "", in)
}

package importer

import (
	"cmp"
	"fmt"
)

// twilio is a Twilio Studio definition being read.
type twilio struct {
	*draft
	ids       *names            // our step IDs by the original's names
	vars      *names            // our variables by what they stand for
	known     map[string]*value // the original's states by name
	arguments []pair            // of the request: name, variable
	// wanted are the step variables that other steps read, by state.
	wanted  map[string][]pair
	parsed  map[string][]parsed // of answers to requests, likewise
	widgets map[string]widgetRecipe
}

func isTwilio(root *value) bool {
	if d := root.get("definition"); d != nil && d.kind == object {
		root = d
	}
	states := root.get("states")
	return states != nil && states.kind == list && root.get("initial_state") != nil
}

// twilioFlow reads a definition: an object with states and initial_state, or the
// resource that holds one under definition.
func twilioFlow(flow exported) (Result, error) {
	root := flow.root
	t := &twilio{
		draft: &draft{trigger: &step{component: "api_request", with: &value{kind: object}}, speech: flow.speech},
		ids:   newNames("step", "trigger", endOfImport), vars: newNames("variable"),
		known: map[string]*value{}, wanted: map[string][]pair{}, parsed: map[string][]parsed{}, widgets: widgetRecipes(),
	}
	t.notes = append(t.notes, "Imported from a Twilio Studio definition.")
	definition := root
	if d := root.get("definition"); d != nil && d.kind == object {
		definition = d
		snakeKeys(root)
		t.resource(newSettings(root))
	}
	in := newSettings(definition)
	t.head(in)
	initial := in.text("initial_state")
	in.consume("states")
	in.consume("$schema")
	in.consume("flags", "allow_concurrent_calls") // executions are always apart from one another
	states := definition.get("states").items
	if len(states) == 0 {
		return Result{}, errNoSteps
	}
	for i, v := range states {
		name := v.get("name").string()
		if v.kind != object || name == "" {
			return Result{}, fmt.Errorf("states[%d] has no name", i)
		}
		if t.known[name] != nil {
			return Result{}, fmt.Errorf("states[%d]: two states have the name %s", i, name)
		}
		t.known[name] = v
	}
	if t.known[initial] == nil {
		return Result{}, fmt.Errorf("initial_state: there is no state %s", initial)
	}
	for _, v := range states {
		if name := v.get("name").string(); v.get("type").string() != "trigger" || name != initial {
			t.ids.of(name, name)
		}
	}
	t.start = t.ids.given[initial]
	t.steps = make([]*step, 0, len(states))
	byName := map[string]*step{}
	for _, v := range states {
		name := v.get("name").string()
		byName[name] = t.state(v, name == initial)
	}
	t.fillWanted(states, byName)
	if len(t.arguments) > 0 {
		rows := &value{kind: list}
		for _, a := range t.arguments {
			rows.items = append(rows.items, obj("name", a.name, "variable", a.to))
		}
		t.trigger.with.put("arguments", rows)
	}
	t.dropUnread(nil, in)
	t.dropWrapper(flow)
	return t.result()
}

// head reads what a definition says about the flow as a whole. A bare one has no
// name, but for its description.
func (t *twilio) head(in *settings) {
	t.description = in.text("description")
	t.name = cmp.Or(t.name, t.description, unnamed)
	if t.name == t.description {
		t.description = ""
	}
}

// snakeKeys gives the keys of a resource the form of the REST API: command lines
// print friendlyName for its friendly_name.
func snakeKeys(resource *value) {
	for i, f := range resource.fields {
		if name := snake(f.name); resource.get(name) == nil {
			resource.fields[i].name = name
		}
	}
}

// resource reads what the REST API says around a definition.
func (t *twilio) resource(in *settings) {
	in.consume("definition")
	t.name = in.text("friendly_name")
	if sid := in.text("sid"); sid != "" {
		t.aliases = append(t.aliases, sid)
		t.notes = append(t.notes, fmt.Sprintf("Flow %s, revision %s.", sid, in.text("revision")))
	}
	for _, key := range []string{"account_sid", "status", "revision", "valid", "errors", "warnings", "date_created", "date_updated",
		"webhook_url", "url", "links", "commit_message"} {
		in.consume(key) // the history of the original, which begins anew here
	}
	t.dropUnread(nil, in)
}

// fillWanted fills the variables that other steps read.
func (t *twilio) fillWanted(states []*value, byName map[string]*step) {
	for _, v := range states {
		name := v.get("name").string()
		t.putOutputs(name, byName[name])
		for _, p := range t.wanted[name] {
			if s := byName[name]; s != nil {
				s.fill(p.name, p.to)
			}
		}
	}
}

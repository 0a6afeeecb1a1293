package importer

import (
	"cmp"
	"fmt"
	"slices"
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
		for i, e := range flow.root.entries { // command lines print friendlyName for the friendly_name of the REST API
			if name := snake(e.name); flow.root.get(name) == nil {
				flow.root.entries[i].name = name
			}
		}
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

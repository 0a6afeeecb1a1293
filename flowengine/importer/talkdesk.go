package importer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// talkdesk is a Talkdesk export being read.
type talkdesk struct {
	*conversion
	digits  map[string]bool // variables that only digits of a step fill
	initial string
	// requested is set if the initial step was an API request.
	requested bool
}

var talkdeskStudio = product{
	file: "the export", step: "step", exit: "exit", steps: "steps", id: "id", first: "initial_step_id",
	exits: "exits", name: "name", to: "transition", condition: "condition", ignored: "_key", reference: "%{",
	doubtful: "has an equal, but how the export writes it is not known",
}

// talkdeskFlow reads an export: an object with steps, initial_step_id and model.
func talkdeskFlow(flow exported) (Result, error) {
	t := &talkdesk{conversion: newConversion(flow, talkdeskStudio, "Imported from a Talkdesk Studio export."), digits: map[string]bool{}}
	t.recipes, t.text = t.components(), t.rewritten
	in := newSettings(flow.root)
	t.head(in)
	originals, initial, err := t.readSteps(in)
	if err != nil {
		return Result{}, err
	}
	t.initial = initial
	t.nameSteps(originals)
	model := in.consume("model")
	t.model(model, originals)
	t.start = t.ids.given[initial]
	for _, e := range originals {
		t.step(e.value)
	}
	t.guessArguments(model)
	return t.finish(flow, in)
}

// head reads what the export says about the flow as a whole.
func (t *talkdesk) head(in *settings) {
	t.name, t.description = cmp.Or(in.text("name"), unnamed), in.text("description")
	id, group := in.text("id"), in.text("group_id")
	for _, alias := range []string{group, id} {
		if alias != "" {
			t.aliases = append(t.aliases, alias)
		}
	}
	if len(t.aliases) > 0 {
		t.notes = append(t.notes, fmt.Sprintf("Flow %s, version %s (%s).", group, in.text("version"), id))
	}
	in.ignore("account_id", "user_id", "status", "version", "created_at", "updated_at", "valid", "validation_status",
		"previous_version", "next_version", "supported_trigger_types") // the history of the original, which begins anew here
	if kind := in.text("trigger_type"); kind != "" && !strings.Contains(snake(kind), "api") {
		t.report(nil, Approximated, "the flow was started by %s and now begins with an API request: whoever starts it must send its arguments", kind)
	}
}

// nameSteps gives each step an ID of ours, made from its name. The initiator
// keeps none: it becomes the trigger.
func (t *talkdesk) nameSteps(originals []entry) {
	for _, e := range originals {
		id, wish := e.value.get("id").string(), e.value.get("name").string()
		if snake(wish) == "" {
			wish = componentBase(e.value)
		}
		if id != t.initial || componentBase(e.value) != apiRequest {
			t.ids.of(id, wish)
		}
	}
}

const apiRequest = "api_request"

// componentBase is the name of a step's component in snake case, without the
// hash that follows its last dash.
func componentBase(v *value) string {
	component := v.get("component")
	name := cmp.Or(component.get("name").string(), component.string())
	if at := strings.LastIndexByte(name, '-'); at > 0 {
		name = name[:at]
	}
	name = snake(name)
	return cmp.Or(talkdeskSynonyms[name], name)
}

// model declares the flow's variables.
func (t *talkdesk) model(model *value, originals []entry) {
	t.findDigits(originals)
	for _, e := range model.fields() {
		path, in := "model."+e.name+".", newSettings(e.value)
		v := variable{name: t.vars.of(e.name, e.name), kind: "string"}
		if kind := in.text("format", "type"); kind == "number" || kind == "integer" || kind == "boolean" {
			v.kind = kind
		} else if kind != "" && kind != "string" {
			t.report(nil, Approximated, "variable %s is of type %s and becomes a string", v.name, kind)
		}
		if pattern := in.consume("format", "pattern"); pattern != nil && !(pattern.text == "^[0-9*#]+$" && t.digits[e.name]) {
			t.drop(nil, path+"format.pattern", pattern, "values are not held to patterns")
		}
		in.ignore("namespace")
		if exposed := in.consume("exposed"); exposed.string() == "true" {
			t.drop(nil, path+"exposed", exposed, "variables stay within the flow")
		}
		if name := in.text("display_name"); name != "" && name != e.name || e.name != v.name {
			v.notes = append(v.notes, fmt.Sprintf("was %s, shown as %s", e.name, name))
		}
		if e.name != v.name {
			t.report(nil, Mapped, "variable %s becomes %s", e.name, v.name)
		}
		t.dropUnread(nil, path, in)
		t.variables = append(t.variables, v)
	}
}

// variable is a reference to the variable that the original names, which may be one
// already.
func (t *talkdesk) variable(s *step, name string) string {
	if strings.Contains(name, "%{") {
		return t.text(s, name)
	}
	return current(t.vars.of(name, name))
}

// guessArguments gives a flow whose initiator is no step of the export the
// arguments that it can only have got from its request: the variables of the
// model that no step fills.
func (t *talkdesk) guessArguments(model *value) {
	if t.requested {
		return
	}
	filled := func(variable string) bool {
		return slices.ContainsFunc(t.steps, func(s *step) bool { return s.set.get(variable) != nil })
	}
	for _, e := range model.fields() {
		if ours := t.vars.of(e.name, e.name); !filled(ours) {
			t.arguments.add(obj("name", ours, "variable", ours))
			t.report(t.trigger, Approximated, "no step fills variable %s, so it is now an argument of the request", ours)
		}
	}
}

// findDigits finds the variables that the digits of steps fill and nothing else.
func (t *talkdesk) findDigits(originals []entry) {
	for _, step := range originals {
		for _, e := range step.value.get("context_mappings").fields() {
			only, seen := t.digits[e.name]
			t.digits[e.name] = componentBase(step.value) == "input_ivr" && e.value.string() == "digits" && (only || !seen)
		}
	}
}

var talkdeskReference = regexp.MustCompile(`^\s*current_flow\.([^|}]*[^|}\s])\s*$`)

// rewritten rewrites the variables of a text: %{current_flow.x}, x by our name.
func (t *talkdesk) rewritten(s *step, in string) string {
	var b strings.Builder
	for rest := in; ; {
		before, after, found := strings.Cut(rest, "%{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, following, closed := strings.Cut(after, "}")
		if !closed {
			b.WriteString("%%{")
			rest = after
			continue
		}
		if m := talkdeskReference.FindStringSubmatch(inside); m != nil {
			t.refer(s, &b, current(t.vars.of(m[1], m[1])))
		} else {
			whole := "%{" + inside + "}"
			t.refer(s, &b, t.standIn(s, whole, "unknown_"+inside, whole+" is no variable of the flow"))
		}
		rest = following
	}
}

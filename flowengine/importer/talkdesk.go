package importer

import (
	"fmt"
	"regexp"
	"strings"
)

// talkdesk is a Talkdesk export being read.
type talkdesk struct {
	*draft
	ids     *names            // our step IDs by the original's
	vars    *names            // our variables by the original's
	known   map[string]*value // the original's steps by ID
	digits  map[string]bool   // variables that only digits of a step fill
	initial string
	// requested is set if the initial step was an API request.
	requested bool
}

func isTalkdesk(root *value) bool {
	steps := root.get("steps")
	return steps != nil && steps.kind == list && root.get("initial_step_id") != nil
}

// talkdeskFlow reads an export: an object with steps, initial_step_id and model.
func talkdeskFlow(flow exported) (Result, error) {
	root := flow.root
	t := &talkdesk{
		draft: &draft{trigger: &step{component: "api_request", with: &value{kind: object}}, speech: flow.speech},
		ids:   newNames("step", "trigger", endOfImport), vars: newNames("variable"),
		known: map[string]*value{}, digits: map[string]bool{},
	}
	in := newSettings(root)
	t.head(in)
	t.initial = in.text("initial_step_id")
	in.consume("steps")
	originals := root.get("steps").items
	if len(originals) == 0 {
		return Result{}, errNoSteps
	}
	for i, v := range originals {
		id := v.get("id").string()
		if v.kind != object || id == "" {
			return Result{}, fmt.Errorf("steps[%d] has no id", i)
		}
		if t.known[id] != nil {
			return Result{}, fmt.Errorf("steps[%d]: two steps have the id %s", i, id)
		}
		t.known[id] = v
	}
	if t.known[t.initial] == nil {
		return Result{}, fmt.Errorf("initial_step_id: there is no step %s", t.initial)
	}
	t.nameSteps(originals)
	model := in.consume("model")
	t.model(model, originals)
	t.start = t.ids.given[t.initial]
	for _, v := range originals {
		t.step(v)
	}
	t.guessArguments(model)
	t.dropUnread(nil, in)
	t.dropWrapper(flow)
	return t.result()
}

// head reads what the export says about the flow as a whole.
func (t *talkdesk) head(in *settings) {
	t.name = in.text("name")
	if t.name == "" {
		t.name = unnamed
	}
	t.description = in.text("description")
	id, group := in.text("id"), in.text("group_id")
	for _, alias := range []string{group, id} {
		if alias != "" {
			t.aliases = append(t.aliases, alias)
		}
	}
	t.notes = append(t.notes, "Imported from a Talkdesk Studio export.")
	if group != "" || id != "" {
		t.notes = append(t.notes, fmt.Sprintf("Flow %s, version %s (%s).", group, in.text("version"), id))
	}
	for _, key := range []string{"account_id", "user_id", "status", "version", "created_at", "updated_at", "valid",
		"validation_status", "previous_version", "next_version", "supported_trigger_types"} {
		in.consume(key) // the history of the original, which begins anew here
	}
	if kind := in.text("trigger_type"); kind != "" && !strings.Contains(snake(kind), "api") {
		t.report(nil, Approximated, "the flow was started by %s and now begins with an API request: whoever starts it must send its arguments", kind)
	}
}

// nameSteps gives each step an ID of ours, made from its name. The initiator
// keeps none: it becomes the trigger.
func (t *talkdesk) nameSteps(originals []*value) {
	for _, v := range originals {
		id := v.get("id").string()
		wish := v.get("name").string()
		if snake(wish) == "" {
			wish = componentBase(v)
		}
		if id == t.initial && componentBase(v) == apiRequest {
			continue
		}
		t.ids.of(id, wish)
	}
}

const apiRequest = "api_request"

// componentBase is the name of a step's component in snake case, without the
// hash that follows its last dash.
func componentBase(v *value) string {
	name := v.get("component").get("name").string()
	if name == "" {
		name = v.get("component").string()
	}
	if at := strings.LastIndexByte(name, '-'); at > 0 {
		name = name[:at]
	}
	name = snake(name)
	if same := talkdeskSynonyms[name]; same != "" {
		return same
	}
	return name
}

// model declares the flow's variables.
func (t *talkdesk) model(model *value, originals []*value) {
	if model == nil {
		return
	}
	t.findDigits(originals)
	for _, f := range model.fields {
		v := variable{name: t.vars.of(f.name, f.name), kind: "string"}
		in := newSettings(f.value)
		if kind := in.text("format", "type"); kind == "number" || kind == "integer" || kind == "boolean" {
			v.kind = kind
		} else if kind != "" && kind != "string" {
			t.report(nil, Approximated, "variable %s is of type %s and becomes a string", v.name, kind)
		}
		if pattern := in.consume("format", "pattern"); pattern != nil && !(pattern.text == "^[0-9*#]+$" && t.digits[f.name]) {
			t.drop(nil, "model."+f.name+".format.pattern", pattern, "values are not held to patterns")
		}
		in.consume("namespace")
		if exposed := in.consume("exposed"); exposed.string() == "true" {
			t.drop(nil, "model."+f.name+".exposed", exposed, "variables stay within the flow")
		}
		if name := in.text("display_name"); name != "" && name != f.name || f.name != v.name {
			v.notes = append(v.notes, fmt.Sprintf("was %s, shown as %s", f.name, name))
		}
		if f.name != v.name {
			t.report(nil, Mapped, "variable %s becomes %s", f.name, v.name)
		}
		for _, l := range in.unread() {
			t.drop(nil, "model."+f.name+"."+l.path, l.value, "")
		}
		t.variables = append(t.variables, v)
	}
}

// guessArguments gives a flow whose initiator is no step of the export the
// arguments that it can only have got from its request: the variables of the
// model that no step fills.
func (t *talkdesk) guessArguments(model *value) {
	if t.requested || model == nil {
		return
	}
	filled := map[string]bool{}
	for _, s := range t.steps {
		for _, p := range s.set {
			filled[p.name] = true
		}
	}
	arguments := &value{kind: list}
	for _, f := range model.fields {
		if ours := t.vars.of(f.name, f.name); !filled[ours] {
			arguments.items = append(arguments.items, obj("name", ours, "variable", ours))
			t.report(t.trigger, Approximated, "no step fills variable %s, so it is now an argument of the request", ours)
		}
	}
	if len(arguments.items) > 0 {
		t.trigger.with.put("arguments", arguments)
	}
}

// findDigits finds the variables that the digits of steps fill and nothing else.
func (t *talkdesk) findDigits(originals []*value) {
	other := map[string]bool{}
	for _, v := range originals {
		if m := v.get("context_mappings"); m != nil {
			for _, f := range m.fields {
				if componentBase(v) == "input_ivr" && f.value.string() == "digits" {
					t.digits[f.name] = true
				} else {
					other[f.name] = true
				}
			}
		}
	}
	for name := range other {
		delete(t.digits, name)
	}
}

var talkdeskReference = regexp.MustCompile(`^\s*current_flow\.([^|}]*[^|}\s])\s*$`)

// text rewrites the variables of a text: %{current_flow.x}, x by our name.
func (t *talkdesk) text(s *step, in string) string {
	var b strings.Builder
	for rest := in; ; {
		before, after, found := strings.Cut(rest, "%{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, following, closed := strings.Cut(after, "}")
		m := talkdeskReference.FindStringSubmatch(inside)
		switch {
		case !closed:
			b.WriteString("%%{")
			rest = after
			continue
		case m != nil:
			t.reference(s, &b, m[1])
		default:
			name := t.vars.of("%{"+inside+"}", "unknown_"+inside)
			t.report(s, Placeholder, "%%{%s} is no variable of the flow; %%{current_flow.%s} stands for it, and nothing sets it yet", inside, name)
			t.reference(s, &b, "%{"+inside+"}")
		}
		rest = following
	}
}

// reference writes a reference to a variable by its original name.
func (t *talkdesk) reference(s *step, b *strings.Builder, exported string) {
	if strings.HasSuffix(b.String(), "%") {
		b.WriteByte(' ')
		t.report(s, Approximated, "a space now stands between %% and the variable that follows it")
	}
	b.WriteString("%{current_flow." + t.vars.of(exported, exported) + "}")
}

package drawing_test

import (
	"strings"
	"testing"

	"ringflow/flowengine/drawing"
	"ringflow/flowengine/flowfile"
)

// base is the flow that the cases below change.
const base = `
name: Base
description: A flow
trigger:
  component: api_request
  arguments:
    - {name: contact, variable: contact}
    - {name: order.number, variable: order, required: true}
variables:
  order: {type: integer, masked: true}
  kind: {default: new}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "%{current_flow.contact}", ring_seconds: 15}
    exits: {answered: choose, busy: bye, no_answer: bye, invalid_number: bye}
  choose:
    title: Choose
    component: conditional_statement
    with:
      rules:
        - {exit: a, conditions: [{variable: "%{current_flow.order}", operator: is_empty}]}
        - {exit: b, conditions: [{variable: "%{current_flow.kind}", operator: equals, value: new}]}
    set: {chosen: exit_name}
    exits: {a: bye, b: bye}
    on_error: end_flow
  bye: {component: end_flow}
`

func TestDiffTellsEachChangeInTheWordsOfFlows(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to string // in base
		want     string
	}{
		{"name", "name: Base", "name: Other one", `~ name: Base → "Other one"`},
		{"description removed", "description: A flow\n", "", `- description: "A flow"`},
		{"argument added", "required: true}\n", "required: true}\n    - {name: x, variable: x}\n",
			"~ trigger\n    + arguments[x].name: x\n    + arguments[x].variable: x"},
		{"argument removed", "    - {name: contact, variable: contact}\n", "",
			"~ trigger\n    - arguments[contact].name: contact\n    - arguments[contact].variable: contact"},
		{"argument changed", "variable: order,", "variable: kind,", "~ trigger\n    ~ arguments[\"order.number\"].variable: order → kind"},
		{"arguments in another order", "    - {name: contact, variable: contact}\n    - {name: order.number, variable: order, required: true}\n",
			"    - {name: order.number, variable: order, required: true}\n    - {name: contact, variable: contact}\n",
			"~ trigger\n    ~ arguments[] order: contact, \"order.number\" → \"order.number\", contact"},
		{"start", "start: call", "start: bye", "~ trigger\n    ~ start: call → bye"},
		{"variable added", "variables:\n", "variables:\n  more:\n", "+ variable more string"},
		{"variable removed", "  kind: {default: new}\n", "", "- variable kind string default new"},
		{"variable changed", "masked: true", "masked: false", "~ variable order: integer masked → integer"},
		{"field", "ring_seconds: 15", "ring_seconds: 20", "~ step call\n    ~ ring_seconds: 15 → 20"},
		{"field removed", ", ring_seconds: 15", "", "~ step call\n    - ring_seconds: 15"},
		{"field in a list", "operator: is_empty", "operator: is_not_empty", "~ step choose\n    ~ rules[1].conditions[1].operator: is_empty → is_not_empty"},
		{"exit rewired", "busy: bye", "busy: choose", "~ step call\n    ~ exit busy → choose, was → bye"},
		{"exit cut", ", no_answer: bye", "", "~ step call\n    - exit no_answer → bye"},
		{"exit wired", "{a: bye,", "{a: bye, no_match: call,", "~ step choose\n    + exit no_match → call"},
		{"mapping", "chosen: exit_name", "other: exit_name", "~ step choose\n    + set other: exit_name\n    - set chosen: exit_name"},
		{"on_error", "on_error: end_flow", "on_error: {go_to: bye}", `~ step choose` + "\n" + `    ~ on_error: end_flow → "go to bye"`},
		{"on_error removed", "    on_error: end_flow\n", "", "~ step choose\n    - on_error: end_flow"},
		{"title", "title: Choose", "title: Decide", "~ step choose\n    ~ title: Choose → Decide"},
		{"component", "bye: {component: end_flow}", "bye: {component: play_audio}", "~ step bye\n    ~ component: end_flow → play_audio"},
		{"step added", "  bye: {", "  hello: {component: play_audio, with: {say: {text: Hello you}}, exits: {ok: bye}}\n  bye: {",
			"+ step hello (play_audio)\n    + say.text: \"Hello you\"\n    + exit ok → bye"},
		{"step removed", "  bye: {component: end_flow}\n", "", "- step bye (end_flow)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(base, c.from) != 1 {
				t.Fatalf("%q stands %d times in the flow", c.from, strings.Count(base, c.from))
			}
			a, b := parse(t, base), parse(t, strings.Replace(base, c.from, c.to, 1))
			if got := drawing.Diff(a, b); got != c.want+"\n" {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if drawing.Diff(b, a) == "" {
				t.Error("the other way round nothing has changed")
			}
		})
	}
}

func TestDiffOfEqualFlowsIsEmptyHoweverTheyAreWritten(t *testing.T) {
	json := `{"steps": {"bye": {"component": "end_flow", "with": null},
  "choose": {"on_error": "end_flow", "exits": {"b": "bye", "a": "bye"}, "set": {"chosen": "exit_name"}, "title": "Choose", "component": "conditional_statement",
    "with": {"rules": [{"conditions": [{"operator": "is_empty", "variable": "%{current_flow.order}"}], "exit": "a"},
      {"exit": "b", "conditions": [{"value": "new", "operator": "equals", "variable": "%{current_flow.kind}"}]}]}},
  "call": {"exits": {"no_answer": "bye", "invalid_number": "bye", "busy": "bye", "answered": "choose"}, "component": "make_outbound_call",
    "with": {"ring_seconds": "15", "to": "%{current_flow.contact}", "from": "+12025550100"}}},
 "start": "call", "variables": {"kind": {"default": "new", "type": "string"}, "order": {"masked": true, "type": "integer"}},
 "trigger": {"arguments": [{"variable": "contact", "name": "contact"}, {"required": true, "variable": "order", "name": "order.number"}], "component": "api_request"},
 "description": "A flow", "name": "Base"}`
	if got := drawing.Diff(parse(t, base), parse(t, json)); got != "" {
		t.Errorf("got\n%s", got)
	}
	each(t, func(t *testing.T, f *flowfile.Flow) {
		if got := drawing.Diff(f, f); got != "" {
			t.Errorf("got\n%s", got)
		}
	})
}

// Lists and texts that look alike must not be taken for one another.
func TestDiffTellsLookAlikesApart(t *testing.T) {
	flow := func(with string) *flowfile.Flow {
		return parse(t, "name: N\ntrigger: {component: c}\nstart: s\nsteps:\n  s: {component: c, with: "+with+"}\n")
	}
	values := []string{`{}`, `{a: ""}`, `{a: []}`, `{a: {}}`, `{a: "[]"}`, `{a: "{}"}`, `{a: [""]}`, `{a: [null]}`, `{a: ["null"]}`, `{a: {b: x}}`, `{"a.b": x}`,
		`{a: [x]}`, `{a: {"1": x}}`, `{"a[1]": x}`, `{a: [{name: x}]}`, `{a: [{name: x}, {name: y}]}`, `{a: [{name: y}, {name: x}]}`, `{a: [[x]]}`}
	for i, a := range values {
		for j, b := range values {
			if got := drawing.Diff(flow(a), flow(b)); (got == "") != (i == j) {
				t.Errorf("%s and %s: %q", a, b, got)
			}
		}
	}
}

// All of a flow is new to one that says nothing, as a first version is compared with.
func TestDiffWithNothing(t *testing.T) {
	f, err := flowfile.Parse("x", []byte("name: x\ntrigger: {component: api_request}\nstart: s\nsteps: {s: {component: end_flow}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	all, none := drawing.Diff(&flowfile.Flow{}, f), drawing.Diff(f, &flowfile.Flow{})
	for _, step := range []string{" trigger (api_request)", " step s (end_flow)"} {
		if !strings.Contains(all, "+"+step) || !strings.Contains(none, "-"+step) {
			t.Errorf("%s is not in\n%s\n%s", step, all, none)
		}
	}
}

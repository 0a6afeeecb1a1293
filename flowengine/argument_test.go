package flowengine_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"ringflow/flowengine"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// A body that is wrapped is the likeliest mistake of a client: it must not go
// unnoticed.
func TestUndeclaredArgumentsAreNotedWhateverTheirValue(t *testing.T) {
	const flow = `
name: Arguments
trigger: {component: api_request, arguments: [{name: contact_1, variable: contact_1}]}
start: end
steps:
  end: {component: end_flow}
`
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(flow, &flowtest.Line{})
		x, err := w.Start(t.Context(), flowengine.Trigger{
			Account: "test", FlowID: "flow", Arguments: map[string]string{"plain": "1"},
			NonText: map[string]string{"body": "an object", "list": "an array"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		const want = "arguments that the flow does not declare: body, list, plain"
		steps := record.History{Events: w.record.Stored(x.ID).Events}.Steps()
		if len(steps) == 0 || steps[0].Detail != want {
			t.Errorf("the steps are %+v, want the first one with %q", steps, want)
		}
	})
}

// By default a number and a boolean are taken as their JSON text. A strict flow
// takes them only for variables of their type, since JSON's 0301234 or 1e5 is not
// what somebody typed; a text is good for any type that it is a value of.
func TestWhatAStrictFlowTakesWithoutQuotes(t *testing.T) {
	const flow = `
name: Arguments
trigger:
  component: api_request
  strict: STRICT
  arguments:
    - {name: text, variable: text}
    - {name: said, variable: said}
    - {name: count, variable: count}
    - {name: yes, variable: yes}
    - {name: unused}
variables: {said: {type: string}, count: {type: integer}, yes: {type: boolean}}
start: end
steps:
  end: {component: end_flow}
`
	type unquoted = map[string]string
	for _, c := range []struct {
		given   unquoted
		refused string // by a strict flow
		lax     string // by another
	}{
		{nil, "", ""},
		{unquoted{"count": "a number", "yes": "a boolean"}, "", ""},
		{unquoted{"text": "a number"}, "text: must be a text, and is a number", ""},
		{unquoted{"said": "a boolean"}, "said: must be a text, and is a boolean", ""},
		{unquoted{"unused": "a number"}, "unused: must be a text, and is a number", ""},
		{unquoted{"count": "a boolean"}, "count: must be of type integer", "count: must be of type integer"},
	} {
		for strict, want := range map[string]string{"true": c.refused, "false": c.lax} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(strings.Replace(flow, "STRICT", strict, 1), &flowtest.Line{})
				trigger := flowengine.Trigger{Account: "test", FlowID: "flow", Unquoted: c.given, Arguments: map[string]string{
					"text": "a", "said": "b", "count": "3", "yes": "true", "unused": "c",
				}}
				for name, what := range c.given {
					trigger.Arguments[name] = map[string]string{"a number": "3", "a boolean": "true"}[what]
				}
				_, err := w.Start(t.Context(), trigger)
				got := ""
				if err != nil {
					got = strings.TrimPrefix(err.Error(), "arguments refused: ")
				}
				if got != want {
					t.Errorf("strict %s, %v: %q, want %q", strict, c.given, got, want)
				}
				if err := w.Drain(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

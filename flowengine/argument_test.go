package flowengine_test

import (
	"testing"
	"testing/synctest"

	"ringflow/flowengine"
	"ringflow/flowengine/flowtest"
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
			NotText: map[string]string{"body": "an object", "list": "an array"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		const want = "arguments that the flow does not declare: body, list, plain"
		steps := flowengine.History{Events: w.record.Kept(x.ID).Events}.Steps()
		if len(steps) == 0 || steps[0].Detail != want {
			t.Errorf("the steps are %+v, want the first one with %q", steps, want)
		}
	})
}

package components_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
	"ringflow/internal/script"
)

// TestEveryExampleRuns puts each example of the manual into a flow, checks it
// and runs it.
func TestEveryExampleRuns(t *testing.T) {
	for _, c := range components.All() {
		s := c.Spec()
		t.Run(s.Name, func(t *testing.T) {
			text := exampleFlow(s)
			f, err := flowfile.Parse(s.Name, []byte(text))
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			for _, p := range flowfile.Failing(flowfile.Check(f, components.All(), flowfile.Environment{})) {
				t.Errorf("%v\n%s", p, text)
			}
			synctest.Test(t, func(t *testing.T) {
				m := &flowtest.Memory{Flow: []byte(text)}
				e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: &flowtest.Line{Agent: flowtest.Phone{Acts: []flowtest.Act{{}}}}, Versions: m, Executions: m, Connections: answering{}, Functions: script.Local{}})
				x, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: map[string]string{"contact_1": "+12025550143"}})
				if err != nil {
					t.Fatal(err)
				}
				if err := e.Drain(context.Background()); err != nil {
					t.Fatal(err)
				}
				k := m.Stored(x.ID)
				left := false
				for _, ev := range k.Events {
					left = left || ev.Kind == record.StepLeft && ev.Component == s.Name && ev.Exit != flowfile.ExitError
				}
				if !left || k.Ends[0].Status != record.StatusFinished {
					t.Errorf("ended %s %s\n%s", k.Ends[0].Status, k.Ends[0].Error, flowtest.Journal(k.Events))
				}
			})
		})
	}
}

// exampleFlow writes a flow around the example of a component. Every variable
// that the manual's examples use has a value.
func exampleFlow(s *flowfile.Spec) string {
	indent := func(n int) string {
		return strings.ReplaceAll(strings.TrimSpace(s.Example), "\n", "\n"+strings.Repeat(" ", n))
	}
	var b strings.Builder
	fmt.Fprint(&b, "name: Example\nvariables:\n")
	for name, value := range map[string]string{"contact_1": "+12025550143", "contact_2": "+12025550188", "name": "Ann", "plan": "gold", "balance": "100", "country": "US", "trial_weight": "10", "order_number": "1234", "email": "ann@example.com"} {
		fmt.Fprintf(&b, "  %s: {default: %q}\n", name, value)
	}
	switch {
	case s.Initiator:
		fmt.Fprintf(&b, "trigger:\n  component: %s\n  %s\nstart: end\nsteps:\n  end: {component: end_flow}\n", s.Name, indent(2))
		return b.String()
	case s.Dials || !s.Voice:
		fmt.Fprint(&b, "trigger: {component: api_request}\nstart: example\nsteps:\n")
	default:
		fmt.Fprint(&b, `trigger: {component: api_request}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "+12025550143"}
    exits: {answered: example, invalid_number: end, busy: end, no_answer: end}
`)
	}
	fmt.Fprintf(&b, "  example:\n    component: %s\n    with:\n      %s\n", s.Name, indent(6))
	exits := ""
	for _, e := range s.Exits {
		if e.Mandatory {
			exits += fmt.Sprintf("      %s: end\n", e.Name)
		}
	}
	if exits != "" {
		fmt.Fprintf(&b, "    exits:\n%s", exits)
	}
	fmt.Fprint(&b, "  end: {component: end_flow}\n")
	return b.String()
}

// answering is a Web that answers every request alike.
type answering struct{}

func (answering) Do(context.Context, string, string, flowengine.HTTPRequest) (flowengine.HTTPResponse, error) {
	return flowengine.HTTPResponse{Status: 200, Body: []byte(`{"id": 7, "totalSize": 1, "done": true, "records": [{"Id": "003", "Name": "Ann"}]}`)}, nil
}

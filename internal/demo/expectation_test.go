package demo

import (
	"fmt"
	"reflect"
	"testing"

	"ringflow/flowengine/flowfile"
)

// TestDemoOutcomes walks every customer with every agent.
func TestDemoOutcomes(t *testing.T) {
	type steps struct{ call, announce, agent string }
	alone := map[string]steps{ // the agent is never called
		"busy":     {"busy 486", "", ""},
		"declines": {"busy 603", "", ""},
		"blocked":  {"busy 603", "", ""},
		"invalid":  {"invalid_number 404", "", ""},
		"silent":   {"no_answer 487", "", ""},
		"hangs-up": {"answered 200", "ok 0", ""},
	}
	connected := map[string]steps{
		"answers": {"answered 200", "ok 0", "ok 200"},
		"busy":    {"answered 200", "ok 0", "busy 486"},
		"silent":  {"answered 200", "ok 0", "no_answer 487"},
		"invalid": {"answered 200", "ok 0", "invalid_number 404"},
	}
	for _, customer := range CustomerChoices {
		for _, agent := range AgentChoices {
			t.Run(customer+"/"+agent, func(t *testing.T) {
				want, calls := alone[customer], 1
				if customer == "answers" {
					want, calls = connected[agent], 2
				}
				got := expectationOf(Options{Customer: customer, Agent: agent})
				actual := func(step string) string {
					if _, runs := got.exits[step]; !runs {
						return ""
					}
					return fmt.Sprintf("%s %d", got.exits[step], got.codes[step])
				}
				if found := (steps{actual(stepCall), actual(stepAnnounce), actual(stepAgent)}); found != want {
					t.Errorf("the steps leave by %+v, want %+v", found, want)
				}
				if got.calls != calls {
					t.Errorf("%d phones are called, want %d", got.calls, calls)
				}
				talk := customer == "answers" && agent == "answers"
				rings := customer == "answers" && agent != "invalid"
				heard := []bool{got.prompt, got.ringback, got.agent, got.customer}
				if should := []bool{customer == "answers", rings, talk, talk}; !reflect.DeepEqual(heard, should) {
					t.Errorf("prompt, ringback, agent, customer are heard: %v, want %v", heard, should)
				}
			})
		}
	}
}

// TestDemoFlowSteps holds the names that expectationOf speaks of to the flow.
func TestDemoFlowSteps(t *testing.T) {
	flow, err := flowfile.Parse(flowID, flowFile)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, s := range flow.Steps {
		ids[s.ID] = true
	}
	for _, step := range []string{stepCall, stepAnnounce, stepAgent} {
		if !ids[step] {
			t.Errorf("the demo's flow has no step %s", step)
		}
	}
}

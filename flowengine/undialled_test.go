package flowengine_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// The journal says whom a step was to call that sent no INVITE, and only then.
func TestJournalKeepsTheNumbersOfACallThatWasNotDialled(t *testing.T) {
	for name, c := range map[string]struct {
		arguments     map[string]string
		step          string
		from, to, why string // all "": it was dialled
	}{
		"no number at all":    {map[string]string{}, "call_customer", "+12025550100", "", `"" is no telephone number`},
		"no valid number":     {map[string]string{"contact_1": "our customer"}, "call_customer", "+12025550100", "our customer", `"our customer" is no telephone number`},
		"endless":             {map[string]string{"contact_1": strings.Repeat("ä", 5000)}, "call_customer", "+12025550100", strings.Repeat("ä", 64), `"ää`},
		"the agent's is none": {map[string]string{"contact_1": "+12025550143", "contact_2": "desk"}, "agent", "", "desk", `"desk" is no telephone number`},
		"dialled":             {parties, "call_customer", "", "", ""},
		"joined":              {parties, "agent", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newWorld(seed, &flowtest.Line{}).run(t, c.arguments)
				i := slices.IndexFunc(k.Events, func(e record.Event) bool { return e.Kind == record.StepLeft && e.Step == c.step })
				if i < 0 {
					t.Fatalf("the step was not run: %s", way(k))
				}
				got := k.Events[i]
				if c.why == "" {
					if got.Undialled != nil {
						t.Errorf("it was dialled, and the journal has %+v", got.Undialled)
					}
					return
				}
				if got.Undialled == nil || *got.Undialled != (record.NotDialled{From: c.from, To: c.to}) || !strings.Contains(got.Detail, c.why) {
					t.Errorf("the journal has %+v, %q", got.Undialled, got.Detail)
				}
			})
		})
	}
}

package flowengine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// endedBy is a line on which every leg of a contact is said to be ended by
// somebody.
type endedBy struct {
	*flowtest.Line
	by record.EndedBy
}

func (l endedBy) Dial(ctx context.Context, d flowengine.DialRequest) (flowengine.Contact, flowengine.Outcome, error) {
	d.Journal = relabelled{d.Journal, l.by}
	return l.Line.Dial(ctx, d)
}

type relabelled struct {
	record.Journal
	by record.EndedBy
}

func (j relabelled) Append(e record.Event) {
	if e.Kind == record.LegEnded {
		leg := *e.Leg
		leg.EndedBy = j.by
		e.Leg = &leg
	}
	j.Journal.Append(e)
}

// A step that was interrupted says who took the contact off the line: a hang-up
// over the API is not the contact's.
func TestAnInterruptedStepSaysWhoHungUp(t *testing.T) {
	for by, want := range map[record.EndedBy]string{
		"contact":  "the contact hung up",
		"api":      "hung up over the API",
		"fault":    "the contact's leg was given up",
		"flow":     "the call reached the limit of 4h0m0s",
		"shutdown": "the server was shut down",
	} {
		synctest.Test(t, func(t *testing.T) {
			line := &flowtest.Line{Contact: flowtest.Phone{Acts: []flowtest.Act{{Waits: time.Second}, {}}}}
			m := &flowtest.Memory{Flow: []byte(seed)}
			w := &world{record: m, line: line, Engine: flowengine.NewEngine(flowengine.EngineConfig{
				Components: components.All(), Dialer: endedBy{line, by}, Versions: m, Executions: m,
			})}
			k := w.run(t, parties)
			got := ""
			for _, e := range k.Events {
				if e.Kind == record.StepLeft && e.Step == "announce" {
					got = e.Detail
				}
			}
			if got != want {
				t.Errorf("by %s: %q, want %q", by, got, want)
			}
		})
	}
}

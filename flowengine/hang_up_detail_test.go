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

// hangUpCauses is a line that notes why each leg of a contact was hung up when it ended.
type hangUpCauses struct {
	*flowtest.Line
	got *[]error
}

func (l hangUpCauses) Dial(ctx context.Context, d flowengine.DialRequest) (flowengine.Contact, flowengine.Outcome, error) {
	d.Journal = noting{d.Journal, func() { *l.got = append(*l.got, d.HangUpCause()) }}
	return l.Line.Dial(ctx, d)
}

type noting struct {
	record.Journal
	end func()
}

func (j noting) Append(e record.Event) {
	if e.Kind == record.LegEnded && e.Leg.Party == record.PartyContact {
		j.end()
	}
	j.Journal.Append(e)
}

// What hangs up a leg is known when it ends: a cancelled execution, a shutdown and the limit of
// a call are not the flow's own end.
func TestHangUpCause(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*flowengine.Engine, record.ExecutionID)
		want string
	}{
		"cancelled": {func(e *flowengine.Engine, id record.ExecutionID) { _ = e.Cancel(context.Background(), "acme", id) }, flowengine.ErrCancelled.Error()},
		"shut down": {func(e *flowengine.Engine, _ record.ExecutionID) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = e.Drain(ctx)
		}, flowengine.ErrShutdown.Error()},
		"the limit": {func(*flowengine.Engine, record.ExecutionID) {}, "the call reached the limit of 4h0m0s"},
		"its end":   {nil, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			line := &flowtest.Line{}
			if c.end == nil {
				line.Agent.Acts = []flowtest.Act{{Waits: time.Second}, {}}
			}
			m, got := &flowtest.Memory{Flow: []byte(seed)}, []error{}
			w := &world{record: m, line: line, Engine: flowengine.NewEngine(flowengine.EngineConfig{
				Components: components.All(), Dialer: hangUpCauses{line, &got}, Versions: m, Executions: m,
			})}
			id := w.start(t, parties)
			time.Sleep(14 * time.Second)
			if c.end != nil {
				c.end(w.Engine, id)
			}
			if err := w.Drain(context.Background()); err != nil {
				t.Fatal(err)
			}
			text := ""
			if len(got) == 1 && got[0] != nil {
				text = got[0].Error()
			}
			if len(got) != 1 || text != c.want {
				t.Errorf("%s: the causes are %v, want %q", name, got, c.want)
			}
		})
	}
}

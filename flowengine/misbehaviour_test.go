package flowengine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// misbehave is a component that does what its field says.
var misbehave = flowengine.NewComponent(flowfile.Spec{
	Name: "misbehave", Exits: []flowfile.ExitSpec{{Name: "ok"}, {Name: "other"}}, Variables: []flowfile.VariableSpec{{Name: "out"}},
}, func(ctx context.Context, t *flowengine.StepContext, c *misbehaviour) (flowfile.Exit, error) {
	switch c.How {
	case "panic":
		panic("on purpose")
	case "panic beside":
		return "", <-t.Go(func() error { panic("on purpose") })
	case "no exit":
		return "", nil
	case "unknown exit":
		return "nowhere", nil
	case "huge":
		t.Set("out", strings.Repeat("x", flowfile.MaxText+1))
	case "letters":
		t.Set("out", "abc")
	case "error":
		return "", errors.New("on purpose")
	case "stuck":
		time.Sleep(time.Hour) // heeds no context
	case "slow":
		<-ctx.Done()
		return "", context.Cause(ctx)
	case "other":
		return "other", nil
	}
	return "ok", nil
})

type misbehaviour struct {
	How string `field:"how" doc:"What to do."`
}

// misbehaving is a flow of one step that misbehaves, behind a call.
func misbehaving(how, step string) string {
	return fmt.Sprintf(`
name: Misbehaviour
trigger: {component: api_request}
variables: {number: {type: number}}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "+12025550143"}
    exits: {answered: bad, invalid_number: end, busy: end, no_answer: end}
  bad: {component: misbehave, with: {how: %q}, %s}
  apology: {component: play_audio, with: {say: {text: We are sorry}}, exits: {ok: end}}
  end: {component: end_flow}
`, how, step)
}

func TestAStepThatFails(t *testing.T) {
	for _, c := range []struct{ how, step, way, fault string }{
		{"panic", "exits: {ok: end}", "bad:error failed", "0100098"},
		{"panic beside", "exits: {ok: end}", "bad:error failed", "panicked"},
		{"no exit", "exits: {ok: end}", "bad:error failed", "0100099"},
		{"unknown exit", "exits: {ok: end}", "bad:error failed", "0100099"},
		{"huge", "exits: {ok: end}, set: {number: out}", "bad:error failed", "0100094"},
		{"letters", "exits: {ok: end}, set: {number: out}", "bad:error failed", "0100101"},
		{"error", "exits: {ok: end}", "bad:error failed", "on purpose"},
		{"error", "on_error: default, exits: {ok: end}", "bad:error failed", "on purpose"},
		{"error", "on_error: end_flow, exits: {ok: end}", "bad:error finished", ""},
		{"error", "on_error: {follow: ok}, exits: {ok: apology}", "bad:error apology:ok end:ok finished", ""},
		{"error", "on_error: {follow: other}, exits: {ok: apology}", "bad:error finished", ""},
		{"error", "on_error: {go_to: apology}", "bad:error apology:ok end:ok finished", ""},
		{"other", "exits: {ok: end}", "bad:other finished", ""},
	} {
		t.Run(c.how+" "+c.step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(misbehaving(c.how, c.step), &flowtest.Line{}, misbehave)
				k := w.run(t, nil)
				if got, want := way(k), "trigger:ok call:answered "+c.way; got != want {
					t.Errorf("the flow went\n%s, want\n%s", got, want)
				}
				if got := k.Ends[0].Error; !strings.Contains(got, c.fault) || (c.fault == "") != (got == "") {
					t.Errorf("the error at the end is %q, want %q in it", got, c.fault)
				}
			})
		})
	}
}

func TestAStuckStepEndsItsOwnExecutionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(misbehaving("stuck", "exits: {ok: end}"), &flowtest.Line{}, misbehave)
		begin := time.Now()
		id := w.start(t, nil)
		time.Sleep(time.Second)
		if err := w.Cancel(context.Background(), "acme", id); err != nil {
			t.Fatal(err)
		}
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d > 3*time.Second {
			t.Errorf("drain took %v with a step that is stuck", d)
		}
		checkJournal(t, w.record.Stored(id))
		time.Sleep(2 * time.Hour) // the step comes back, and nothing more happens
		k := w.record.Stored(id)
		checkJournal(t, k)
		if k.Ends[0].Status != record.StatusFailed || w.Running() != 0 || w.line.Live() != 0 {
			t.Errorf("ended %s, %d run, %d legs", k.Ends[0].Status, w.Running(), w.line.Live())
		}
	})
}

func TestLimitsOfAnExecution(t *testing.T) {
	loop := func(n int) string {
		var b strings.Builder
		fmt.Fprint(&b, "name: Loop\ntrigger: {component: api_request}\nstart: s0\nsteps:\n")
		for i := range n {
			fmt.Fprintf(&b, "  s%d: {component: misbehave, exits: {ok: s%d}}\n", i, (i+1)%n)
		}
		return b.String()
	}
	for want, flow := range map[string]string{
		"step s0 was entered 100 times": loop(3),
		"the flow entered 1000 steps":   loop(20),
	} {
		synctest.Test(t, func(t *testing.T) {
			k := newWorld(flow, &flowtest.Line{}, misbehave).run(t, nil)
			if e := k.Ends[0]; e.Status != record.StatusFailed || e.Error != want {
				t.Errorf("ended %s: %q, want %q", e.Status, e.Error, want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		k := newWorld(misbehaving("slow", ""), &flowtest.Line{}, misbehave).run(t, nil)
		if e := k.Ends[0]; e.Status != record.StatusFailed || time.Since(begin) != 48*time.Hour {
			t.Errorf("ended %s after %v: %s", e.Status, time.Since(begin), e.Error)
		}
	})
}

func TestAfterTheContactHungUpOnlyStepsWithoutACallRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flow := strings.Replace(misbehaving("fine", "exits: {ok: apology}"), "answered: bad", "answered: hello", 1) +
			"  hello: {component: play_audio, with: {say: {text: one two three four five}}, exits: {ok: bad}}\n"
		w := newWorld(flow, &flowtest.Line{Contact: flowtest.Phone{Acts: []flowtest.Act{{Waits: time.Second}, {}}}}, misbehave)
		begin := time.Now()
		k := w.run(t, nil)
		if got, want := way(k), "trigger:ok call:answered hello:ok bad:ok finished"; got != want {
			t.Errorf("the flow went %s, want %s", got, want)
		}
		if last := k.Events[len(k.Events)-1]; !strings.HasPrefix(last.Detail, "call ended") {
			t.Errorf("the last event says %q", last.Detail)
		}
		if d := time.Since(begin); d > time.Second+20*time.Millisecond {
			t.Errorf("the step ended %v after the contact hung up", d-time.Second)
		}
	})
}

// flaky is a Executions that fails now and then, and a Dialer and a component that
// do: what may fail in an execution, at random.
type flaky struct {
	*flowtest.Memory
	random *rand.Rand
}

func (f *flaky) fails() bool { return f.random.IntN(3) == 0 }

func (f *flaky) Begin(ctx context.Context, id record.ExecutionID, at time.Time, first ...record.Event) error {
	if f.fails() {
		return record.ErrUnavailable
	}
	return f.Memory.Begin(ctx, id, at, first...)
}

func (f *flaky) AcceptAndBegin(ctx context.Context, x record.Execution, at time.Time, first ...record.Event) error {
	if f.fails() {
		return record.ErrUnavailable
	}
	return f.Memory.AcceptAndBegin(ctx, x, at, first...)
}

func (f *flaky) End(ctx context.Context, id record.ExecutionID, end record.Ending) error {
	if f.fails() {
		return record.ErrUnavailable
	}
	return f.Memory.End(ctx, id, end)
}

// TestWhateverFailsThereIsOneEnd throws random failures, hang-ups, cancellations
// and shutdowns at executions.
func TestWhateverFailsThereIsOneEnd(t *testing.T) {
	hows := []string{"panic", "no exit", "error", "slow", "fine", "other", "huge"}
	exits := []flowfile.Exit{"", "", "", flowfile.ExitBusy, flowfile.ExitNoAnswer, flowfile.ExitError}
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			line := &flowtest.Line{Contact: flowtest.Phone{Exit: exits[r.IntN(len(exits))], After: time.Duration(r.IntN(20)) * time.Second}}
			if r.IntN(3) == 0 {
				line.Contact.Acts = []flowtest.Act{{Waits: time.Duration(r.IntN(3000)) * time.Millisecond}, {}}
			}
			if r.IntN(5) == 0 {
				line.Contact.Fault = errors.New("on purpose")
			}
			m := &flaky{Memory: &flowtest.Memory{Flow: []byte(misbehaving(hows[r.IntN(len(hows))], "on_error: {go_to: apology}"))}, random: rand.New(rand.NewPCG(seed, 2))} // the execution's goroutine alone uses it
			e := flowengine.NewEngine(flowengine.EngineConfig{Components: append(components.All(), misbehave), Dialer: line, Versions: m, Executions: m})
			x := record.Execution{ID: "x", Account: "acme", FlowID: "flow", VersionID: "v1", AcceptedAt: time.Now()}
			if r.IntN(2) == 0 {
				_ = m.Accept(context.Background(), x) // it never fails
				e.Resume(context.Background(), []record.Execution{x})
			} else {
				started, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow"})
				if err != nil {
					if e.Running() > 0 {
						t.Errorf("seed %d: it runs, and was refused: %v", seed, err)
					}
					_ = e.Drain(context.Background())
					return
				}
				x = started
			}
			time.Sleep(time.Duration(r.IntN(20)) * time.Second)
			if r.IntN(2) == 0 {
				_ = e.Cancel(context.Background(), "acme", x.ID) // it may be over already
			}
			stop, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(30))*time.Second)
			defer cancel()
			_ = e.Drain(stop)
			k := m.Stored(x.ID)
			if k.Began == 0 && len(k.Ends) == 0 {
				return // stopped before it began: it stays accepted
			}
			if line.Live() != 0 || len(k.Ends) != 1 {
				t.Fatalf("seed %d: %d legs live, %d ends", seed, line.Live(), len(k.Ends))
			}
			if k.Began > 0 {
				checkJournal(t, k)
			}
		})
	}
}

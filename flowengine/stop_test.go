package flowengine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

func TestCancelEndsTheLegsAtOnce(t *testing.T) {
	for name, after := range map[string]time.Duration{"ringing": 2 * time.Second, "announcing": 6 * time.Second, "ringing the agent": 9 * time.Second, "talking": 14 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(seed, &flowtest.Line{Contact: flowtest.Phone{After: 5 * time.Second}, Agent: flowtest.Phone{After: 5 * time.Second}})
				id := w.start(t, parties)
				time.Sleep(after)
				if err := w.Cancel(context.Background(), "somebody else", id); !errors.Is(err, record.ErrNoExecution) {
					t.Errorf("another account cancels: %v", err)
				}
				if err := w.Cancel(context.Background(), "acme", id); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
				if n := w.line.Live(); n != 0 {
					t.Errorf("%d legs live 100 ms later", n)
				}
				if err := w.Drain(context.Background()); err != nil {
					t.Fatal(err)
				}
				k := w.record.Stored(id)
				checkJournal(t, k)
				if k.Ends[0].Status != record.StatusCancelled {
					t.Errorf("the status is %s", k.Ends[0].Status)
				}
				if err := w.Cancel(context.Background(), "acme", id); !errors.Is(err, record.ErrNoExecution) {
					t.Errorf("cancel after the end: %v", err)
				}
			})
		})
	}
}

func TestDrainEndsWhatIsLeftWhenItsTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{})
		id := w.start(t, parties)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		begin := time.Now()
		if err := w.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("drain: %v", err)
		}
		if d := time.Since(begin); d < 20*time.Second || d > 20*time.Second+100*time.Millisecond {
			t.Errorf("drain took %v", d)
		}
		k := w.record.Stored(id)
		checkJournal(t, k)
		if k.Ends[0].Status != record.StatusCancelled || w.line.Live() != 0 {
			t.Errorf("status %s, %d legs live", k.Ends[0].Status, w.line.Live())
		}
	})
}

// A drain whose time is up from the start has ended nothing where nothing had
// begun: nobody is told that calls were ended. What it chooses between two events
// that are there at once is chance, so that each is tried often.
func TestADrainThatEndsNothingSaysSo(t *testing.T) {
	up, cancel := context.WithCancel(context.Background())
	cancel()
	for name, before := range map[string]func(*testing.T, *world){
		"nothing runs":                  func(*testing.T, *world) {},
		"one waits for its time":        func(t *testing.T, w *world) { w.later(t, time.Hour) },
		"one has ended":                 func(t *testing.T, w *world) { w.run(t, parties) },
		"one waits for a disk to begin": nil,
	} {
		for range 20 {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(seed, &flowtest.Line{})
				if before == nil {
					w = newGatedWorld(&gate{begin: func() error { return record.ErrUnavailable }})
					w.resume(t)
				} else {
					before(t, w)
				}
				synctest.Wait()
				if err := w.Drain(up); err != nil {
					t.Fatalf("%s: drain: %v", name, err)
				}
			})
		}
	}
}

// slowLine is a Line of which a call of Dial or Connect returns so long after its ctx has
// ended: its far end does not respond to the hang-up.
type slowLine struct {
	*flowtest.Line
	takes time.Duration
}

func (l slowLine) Dial(ctx context.Context, d flowengine.DialRequest) (flowengine.Contact, flowengine.Outcome, error) {
	slow, cancel := l.delayed(ctx)
	defer cancel()
	c, o, err := l.Line.Dial(slow, d)
	if c != nil {
		c = slowContact{c, l}
	}
	return c, o, err
}

// delayed is ctx, but ends later.
func (l slowLine) delayed(ctx context.Context) (context.Context, context.CancelFunc) {
	slow, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(l.takes):
			cancel(context.Cause(ctx))
		case <-slow.Done():
		}
	})
	return slow, func() { stop(); cancel(nil) }
}

type slowContact struct {
	flowengine.Contact
	line slowLine
}

// Connect is of a leg whose INVITE is sent after HangUp has looked for legs.
func (c slowContact) Connect(ctx context.Context, n flowengine.ConnectRequest) (flowengine.Outcome, error) {
	o, err := c.Contact.Connect(ctx, n)
	<-ctx.Done()
	time.Sleep(c.line.takes)
	return o, err
}

// The end of an execution that is stopped waits for leg_ended and step_left of a leg
// whose far end does not respond, and no longer than that may take.
func TestTheEndWaitsForALegThatIsHungUp(t *testing.T) {
	const limit = 12 * time.Second
	ringing := &flowtest.Line{Contact: flowtest.Phone{After: 24 * time.Hour}}
	for name, c := range map[string]struct {
		line        *flowtest.Line
		after       time.Duration
		takes, ends time.Duration // after the stop
		status      record.Status
		step        string
	}{
		"no response to the INVITE":    {ringing, time.Second, 4 * time.Second, 4 * time.Second, record.StatusCancelled, "call_customer"},
		"no response to anything":      {ringing, time.Second, limit, limit, record.StatusCancelled, "call_customer"},
		"the agent's is hung up later": {&flowtest.Line{Agent: flowtest.Phone{After: 24 * time.Hour}}, 9 * time.Second, 4 * time.Second, 4 * time.Second, record.StatusCancelled, "agent"},
		"the Dialer does not return":   {ringing, time.Second, time.Hour, limit + time.Second, record.StatusFailed, ""},
	} {
		for by, stop := range map[string]func(*world, record.ExecutionID){
			"cancelled": func(w *world, id record.ExecutionID) { _ = w.Cancel(context.Background(), "acme", id) },
			"shut down": func(w *world, _ record.ExecutionID) {
				up, cancel := context.WithCancel(context.Background())
				cancel()
				_ = w.Drain(up)
			},
		} {
			t.Run(name+", "+by, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := &flowtest.Memory{Flow: []byte(seed)}
					w := &world{record: m, line: c.line, Engine: flowengine.NewEngine(flowengine.EngineConfig{
						Components: components.All(), Dialer: slowLine{c.line, c.takes}, HangUpLimit: limit, Versions: m, Executions: m,
					})}
					id := w.start(t, parties)
					time.Sleep(c.after)
					begin := time.Now()
					stop(w, id)
					_ = w.Drain(context.Background())
					if took := time.Since(begin); took != c.ends {
						t.Errorf("it ended %v after it was stopped, want %v", took, c.ends)
					}
					k := m.Stored(id)
					if k.Ends[0].Status != c.status {
						t.Errorf("it is %s: %s", k.Ends[0].Status, k.Ends[0].Error)
					}
					if c.step != "" {
						checkJournal(t, k)
						if before := k.Events[len(k.Events)-2]; before.Kind != record.StepLeft || before.Step != c.step {
							t.Errorf("the event before the last is %s of step %s", before.Kind, before.Step)
						}
					}
					time.Sleep(2 * time.Hour) // the Dialer comes back
				})
			})
		}
	}
}

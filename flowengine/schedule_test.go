package flowengine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// later starts an execution that is to begin after the time.
func (w *world) later(t *testing.T, after time.Duration) record.ExecutionID {
	t.Helper()
	x, err := w.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties, StartAt: time.Now().Add(after)})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	return x.ID
}

// resume has the engine run an execution that was accepted before a restart.
func (w *world) resume(t *testing.T) record.ExecutionID {
	t.Helper()
	x := record.Execution{ID: "x", Account: "acme", FlowID: "flow", VersionID: "v1", Arguments: parties, AcceptedAt: time.Now()}
	if err := w.record.Accept(context.Background(), x); err != nil {
		t.Fatal(err)
	}
	w.Resume(context.Background(), []record.Execution{x})
	return x.ID
}

func TestExecutionBeginsAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{})
		begin := time.Now()
		id := w.later(t, time.Hour)
		past := w.later(t, -time.Hour)
		synctest.Wait()
		if n := w.Scheduled()["acme"]; n != 1 {
			t.Errorf("%d wait for their time", n)
		}
		if k := w.record.Stored(past); len(k.Events) == 0 {
			t.Error("one whose time has passed does not begin at once")
		}
		time.Sleep(time.Hour - time.Nanosecond)
		if k := w.record.Stored(id); len(k.Events) != 0 {
			t.Errorf("it begins early: %+v", k.Events)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		k := w.record.Stored(id)
		checkJournal(t, k)
		if got := k.Events[1].At.Sub(begin); got != time.Hour || len(w.Scheduled()) != 0 {
			t.Errorf("it began after %v, %v wait", got, w.Scheduled())
		}
	})
}

func TestCancelBeforeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{})
		id := w.later(t, time.Hour)
		if err := w.Cancel(context.Background(), "other", id); !errors.Is(err, record.ErrNoExecution) {
			t.Errorf("another account cancels it: %v", err)
		}
		if err := w.Cancel(context.Background(), "acme", id); err != nil {
			t.Errorf("cancel: %v", err)
		}
		neverBegun(t, w.record.Stored(id)) // when Cancel returns, not later
		if err := w.Cancel(context.Background(), "acme", id); !errors.Is(err, record.ErrNoExecution) {
			t.Errorf("it is cancelled twice: %v", err)
		}
		time.Sleep(2 * time.Hour)
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		neverBegun(t, w.record.Stored(id))
	})
}

// A drain does not wait for what has not begun: the next process runs it.
func TestDrainLeavesWhatWaitsForItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{})
		begin := time.Now()
		id := w.later(t, time.Hour)
		if err := w.Drain(context.Background()); err != nil || time.Since(begin) != 0 {
			t.Errorf("drain took %v: %v", time.Since(begin), err)
		}
		time.Sleep(2 * time.Hour)
		k := w.record.Stored(id)
		if len(k.Events) != 0 {
			t.Errorf("it was run after the drain: %+v", k.Events)
		}
		next := newWorld(seed, &flowtest.Line{})
		if err := next.record.Accept(context.Background(), k.Execution); err != nil {
			t.Fatal(err)
		}
		next.Resume(context.Background(), []record.Execution{k.Execution})
		if err := next.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		checkJournal(t, next.record.Stored(id))
	})
}

// neverBegun checks the record of an execution that was cancelled before it began.
func neverBegun(t *testing.T, k flowtest.StoredExecution) {
	t.Helper()
	if k.Began != 0 || len(k.Ends) != 1 || k.Ends[0].Status != record.StatusCancelled {
		t.Fatalf("begun %d times, ended %+v, want one cancellation", k.Began, k.Ends)
	}
	if len(k.Events) != 2 || k.Events[0].Kind != record.ExecutionAccepted || k.Events[1].Kind != record.ExecutionEnded ||
		k.Events[0].Seq != 1 || k.Events[1].Seq != 2 || k.Events[1].Status != record.StatusCancelled {
		t.Errorf("its journal is %+v", k.Events)
	}
}

// gate is a Executions whose methods are as slow and as broken as a test wants.
type gate struct {
	*flowtest.Memory
	accept, read, begin, end func() error // nil: nothing is wrong
	begins                   atomic.Int32
}

func (g *gate) Accept(ctx context.Context, x record.Execution) error {
	if g.accept != nil {
		if err := g.accept(); err != nil {
			return err
		}
	}
	return g.Memory.Accept(ctx, x)
}

func (g *gate) Accepted(ctx context.Context, id record.ExecutionID) (record.Execution, error) {
	if g.read != nil {
		if err := g.read(); err != nil {
			return record.Execution{}, err
		}
	}
	return g.Memory.Accepted(ctx, id)
}

func (g *gate) Begin(ctx context.Context, id record.ExecutionID, at time.Time, first ...record.Event) error {
	g.begins.Add(1)
	if g.begin != nil {
		if err := g.begin(); err != nil {
			return err
		}
	}
	return g.Memory.Begin(ctx, id, at, first...)
}

func (g *gate) End(ctx context.Context, id record.ExecutionID, end record.Ending) error {
	if g.end != nil {
		if err := g.end(); err != nil {
			return err
		}
	}
	return g.Memory.End(ctx, id, end)
}

func newGatedWorld(g *gate) *world {
	g.Memory = &flowtest.Memory{Flow: []byte(seed)}
	line := &flowtest.Line{}
	return &world{record: g.Memory, line: line, Engine: flowengine.NewEngine(flowengine.EngineConfig{
		Components: components.All(), Dialer: line, Versions: g, Executions: g,
	})}
}

// A cancel that the record does not take is an error, and changes nothing.
func TestACancelThatIsNotRecordedCancelsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := true
		w := newGatedWorld(&gate{end: func() error {
			if broken {
				return record.ErrUnavailable
			}
			return nil
		}})
		id := w.later(t, time.Hour)
		begin := time.Now()
		if err := w.Cancel(context.Background(), "acme", id); !errors.Is(err, record.ErrUnavailable) || time.Since(begin) != 0 {
			t.Errorf("cancel on a broken disk: %v after %v", err, time.Since(begin))
		}
		broken = false
		time.Sleep(time.Hour)
		synctest.Wait()
		if k := w.record.Stored(id); k.Began != 1 {
			t.Errorf("it has begun %d times at its time", k.Began)
		}
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		checkJournal(t, w.record.Stored(id))
	})
}

// What was cancelled while its beginning was being written is cancelled, also
// when the server is told to stop at the same time, in either order.
func TestCancelWhileItBeginsAndTheServerStops(t *testing.T) {
	for name, stopFirst := range map[string]bool{"cancel first": false, "stop first": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				w := newGatedWorld(&gate{begin: func() error { <-release; return record.ErrUnavailable }})
				id := w.resume(t)
				synctest.Wait()
				now, stop := context.WithCancel(context.Background())
				stop()
				drained, cancelled := make(chan error, 1), make(chan error, 1)
				steps := []func(){
					func() { go func() { cancelled <- w.Cancel(context.Background(), "acme", id) }() },
					func() { go func() { drained <- w.Drain(now) }() },
				}
				if stopFirst {
					slices.Reverse(steps)
				}
				for _, step := range steps {
					step()
					synctest.Wait()
				}
				close(release)
				if err := <-cancelled; err != nil {
					t.Errorf("cancel: %v", err)
				}
				neverBegun(t, w.record.Stored(id))
				<-drained
				neverBegun(t, w.record.Stored(id))
				if w.Running() != 0 {
					t.Errorf("%d run after the drain", w.Running())
				}
			})
		})
	}
}

// Cancel, the time and a drain come at the same moment: whatever is first, who
// was told that it is cancelled is not dialled by the next process.
func TestCancelAtItsTimeInADrain(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(seed, &flowtest.Line{})
			id := w.later(t, time.Hour)
			var cancelled error
			var both sync.WaitGroup
			both.Go(func() {
				time.Sleep(time.Hour)
				cancelled = w.Cancel(context.Background(), "acme", id)
			})
			both.Go(func() {
				time.Sleep(time.Hour)
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				_ = w.Drain(ctx)
			})
			both.Wait()
			k := w.record.Stored(id)
			over := errors.Is(cancelled, record.ErrNoExecution) && k.Began == 1 // it ran to its end before the cancel came
			if cancelled != nil && !over {
				t.Fatalf("cancel: %v", cancelled)
			}
			if k.Began == 0 && len(k.Ends) == 0 {
				t.Fatal("it is cancelled, and the next process will run it")
			}
			if len(k.Ends) != 1 || k.Ends[0].Status != record.StatusCancelled && !over || w.line.Live() != 0 {
				t.Fatalf("begun %d times, ended %+v", k.Began, k.Ends)
			}
		})
	}
}

// What the record refuses for good is asked once.
func TestABeginningThatIsRefusedIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{begin: func() error { return errors.New("it has begun before") }}
		w := newGatedWorld(g)
		begin := time.Now()
		id := w.resume(t)
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		k := w.record.Stored(id)
		if g.begins.Load() != 1 || time.Since(begin) != 0 || len(k.Ends) != 1 || k.Ends[0].Status != record.StatusFailed {
			t.Errorf("tried %d times in %v, ended %+v", g.begins.Load(), time.Since(begin), k.Ends)
		}
	})
}

package flowengine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowtest"
)

// later starts an execution that is to begin after the time.
func (w *world) later(t *testing.T, after time.Duration) flowengine.ExecutionID {
	t.Helper()
	x, err := w.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties, StartAt: time.Now().Add(after)})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	return x.ID
}

func TestExecutionBeginsAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{})
		begin := time.Now()
		id := w.later(t, time.Hour)
		past := w.later(t, -time.Hour)
		synctest.Wait()
		if w.Scheduled() != 1 {
			t.Errorf("%d wait for their time", w.Scheduled())
		}
		if k := w.record.Kept(past); len(k.Events) == 0 {
			t.Error("one whose time has passed does not begin at once")
		}
		time.Sleep(time.Hour - time.Nanosecond)
		if k := w.record.Kept(id); len(k.Events) != 0 {
			t.Errorf("it begins early: %+v", k.Events)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		k := w.record.Kept(id)
		sound(t, k)
		if got := k.Events[1].At.Sub(begin); got != time.Hour || w.Scheduled() != 0 {
			t.Errorf("it began after %v, %d wait", got, w.Scheduled())
		}
	})
}

func TestCancelBeforeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{})
		id := w.later(t, time.Hour)
		if err := w.Cancel("other", id); !errors.Is(err, flowengine.ErrNoExecution) {
			t.Errorf("another account cancels it: %v", err)
		}
		if err := w.Cancel("acme", id); err != nil {
			t.Errorf("cancel: %v", err)
		}
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		k := w.record.Kept(id)
		sound(t, k)
		if k.Ends[0].Status != flowengine.StatusCancelled {
			t.Errorf("it ended as %s", k.Ends[0].Status)
		}
		if err := w.Cancel("acme", id); !errors.Is(err, flowengine.ErrNoExecution) {
			t.Errorf("it is cancelled twice: %v", err)
		}
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
		k := w.record.Kept(id)
		if len(k.Events) != 0 {
			t.Errorf("it was run after the drain: %+v", k.Events)
		}
		next := newWorld(seed, &flowtest.Line{})
		if err := next.record.Accept(context.Background(), k.Execution); err != nil {
			t.Fatal(err)
		}
		next.Resume(context.Background(), []flowengine.Execution{k.Execution})
		if err := next.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		sound(t, next.record.Kept(id))
	})
}

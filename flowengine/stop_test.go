package flowengine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

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

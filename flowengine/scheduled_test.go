package flowengine_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
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

// bounded returns an engine on a memory in which each account may have so many
// executions that wait.
func bounded(memory flowengine.Executions, flow *flowtest.Memory, most int) *flowengine.Engine {
	return flowengine.NewEngine(flowengine.EngineConfig{
		Components: components.All(), Dialer: &flowtest.Line{}, Versions: flow, Executions: memory,
		MaxScheduled: func(string) int { return most },
	})
}

// at starts an execution of the account that is to begin after the time.
func at(e *flowengine.Engine, account string, after time.Duration) (record.ExecutionID, error) {
	x, err := e.Start(context.Background(), flowengine.Trigger{Account: account, FlowID: "flow", Arguments: parties, StartAt: time.Now().Add(after)})
	return x.ID, err
}

// An account has as many executions waiting for their time as it may, counted to
// the last: not one more when many come at once, and one more for each that is
// gone.
func TestMaxScheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := &flowtest.Memory{Flow: []byte(seed)}
		refused := &gate{Memory: memory}
		e := bounded(refused, memory, 10)
		var wg sync.WaitGroup
		var taken atomic.Int32
		ids := make(chan record.ExecutionID, 100)
		for range 100 {
			wg.Go(func() {
				switch id, err := at(e, "acme", time.Hour); {
				case err == nil:
					taken.Add(1)
					ids <- id
				case !errors.Is(err, flowengine.ErrManyScheduled):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := e.Scheduled()["acme"]; taken.Load() != 10 || n != 10 {
			t.Errorf("%d were taken, %d wait", taken.Load(), n)
		}
		if _, err := at(e, "other", time.Hour); err != nil {
			t.Errorf("another account: %v", err)
		}
		if _, err := at(e, "acme", 0); err != nil {
			t.Errorf("one that begins at once: %v", err)
		}
		if err := e.Cancel(context.Background(), "acme", <-ids); err != nil {
			t.Error(err)
		}
		if _, err := at(e, "acme", 2*time.Hour); err != nil {
			t.Errorf("in the place of the cancelled one: %v", err)
		}
		if _, err := at(e, "acme", time.Hour); !errors.Is(err, flowengine.ErrManyScheduled) {
			t.Errorf("one too many: %v", err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := e.Scheduled()["acme"]; n != 1 {
			t.Errorf("after an hour %d wait", n)
		}
		refused.accept = func() error { return record.ErrUnavailable }
		for range 20 {
			if _, err := at(e, "acme", time.Hour); !errors.Is(err, record.ErrUnavailable) {
				t.Errorf("while nothing can be written: %v", err)
			}
		}
		refused.accept = nil
		if n := e.Scheduled()["acme"]; n != 1 {
			t.Errorf("what was not accepted is counted: %d", n)
		}
		if err := e.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}

		// What the last process accepted counts in the next, also beyond the bound.
		var left []record.Execution
		for n := range 12 {
			left = append(left, record.Execution{ID: record.ExecutionID(fmt.Sprint("left ", n)), Account: "acme", VersionID: "v1", StartAt: time.Now().Add(time.Duration(n+1) * time.Minute)})
			if err := memory.Accept(context.Background(), left[n]); err != nil {
				t.Fatal(err)
			}
		}
		next := bounded(memory, memory, 10)
		next.Resume(context.Background(), left)
		for minute := range 4 {
			_, err := at(next, "acme", time.Hour)
			if full := minute < 3; errors.Is(err, flowengine.ErrManyScheduled) != full || next.Scheduled()["acme"] != 12-minute+max(0, minute-2) {
				t.Errorf("after %d minutes: %v, %v wait", minute, err, next.Scheduled())
			}
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		if err := next.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

// One that is due while the memory cannot be read begins once it can, and once;
// it can be cancelled only then.
func TestDueWhileTheRecordCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := &flowtest.Memory{Flow: []byte(seed)}
		var broken atomic.Bool
		g := &gate{Memory: memory, read: func() error {
			if broken.Load() {
				return errors.New("the disk is broken")
			}
			return nil
		}}
		e := bounded(g, memory, 10)
		first, err := at(e, "acme", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		second, err := at(e, "acme", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		broken.Store(true)
		time.Sleep(time.Hour)
		synctest.Wait()
		if err := e.Cancel(context.Background(), "acme", first); !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("cancelled: %v", err)
		}
		if n := e.Scheduled()["acme"]; n != 2 || g.begins.Load() != 0 {
			t.Errorf("%d wait, %d have begun", n, g.begins.Load())
		}
		broken.Store(false)
		if err := e.Cancel(context.Background(), "acme", first); err != nil {
			t.Errorf("cancel: %v", err)
		}
		neverBegun(t, memory.Stored(first))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := e.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		k := memory.Stored(second)
		checkJournal(t, k)
		if k.Began != 1 || len(e.Scheduled()) != 0 {
			t.Errorf("it began %d times, %v wait", k.Began, e.Scheduled())
		}
	})
}

// Whoever cancels, drains or does nothing at the moment at which one is due and
// read: it begins once, or never.
func TestDueMeetsEverything(t *testing.T) {
	for _, meets := range []string{"nothing", "cancel", "drain"} {
		t.Run(meets, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory := &flowtest.Memory{Flow: []byte(seed)}
				reading := make(chan struct{})
				g := &gate{Memory: memory}
				var reads atomic.Int32
				g.read = func() error {
					if reads.Add(1) == 1 {
						close(reading)
						time.Sleep(time.Second)
					}
					return nil
				}
				e := bounded(g, memory, 1)
				id, err := at(e, "acme", time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				<-reading
				want := 1
				switch meets {
				case "cancel":
					want = 0
					if err := e.Cancel(context.Background(), "acme", id); err != nil {
						t.Errorf("cancel: %v", err)
					}
				case "drain":
					want = 0
				}
				if meets != "drain" {
					time.Sleep(time.Hour)
				}
				if err := e.Drain(context.Background()); err != nil {
					t.Fatal(err)
				}
				if k := memory.Stored(id); k.Began != want || len(k.Ends) != 1 && meets != "drain" {
					t.Errorf("it began %d times and ended %d times", k.Began, len(k.Ends))
				}
			})
		})
	}
}

// What waits costs little memory, whatever its arguments are.
func TestWhatWaitsIsSmall(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	n := nothing{[]byte("name: F\ntrigger: {component: api_request, arguments: [{name: long, variable: long}]}\nstart: end\nsteps:\n  end: {component: end_flow}\n")}
	e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Versions: n, Executions: n})
	start := func(many int) {
		for i := range many {
			_, err := e.Start(context.Background(), flowengine.Trigger{
				Account: strings.Clone("acme"), FlowID: "flow", Arguments: map[string]string{"long": strings.Repeat("x", 10_000)},
				StartAt:      time.Now().Add(time.Hour + time.Duration(i)*time.Millisecond),
				CallingHours: record.CallingHours{Hours: strings.Clone("00:00-24:00"), Zone: strings.Clone("Europe/Berlin")},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	start(1000)
	const many = 20_000
	before := heap()
	start(many)
	each := (heap() - before) / many
	t.Logf("%d bytes each", each)
	if each > 600 {
		t.Errorf("each that waits takes %d bytes", each)
	}
	if err := e.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

package flowengine_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// clock is a wall clock that somebody sets.
type clock struct{ off atomic.Int64 }

func (c *clock) now() time.Time      { return time.Now().Round(0).Add(time.Duration(c.off.Load())) }
func (c *clock) set(d time.Duration) { c.off.Store(int64(d)) }

// clockWorld is a world whose wall clock can be set.
func clockWorld(c *clock) *world {
	line := &flowtest.Line{Contact: flowtest.Phone{After: 3 * time.Second}, Agent: flowtest.Phone{
		After: 5 * time.Second, Acts: []flowtest.Act{{Waits: time.Minute}, {}},
	}}
	m := &flowtest.Memory{Flow: []byte(seed)}
	return &world{record: m, line: line, Engine: flowengine.NewEngine(flowengine.EngineConfig{
		Components: components.All(), Dialer: line, Versions: m, Executions: m, WallClock: c.now,
	})}
}

// durations returns how long each step took, then how long it was from the first
// event of a kind to the next of another.
func durations(k flowtest.StoredExecution, pairs ...[2]record.EventKind) (out []time.Duration) {
	for _, s := range (record.History{Events: k.Events}).Steps() {
		out = append(out, s.Duration)
	}
	for _, p := range pairs {
		var from *record.Event
		for i, e := range k.Events {
			if from == nil && e.Kind == p[0] {
				from = &k.Events[i]
			} else if from != nil && e.Kind == p[1] {
				out = append(out, e.After(*from))
				break
			}
		}
	}
	return out
}

// TestDurationsOfAClockThatIsSet holds that whatever becomes of the wall clock in
// the middle of a call, everything takes as long as it took, and no event is
// stamped before another that it follows.
func TestDurationsOfAClockThatIsSet(t *testing.T) {
	phases := [][2]record.EventKind{
		{record.LegDialling, record.LegRinging}, {record.LegRinging, record.LegAnswered},
		{record.LegsJoined, record.LegsParted}, {record.ExecutionStarted, record.ExecutionEnded},
	}
	var undisturbed []time.Duration
	for name, jumps := range map[string][]time.Duration{
		"":                  nil,
		"back an hour":      {-time.Hour},
		"forward a week":    {7 * 24 * time.Hour},
		"back and forth":    {-time.Hour, time.Hour, -24 * time.Hour, 0},
		"back by a little":  {-time.Second, -2 * time.Second, -3 * time.Second},
		"before the begin":  {-time.Minute},
		"to before we were": {-60 * 365 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &clock{}
				w := clockWorld(c)
				id := w.start(t, parties)
				if name == "before the begin" {
					c.set(jumps[0])
				}
				synctest.Wait()
				for _, d := range jumps {
					time.Sleep(1500 * time.Millisecond)
					c.set(d)
				}
				if err := w.Drain(context.Background()); err != nil {
					t.Fatal(err)
				}
				k := w.record.Stored(id)
				checkJournal(t, k)
				got := durations(k, phases...)
				if undisturbed == nil {
					calm := clockWorld(&clock{})
					calmID := calm.start(t, parties)
					_ = calm.Drain(context.Background())
					undisturbed = durations(calm.record.Stored(calmID), phases...)
				}
				if len(got) != len(undisturbed) || len(got) < 4+len(phases) {
					t.Fatalf("took %v, want %v", got, undisturbed)
				}
				for i := range got {
					if got[i] != undisturbed[i] {
						t.Errorf("took %v, want %v", got, undisturbed)
						break
					}
				}
			})
		})
	}
}

// TestStampsFollowTheClock holds that At is what the wall clock says, also after
// it was set forward, and that it is not measured from the beginning.
func TestStampsFollowTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clock{}
		w := clockWorld(c)
		id := w.start(t, parties)
		time.Sleep(time.Second)
		c.set(24 * time.Hour)
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		k := w.record.Stored(id)
		last := k.Events[len(k.Events)-1]
		if !last.At.Equal(c.now()) || !k.Ends[0].At.Equal(last.At) {
			t.Errorf("it ended at %v by the journal and %v by the record, and the clock shows %v", last.At, k.Ends[0].At, c.now())
		}
	})
}

// TestDurationsWithoutElapsed holds for journals of another process, that of a
// restart or an earlier version: the wall clock says how long, and nothing takes
// less than no time.
func TestDurationsWithoutElapsed(t *testing.T) {
	at, ms := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), int64(5_000)
	event := func(after time.Duration, elapsed *int64) record.Event {
		return record.Event{At: at.Add(after), Elapsed: elapsed}
	}
	zero := new(int64)
	for name, c := range map[string]struct {
		from, to record.Event
		want     time.Duration
	}{
		"both elapsed":           {event(0, zero), event(-time.Hour, &ms), 5 * time.Second},
		"neither":                {event(0, nil), event(time.Minute, nil), time.Minute},
		"neither, set back":      {event(0, nil), event(-time.Minute, nil), 0},
		"ended by a restart":     {event(0, &ms), event(time.Hour, nil), time.Hour},
		"restart, clock is back": {event(0, &ms), event(-time.Hour, nil), 0},
	} {
		if got := c.to.After(c.from); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestScheduleOfAClockThatIsSet holds that an execution begins when the wall
// clock says so, at the latest ten minutes after it was set.
func TestScheduleOfAClockThatIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clock{}
		w := clockWorld(c)
		id := w.later(t, 24*time.Hour)
		time.Sleep(time.Hour)
		c.set(23 * time.Hour)
		time.Sleep(10 * time.Minute)
		synctest.Wait() // it looks at the clock at this very moment
		if len(w.Scheduled()) != 0 {
			t.Error("its time has come, and it waits")
		}
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		checkJournal(t, w.record.Stored(id))
	})
}

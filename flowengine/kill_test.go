package flowengine_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// disk is a Executions that loses everything after a number of writes, as a process
// that is killed does. What was written before stays.
type disk struct {
	*flowtest.Memory
	mu     sync.Mutex
	left   int
	killed func() // called once, at the write that is lost first
}

// writes reports whether one more write reaches the disk.
func (d *disk) writes() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left--
	if d.left == -1 {
		d.killed()
	}
	return d.left >= 0
}

func (d *disk) Accept(ctx context.Context, x record.Execution) error {
	if !d.writes() {
		return record.ErrUnavailable
	}
	return d.Memory.Accept(ctx, x)
}

func (d *disk) AcceptAndBegin(ctx context.Context, x record.Execution, at time.Time, first ...record.Event) error {
	if !d.writes() {
		return record.ErrUnavailable
	}
	return d.Memory.AcceptAndBegin(ctx, x, at, first...)
}

func (d *disk) Begin(ctx context.Context, id record.ExecutionID, at time.Time, first ...record.Event) error {
	if !d.writes() {
		return record.ErrUnavailable
	}
	return d.Memory.Begin(ctx, id, at, first...)
}

func (d *disk) Append(id record.ExecutionID, events ...record.Event) {
	if d.writes() {
		d.Memory.Append(id, events...)
	}
}

func (d *disk) End(ctx context.Context, id record.ExecutionID, end record.Ending) error {
	if !d.writes() {
		return record.ErrUnavailable
	}
	return d.Memory.End(ctx, id, end)
}

// TestAKillAtEveryWriteDialsNobodyTwice kills the process at each write of one
// execution and starts another that resumes what was accepted.
func TestAKillAtEveryWriteDialsNobodyTwice(t *testing.T) {
	for n := range 30 {
		synctest.Test(t, func(t *testing.T) {
			m := &flowtest.Memory{Flow: []byte(seed)}
			dials := &dialCounter{Line: &flowtest.Line{Contact: flowtest.Phone{Acts: []flowtest.Act{{Waits: 5 * time.Second}, {}}}}}
			config := flowengine.EngineConfig{Components: components.All(), Dialer: dials, Versions: m}
			d := &disk{Memory: m, left: n}
			config.Executions = d
			first := flowengine.NewEngine(config)
			d.killed = dials.die
			x, err := first.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties})
			accepted := err == nil
			stop, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			_ = first.Drain(stop) // what is dead writes no more; only its goroutines end

			config.Executions = m
			second := flowengine.NewEngine(config)
			dials.revive()
			k := m.Stored(x.ID)
			if accepted && k.Began == 0 && len(k.Ends) == 0 {
				second.Resume(context.Background(), []record.Execution{k.Execution})
			}
			if err := second.Drain(context.Background()); err != nil {
				t.Fatal(err)
			}
			if dials.count > 1 {
				t.Errorf("killed at write %d: dialled %d times", n, dials.count)
			}
			k = m.Stored(x.ID)
			if accepted && k.Began != 1 || len(k.Ends) > 1 {
				t.Errorf("killed at write %d: begun %d times, ended %d times", n, k.Began, len(k.Ends))
			}
			seqs := []int{}
			for _, e := range k.Events {
				seqs = append(seqs, e.Seq)
			}
			if s := slices.Clone(seqs); len(slices.Compact(s)) != len(seqs) {
				t.Errorf("killed at write %d: the journal has the numbers %v", n, seqs)
			}
		})
	}
}

// dialCounter counts the calls that leave a process that lives.
type dialCounter struct {
	*flowtest.Line
	mu    sync.Mutex
	dead  bool
	count int
}

func (d *dialCounter) die()    { d.mu.Lock(); defer d.mu.Unlock(); d.dead = true }
func (d *dialCounter) revive() { d.mu.Lock(); defer d.mu.Unlock(); d.dead = false }

func (d *dialCounter) Dial(ctx context.Context, dialing flowengine.DialRequest) (flowengine.Contact, flowengine.Outcome, error) {
	d.mu.Lock()
	if !d.dead {
		d.count++
	}
	d.mu.Unlock()
	return d.Line.Dial(ctx, dialing)
}

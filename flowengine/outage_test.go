package flowengine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// outage is a Executions that cannot begin an execution for a time after its start,
// and takes a time over every end.
type outage struct {
	*flowtest.Memory
	until time.Time
	slow  time.Duration
	full  bool // it ends none either until then
}

func (o *outage) Begin(ctx context.Context, id record.ExecutionID, at time.Time, first ...record.Event) error {
	if time.Now().Before(o.until) {
		return record.ErrUnavailable
	}
	return o.Memory.Begin(ctx, id, at, first...)
}

func (o *outage) AcceptAndBegin(ctx context.Context, x record.Execution, at time.Time, first ...record.Event) error {
	if time.Now().Before(o.until) {
		return record.ErrUnavailable
	}
	return o.Memory.AcceptAndBegin(ctx, x, at, first...)
}

// resume has an engine run an execution that was accepted before a restart.
func (o *outage) resume(e *flowengine.Engine) record.Execution {
	x := record.Execution{ID: "x", Account: "acme", FlowID: "flow", VersionID: "v1", Arguments: parties, AcceptedAt: time.Now()}
	_ = o.Accept(context.Background(), x) // it never fails
	e.Resume(context.Background(), []record.Execution{x})
	return x
}

// Whatever is started amid an outage is refused, and never runs.
func TestAStartAmidAnOutageIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outage{Memory: &flowtest.Memory{Flow: []byte(seed)}, until: time.Now().Add(time.Hour)}
		line := &dialCounter{Line: &flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitBusy}}}
		e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: line, Versions: o, Executions: o})
		start := flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties}
		if _, err := e.Start(t.Context(), start); !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("the start returns %v", err)
		}
		time.Sleep(2 * time.Hour)
		if e.Running() > 0 || line.count > 0 {
			t.Errorf("%d run, %d were dialled", e.Running(), line.count)
		}
		if x, err := e.Start(t.Context(), start); err != nil {
			t.Errorf("after the outage: %v", err)
		} else if <-o.Ended(x.ID); line.count != 1 {
			t.Errorf("after the outage %d were dialled", line.count)
		}
		if err := e.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func (o *outage) End(ctx context.Context, id record.ExecutionID, e record.Ending) error {
	if o.full && time.Now().Before(o.until) {
		return record.ErrUnavailable
	}
	select {
	case <-time.After(o.slow):
		return o.Memory.End(ctx, id, e)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// What was accepted survives an outage of the record, however long, and runs
// when it is over.
func TestAcceptedExecutionsOutliveAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outage{Memory: &flowtest.Memory{Flow: []byte(seed)}, until: time.Now().Add(time.Hour), slow: time.Minute}
		line := &flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitBusy}}
		e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: line, Versions: o, Executions: o})
		x := o.resume(e)
		<-o.Ended(x.ID)
		k := o.Stored(x.ID)
		checkJournal(t, k)
		if k.Ends[0].Status != record.StatusFinished || k.Events[1].At.Before(o.until) {
			t.Errorf("%s, started %s, the record was back %s", k.Ends[0].Status, k.Events[1].At, o.until)
		}
		if err := e.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

// A cancellation that cannot be recorded cancels nothing: the execution waits on, can
// be cancelled again, and begins when the outage is over if it was not.
func TestCancelAmidAnOutage(t *testing.T) {
	for _, again := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			o := &outage{Memory: &flowtest.Memory{Flow: []byte(seed)}, until: time.Now().Add(time.Hour), full: true}
			line := &flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitBusy}}
			e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: line, Versions: o, Executions: o})
			x := o.resume(e)
			want := record.StatusFinished
			for range 3 {
				time.Sleep(time.Minute)
				if err := e.Cancel(t.Context(), "acme", x.ID); !errors.Is(err, record.ErrUnavailable) {
					t.Errorf("the cancellation: %v", err)
				}
			}
			if again {
				time.Sleep(time.Until(o.until) - time.Second)
				if err := e.Cancel(t.Context(), "acme", x.ID); err != nil { // it is recorded a second later
					t.Errorf("the last cancellation: %v", err)
				}
				want = record.StatusCancelled
			}
			<-o.Ended(x.ID)
			if k := o.Stored(x.ID); len(k.Ends) != 1 || k.Ends[0].Status != want {
				t.Errorf("it ends %+v, want %s", k.Ends, want)
			}
			if err := e.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A drain does not wait for the record: what has not begun is left to the next
// process.
func TestDrainAmidAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outage{Memory: &flowtest.Memory{Flow: []byte(seed)}, until: time.Now().Add(time.Hour)}
		e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: &flowtest.Line{}, Versions: o, Executions: o})
		x := o.resume(e)
		time.Sleep(time.Minute)
		asked := time.Now()
		if err := e.Drain(context.Background()); err != nil || time.Since(asked) > 0 {
			t.Errorf("the drain took %s: %v", time.Since(asked), err)
		}
		if k := o.Stored(x.ID); k.Began > 0 || len(k.Ends) > 0 || len(k.Events) > 0 {
			t.Errorf("it does not stay accepted: %+v", k)
		}
	})
}

// The first step stands in the journal from the begin on: whatever happens next,
// the report has a row of the execution.
func TestTheBeginHoldsTheFirstStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &slowBegin{Memory: &flowtest.Memory{Flow: []byte(seed)}}
		e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: &flowtest.Line{}, Versions: m, Executions: lostAppends{m}})
		x, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties})
		if err != nil {
			t.Fatal(err)
		}
		<-m.Ended(x.ID)
		k := m.Stored(x.ID)
		if steps := (record.History{Events: k.Events}).Steps(); len(steps) != 1 || steps[0].Component != "api_request" || k.Events[0].Kind != record.ExecutionAccepted {
			t.Errorf("the begin holds %+v", k.Events)
		}
		if err := e.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

// lostAppends is a Executions whose process dies before any event reaches the disk.
type lostAppends struct{ *slowBegin }

func (lostAppends) Append(record.ExecutionID, ...record.Event) {}

package flowengine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

func TestTheObserverSeesTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &flowtest.Memory{Flow: []byte(seed)}
		var seen []string
		e := flowengine.NewEngine(flowengine.EngineConfig{
			Components: components.All(), Dialer: &flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitBusy}}, Versions: m, Executions: m,
			Observe: func(id record.ExecutionID, ev record.Event) {
				seen = append(seen, fmt.Sprint(id, ev.Seq, ev.Kind, ev.At))
			},
		})
		x, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		var stored []string
		for _, ev := range m.Stored(x.ID).Events {
			stored = append(stored, fmt.Sprint(x.ID, ev.Seq, ev.Kind, ev.At))
		}
		if !slices.Equal(seen, stored) {
			t.Errorf("observed\n%s\nkept\n%s", strings.Join(seen, "\n"), strings.Join(stored, "\n"))
		}
	})
}

func TestACallEndsAfterFourHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{})
		begin := time.Now()
		k := w.run(t, parties)
		if d := time.Since(begin); d != 4*time.Hour || k.Ends[0].Status != record.StatusFinished {
			t.Errorf("ended %s after %v", k.Ends[0].Status, d)
		}
	})
}

// TestBeginComesBeforeTheFirstInvite holds that nothing reaches a trunk before
// it is durable that the execution has begun.
func TestBeginComesBeforeTheFirstInvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &slowBegin{Memory: &flowtest.Memory{Flow: []byte(seed)}}
		line := &flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitBusy}}
		e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: line, Versions: m, Executions: m})
		if _, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties}); err != nil {
			t.Fatal(err)
		}
		if err := e.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, x := range m.Executions() {
			for _, ev := range m.Stored(x).Events {
				if ev.Kind == record.LegDialling && ev.At.Before(m.durable) {
					t.Errorf("dialled %v before the begin was durable", m.durable.Sub(ev.At))
				}
			}
		}
	})
}

// slowBegin takes a second to make a begin durable.
type slowBegin struct {
	*flowtest.Memory
	durable time.Time
}

func (s *slowBegin) Begin(ctx context.Context, id record.ExecutionID, at time.Time, first ...record.Event) error {
	time.Sleep(time.Second)
	s.durable = time.Now()
	return s.Memory.Begin(ctx, id, at, first...)
}

func (s *slowBegin) AcceptAndBegin(ctx context.Context, x record.Execution, at time.Time, first ...record.Event) error {
	time.Sleep(time.Second)
	s.durable = time.Now()
	return s.Memory.AcceptAndBegin(ctx, x, at, first...)
}

// refusing is a Executions that begins nothing.
type refusing struct{ *flowtest.Memory }

func (refusing) AcceptAndBegin(context.Context, record.Execution, time.Time, ...record.Event) error {
	return record.ErrUnavailable
}

func (refusing) Begin(context.Context, record.ExecutionID, time.Time, ...record.Event) error {
	return record.ErrUnavailable
}

func TestWithoutARecordNothingIsDialled(t *testing.T) {
	for _, accepted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m := refusing{&flowtest.Memory{Flow: []byte(seed)}}
			line := &dialCounter{Line: &flowtest.Line{}}
			e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: line, Versions: m, Executions: m})
			if accepted {
				x := record.Execution{ID: "x", Account: "acme", FlowID: "flow", VersionID: "v1", Arguments: parties, AcceptedAt: time.Now()}
				e.Resume(context.Background(), []record.Execution{x})
			} else if _, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties}); !errors.Is(err, record.ErrUnavailable) {
				t.Errorf("start: %v", err)
			}
			if err := e.Drain(context.Background()); err != nil {
				t.Fatal(err)
			}
			if line.count > 0 {
				t.Errorf("%d legs were dialled", line.count)
			}
		})
	}
}

package store_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

func TestRestart(t *testing.T) { onEachDialect(t, testRestart) }

func testRestart(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	tomorrow := moment().AddDate(0, 0, 1)
	for n := range 4 {
		x := execution(n)
		if n == 3 {
			x.StartAt, x.CallingHours = tomorrow, record.CallingHours{Hours: "09:00-17:30", Zone: "Europe/Berlin"}
		}
		must(t, s.Accept(t.Context(), x))
	}
	must(t, s.Begin(t.Context(), execution(1).ID, moment()))
	must(t, s.Begin(t.Context(), execution(2).ID, moment()))
	must(t, s.End(t.Context(), execution(2).ID, ending(1, record.StatusFinished)))
	leg := func(id string) func(*record.Event) {
		return func(e *record.Event) {
			e.Leg = &record.LegEvent{ID: id, Party: "contact", CallID: "call-" + id}
		}
	}
	step := func(e *record.Event) { e.Step, e.Component = "agent", "forward_to_external_number" }
	s.Append(execution(1).ID,
		event(1, record.ExecutionStarted, nil),
		event(2, record.LegDialling, leg("a")),
		event(3, record.LegAnswered, leg("a")),
		event(4, record.VariableSet, func(e *record.Event) { e.Variables = map[string]string{"x": "1"} }),
		event(5, record.StepEntered, step),
		event(6, record.LegDialling, leg("b")),
		event(7, record.LegEnded, leg("b")),
		event(8, record.LegDialling, leg("c")))
	must(t, s.Check(t.Context()))
	must(t, s.Close())

	<-time.After(time.Millisecond) // the time that nothing ran
	s = openIn(t, dir)
	n, err := s.Interrupt(t.Context())
	if err != nil || n != 1 {
		t.Fatalf("Interrupt = %d, %v, want 1", n, err)
	}
	h, err := s.History(t.Context(), "acme", execution(1).ID)
	must(t, err)
	if h.Status != record.StatusInterrupted || h.FinishedAt.IsZero() || h.Error != "restart" || h.Variables["x"] != "1" {
		t.Errorf("the interrupted one is %+v", h)
	}
	more := h.Events[8:]
	if len(more) != 4 || more[0].Leg.ID != "a" || more[0].Leg.CallID != "call-a" || more[1].Leg.ID != "c" ||
		more[2].Kind != record.StepLeft || more[2].Exit != flowfile.ExitError || more[3].Kind != record.ExecutionEnded {
		t.Errorf("its journal was ended with %+v", more)
	}
	for _, e := range more {
		if err := e.Conforms(); err != nil {
			t.Error(err)
		}
		if known := h.Events[7].At; !e.At.Equal(known) || !h.FinishedAt.Equal(known) {
			t.Errorf("%s is at %s, and the end at %s; the last that is known is %s", e.Kind, e.At, h.FinishedAt, known)
		}
	}
	whole(t, h)
	unfinished := unfinishedIn(t, s)
	var ids []record.ExecutionID
	for _, x := range unfinished {
		ids = append(ids, x.ID)
	}
	if want := []record.ExecutionID{execution(0).ID, execution(3).ID}; !slices.Equal(ids, want) {
		t.Errorf("unfinished are %v, want %v", ids, want)
	}
	if unfinished[0].Arguments["contact_1"] != "+12025550143" {
		t.Errorf("arguments are lost: %+v", unfinished[0])
	}
	if !unfinished[0].StartAt.IsZero() || !unfinished[1].StartAt.Equal(tomorrow) {
		t.Errorf("they are to begin at %v and %v", unfinished[0].StartAt, unfinished[1].StartAt)
	}
	if in := unfinished[1].CallingHours; in.Hours != "09:00-17:30" || in.Zone != "Europe/Berlin" || unfinished[0].CallingHours != (record.CallingHours{}) {
		t.Errorf("they may begin in %+v and %+v", unfinished[0].CallingHours, in)
	}
	if n, err := s.Interrupt(t.Context()); err != nil || n != 0 {
		t.Errorf("a second Interrupt = %d, %v", n, err)
	}
	must(t, s.Begin(t.Context(), ids[0], moment()))
	must(t, s.End(t.Context(), ids[0], ending(1, record.StatusFinished)))

	// What has not begun can end, with its whole journal in one write, and then
	// never begins.
	never := ending(2, record.StatusCancelled)
	never.Before = []record.Event{event(1, record.ExecutionAccepted, nil)}
	must(t, s.End(t.Context(), ids[1], never))
	if err := s.Begin(t.Context(), ids[1], moment()); err == nil || errors.Is(err, record.ErrUnavailable) {
		t.Errorf("what was cancelled begins: %v", err)
	}
	h, err = s.History(t.Context(), "acme", ids[1])
	must(t, err)
	if h.Status != record.StatusCancelled || !h.StartedAt.IsZero() || len(h.Events) != 2 {
		t.Errorf("what was cancelled is %+v", h)
	}
	whole(t, h)
}

// whole checks the promises of a journal that has ended.
func whole(t testing.TB, h record.History) {
	t.Helper()
	legs, ended, ends := map[string]bool{}, map[string]int{}, 0
	for i, e := range h.Events {
		if e.Seq != i+1 {
			t.Fatalf("%s: event %d has the number %d", h.ID, i+1, e.Seq)
		}
		switch {
		case e.Kind == record.ExecutionEnded:
			ends++
		case e.Kind == record.LegEnded:
			ended[e.Leg.ID]++
		case e.Leg != nil:
			legs[e.Leg.ID] = true
		}
	}
	if ends != 1 || h.Events[len(h.Events)-1].Kind != record.ExecutionEnded {
		t.Errorf("%s: %d execution_ended, the last event is %s", h.ID, ends, h.Events[len(h.Events)-1].Kind)
	}
	for id := range legs {
		if ended[id] != 1 {
			t.Errorf("%s: leg %s has %d leg_ended", h.ID, id, ended[id])
		}
	}
}

// Whatever journal a crash leaves, the restart makes it whole.
func TestAnyBrokenOffJournalIsMadeWhole(t *testing.T) {
	onEachDialect(t, testAnyBrokenOffJournalIsMadeWhole)
}

func testAnyBrokenOffJournalIsMadeWhole(t *testing.T, newRecord newRecord) {
	random := rand.New(rand.NewPCG(1, 2))
	dir := newRecord(t)
	s := openIn(t, dir)
	const executions = 100
	for n := range executions {
		x := execution(n)
		must(t, s.Accept(t.Context(), x))
		must(t, s.Begin(t.Context(), x.ID, moment()))
		open := []string{}
		for i := range random.IntN(30) {
			switch e := event(i+1, record.KeyPressed, nil); random.IntN(6) {
			case 0:
				open = append(open, string(rune('a'+i)))
				e.Kind, e.Leg = record.LegDialling, &record.LegEvent{ID: open[len(open)-1]}
				s.Append(x.ID, e)
			case 1:
				if len(open) > 0 {
					e.Kind, e.Leg = record.LegEnded, &record.LegEvent{ID: open[0]}
					open = open[1:]
				}
				s.Append(x.ID, e)
			case 2:
				e.Kind, e.Step = record.StepEntered, "s"
				s.Append(x.ID, e)
			case 3:
				e.Kind, e.Step, e.Exit = record.StepLeft, "s", flowfile.ExitOK
				s.Append(x.ID, e)
			default:
				s.Append(x.ID, e)
			}
		}
	}
	must(t, s.Close())
	s = openIn(t, dir)
	if n, err := s.Interrupt(t.Context()); n != executions || err != nil {
		t.Fatalf("Interrupt = %d, %v", n, err)
	}
	for n := range executions {
		h, err := s.History(t.Context(), "acme", execution(n).ID)
		must(t, err)
		whole(t, h)
	}
}

// The clock may have been set back before the restart: the end is not stamped
// before what it ends.
func TestRestartWithTheClockSetBack(t *testing.T) { onEachDialect(t, testRestartWithTheClockSetBack) }

func testRestartWithTheClockSetBack(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	must(t, s.Accept(t.Context(), execution(1)))
	must(t, s.Begin(t.Context(), execution(1).ID, moment()))
	future := time.Now().Add(time.Hour).UTC()
	s.Append(execution(1).ID, event(1, record.StepEntered, func(e *record.Event) {
		e.Step, e.Component, e.At, e.Elapsed = "agent", "forward_to_external_number", future, new(int64)
	}))
	must(t, s.Check(t.Context()))
	if n, err := s.Interrupt(t.Context()); err != nil || n != 1 {
		t.Fatalf("Interrupt = %d, %v, want 1", n, err)
	}
	h, err := s.History(t.Context(), "acme", execution(1).ID)
	must(t, err)
	whole(t, h)
	for _, e := range h.Events {
		if e.At.Before(future) {
			t.Errorf("%s is stamped %v before the event that it follows", e.Kind, future.Sub(e.At))
		}
	}
	if steps := h.Steps(); len(steps) != 1 || steps[0].Duration != 0 || h.Events[0].Elapsed == nil || h.Events[1].Elapsed != nil {
		t.Errorf("the steps are %+v, the events %+v", steps, h.Events)
	}
}

// unfinishedIn returns what was accepted and never begun.
func unfinishedIn(t *testing.T, s *store.Store) (all []record.Execution) {
	t.Helper()
	must(t, s.Unfinished(t.Context(), func(some []record.Execution) { all = append(all, some...) }))
	return all
}

// However many were accepted and never begun, each comes once and whole, and no
// more than some at a time.
func TestUnfinishedComesInParts(t *testing.T) { onEachDialect(t, testUnfinishedComesInParts) }

func testUnfinishedComesInParts(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	const all = 1203
	var group sync.WaitGroup
	for n := range all {
		group.Go(func() {
			x := execution(n)
			x.AcceptedAt = moment().Add(time.Duration(-n) * time.Second) // the clock does not say in which order
			must(t, s.Accept(t.Context(), x))
			if n%3 == 0 {
				must(t, s.Begin(t.Context(), x.ID, moment()))
			}
		})
	}
	group.Wait()
	seen := map[record.ExecutionID]bool{}
	must(t, s.Unfinished(t.Context(), func(some []record.Execution) {
		if len(some) > 500 {
			t.Errorf("%d at a time", len(some))
		}
		for _, x := range some {
			read, err := s.Accepted(t.Context(), x.ID)
			if err != nil || !reflect.DeepEqual(read, x) || seen[x.ID] || x.Arguments["contact_1"] == "" {
				t.Errorf("%+v, by itself %+v, %v", x, read, err)
			}
			seen[x.ID] = true
		}
	}))
	if want := all - (all+2)/3; len(seen) != want {
		t.Errorf("%d came, want %d", len(seen), want)
	}
	for n := range all {
		if seen[execution(n).ID] == (n%3 == 0) {
			t.Errorf("%d: %v", n, seen[execution(n).ID])
		}
	}
	if _, err := s.Accepted(t.Context(), "unknown"); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("one that is not there: %v", err)
	}
}

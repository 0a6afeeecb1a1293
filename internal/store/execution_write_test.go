package store_test

import (
	"errors"
	"testing"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// What has begun has its first step in the journal, however soon the process
// dies: nothing that was interrupted is missing from the report.
func TestTheFirstStepIsWrittenWithTheBegin(t *testing.T) {
	onEachDialect(t, testTheFirstStepIsWrittenWithTheBegin)
}

func testTheFirstStepIsWrittenWithTheBegin(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	apart, inOne, first := execution(1), execution(2), []record.Event{
		event(1, record.ExecutionAccepted, nil), event(2, record.ExecutionStarted, nil),
		event(3, record.StepEntered, func(e *record.Event) { e.Step, e.Component = "trigger", "api_request" }),
	}
	must(t, s.Accept(t.Context(), apart))
	must(t, s.Begin(t.Context(), apart.ID, moment(), first...))
	must(t, s.AcceptAndBegin(t.Context(), inOne, moment(), first...))
	must(t, s.Close())
	s = openIn(t, dir)
	if n, err := s.Interrupt(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d interrupted, %v", n, err)
	}
	for _, x := range []record.Execution{apart, inOne} {
		h, err := s.History(t.Context(), "acme", x.ID)
		must(t, err)
		whole(t, h)
		steps := h.Steps()
		if len(steps) != 1 || steps[0].Component != "api_request" || steps[0].Exit != flowfile.ExitError || steps[0].Error != "restart" {
			t.Errorf("the steps of %s are %+v", x.ID, steps)
		}
	}
}

// What is accepted and begins in one is there as a whole or not at all, and begins once.
func TestAcceptAndBegin(t *testing.T) { onEachDialect(t, testAcceptAndBegin) }

func testAcceptAndBegin(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	begun, x := moment(), keyed(1, "acme", "k", "d")
	must(t, s.AcceptAndBegin(t.Context(), x, begun, event(1, record.ExecutionAccepted, nil), event(2, record.ExecutionStarted, nil)))
	h, err := s.History(t.Context(), "acme", x.ID)
	must(t, err)
	if h.Status != record.StatusRunning || !h.StartedAt.Equal(begun) || len(h.Events) != 2 {
		t.Errorf("it is %s since %s with %d events, want running since %s with 2", h.Status, h.StartedAt, len(h.Events), begun)
	}
	if err := s.Begin(t.Context(), x.ID, moment()); err == nil {
		t.Error("it begins twice")
	}
	again := keyed(2, "acme", "k", "d")
	var repeated *record.RepeatedError
	if err := s.AcceptAndBegin(t.Context(), again, moment(), event(1, record.ExecutionAccepted, nil)); !errors.As(err, &repeated) || repeated.First.ID != x.ID {
		t.Errorf("a used key says %v", err)
	}
	if _, err := s.History(t.Context(), "acme", again.ID); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("what was refused is there: %v", err)
	}
	s.Append(x.ID, event(3, record.StepEntered, nil))
	must(t, s.End(t.Context(), x.ID, ending(4, record.StatusFinished)))
	if h, err := s.History(t.Context(), "acme", x.ID); err != nil || len(h.Events) != 4 || h.Status != record.StatusFinished {
		t.Errorf("it has ended as %s with %d events, %v", h.Status, len(h.Events), err)
	}
	var unbegun int
	must(t, s.Unfinished(t.Context(), func(xs []record.Execution) { unbegun += len(xs) }))
	if unbegun != 0 {
		t.Errorf("%d wait to begin", unbegun)
	}
}

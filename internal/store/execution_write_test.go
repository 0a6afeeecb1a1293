package store_test

import (
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
	x := execution(1)
	must(t, s.Accept(t.Context(), x))
	must(t, s.Begin(t.Context(), x.ID, moment(), event(1, record.ExecutionAccepted, nil), event(2, record.ExecutionStarted, nil),
		event(3, record.StepEntered, func(e *record.Event) { e.Step, e.Component = "trigger", "api_request" })))
	must(t, s.Close())
	s = openIn(t, dir)
	if n, err := s.Interrupt(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d interrupted, %v", n, err)
	}
	h, err := s.History(t.Context(), "acme", x.ID)
	must(t, err)
	whole(t, h)
	steps := h.Steps()
	if len(steps) != 1 || steps[0].Component != "api_request" || steps[0].Exit != flowfile.ExitError || steps[0].Error != "restart" {
		t.Errorf("its steps are %+v", steps)
	}
}

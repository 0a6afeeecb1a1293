package api_test

import (
	"encoding/csv"
	"slices"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// TestReportOfAClockThatWasSet holds that the report's durations are those of
// the clock that nobody sets, in which the stamps have no say.
func TestReportOfAClockThatWasSet(t *testing.T) {
	w := newWorld(t, nil)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	leg := &record.LegEvent{ID: "1", Party: "contact", From: "+12025550100", To: "+12025550143"}
	h := record.History{Execution: record.Execution{ID: "x", FlowID: "play", AcceptedAt: at}, Status: record.StatusFinished, FinishedAt: at}
	for _, e := range []struct {
		ms      int64
		stamped time.Duration
		event   record.Event
	}{
		{0, 0, record.Event{Kind: record.StepEntered, Step: "call", Component: "make_outbound_call"}},
		{100, 0, record.Event{Kind: record.LegDialling, Leg: leg}},
		{350, -time.Hour, record.Event{Kind: record.LegRinging, Leg: leg}},
		{2_350, 24 * time.Hour, record.Event{Kind: record.LegAnswered, Leg: leg}},
		{2_400, -time.Hour, record.Event{Kind: record.StepLeft, Step: "call", Component: "make_outbound_call", Exit: flowfile.ExitAnswered}},
		{62_350, 48 * time.Hour, record.Event{Kind: record.LegEnded, Leg: leg}},
	} {
		ms := e.ms
		e.event.Seq, e.event.At, e.event.Elapsed = len(h.Events)+1, at.Add(e.stamped), &ms
		h.Events = append(h.Events, e.event)
	}
	w.each = func(yield func(record.History) error) error { return yield(h) }
	rows, err := csv.NewReader(w.do("GET", reportPath+"?format=csv", "reader", "").Body).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v: %v", err, rows)
	}
	for column, want := range map[string]string{
		"Time In Step Execution (ms)": "2400", "Post-dial Delay (ms)": "250", "Ring Time (ms)": "2000", "Talk Time (ms)": "60000",
	} {
		if got := rows[1][slices.Index(rows[0], column)]; got != want {
			t.Errorf("%s is %s, want %s", column, got, want)
		}
	}
}

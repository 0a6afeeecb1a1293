package record_test

import (
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

func TestStepsOfAJournal(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	event := func(ms int, kind record.EventKind, step string, exit flowfile.Exit) record.Event {
		return record.Event{At: at.Add(time.Duration(ms) * time.Millisecond), Kind: kind, Step: step, Component: "c-" + step, Exit: exit}
	}
	h := record.History{Events: []record.Event{
		event(0, record.ExecutionStarted, "", ""),
		event(1, record.StepEntered, "a", ""),
		event(2, record.VariableSet, "a", ""),
		event(4, record.StepLeft, "a", flowfile.ExitOK),
		event(4, record.StepLeft, "never entered", flowfile.ExitOK),
		event(5, record.StepEntered, "b", ""),
		event(6, record.StepLeft, "b", flowfile.ExitBusy),
		event(7, record.StepEntered, "a", ""),
		event(9, record.StepLeft, "a", flowfile.ExitError),
		event(9, record.StepEntered, "b", ""),
	}}
	h.Events[3].Detail = "the contact hung up"
	want := []record.Step{
		{Order: 0, Name: "a", Component: "c-a", Exit: flowfile.ExitOK, StartedAt: at.Add(time.Millisecond), Duration: 3 * time.Millisecond, Detail: "the contact hung up"},
		{Order: 1, Name: "b", Component: "c-b", Exit: flowfile.ExitBusy, StartedAt: at.Add(5 * time.Millisecond), Duration: time.Millisecond},
		{Order: 2, Name: "a", Component: "c-a", Exit: flowfile.ExitError, StartedAt: at.Add(7 * time.Millisecond), Duration: 2 * time.Millisecond},
		{Order: 3, Name: "b", Component: "c-b", StartedAt: at.Add(9 * time.Millisecond)},
	}
	got := h.Steps()
	if len(got) != len(want) {
		t.Fatalf("%d steps, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	if steps := (record.History{}).Steps(); len(steps) != 0 {
		t.Errorf("an empty journal has steps %+v", steps)
	}
}

func TestCanonicalFlowID(t *testing.T) {
	const plain = "0f3c9a52d1b84e6fa7c2583be9d01746"
	for id, want := range map[string]string{
		plain:                                  plain,
		"0F3C9A52D1B84E6FA7C2583BE9D01746":     plain,
		"0f3c9a52-d1b8-4e6f-a7c2-583be9d01746": plain,
		"0F3C9A52-D1B8-4E6F-A7C2-583BE9D01746": plain,
		"installation-help":                    "installation-help",
		"Play":                                 "Play",
		"":                                     "",
		"0f3c9a52-d1b8-4e6f-a7c2-583be9d0174":  "0f3c9a52-d1b8-4e6f-a7c2-583be9d0174",
		"0f3c9a52_d1b8_4e6f_a7c2_583be9d01746": "0f3c9a52_d1b8_4e6f_a7c2_583be9d01746",
		"0f3c9a52-d1b8-4e6f-a7c2-583be9d0174z": "0f3c9a52-d1b8-4e6f-a7c2-583be9d0174z",
		"0f3c9a52d1b84e6fa7c2583be9d0174Z":     "0f3c9a52d1b84e6fa7c2583be9d0174Z",
		"----0f3c9a52d1b84e6fa7c2583be9d01746": "----0f3c9a52d1b84e6fa7c2583be9d01746",
	} {
		if got := flowfile.CanonicalFlowID(id); got != want {
			t.Errorf("CanonicalFlowID(%q) = %q, want %q", id, got, want)
		}
	}
}

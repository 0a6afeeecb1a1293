package flowengine_test

import (
	"testing"
	"time"

	"ringflow/flowengine"
)

func TestStepsOfAJournal(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	event := func(ms int, kind flowengine.EventKind, step string, exit flowengine.Exit) flowengine.Event {
		return flowengine.Event{At: at.Add(time.Duration(ms) * time.Millisecond), Kind: kind, Step: step, Component: "c-" + step, Exit: exit}
	}
	h := flowengine.History{Events: []flowengine.Event{
		event(0, flowengine.ExecutionStarted, "", ""),
		event(1, flowengine.StepEntered, "a", ""),
		event(2, flowengine.VariableSet, "a", ""),
		event(4, flowengine.StepLeft, "a", flowengine.ExitOK),
		event(4, flowengine.StepLeft, "never entered", flowengine.ExitOK),
		event(5, flowengine.StepEntered, "b", ""),
		event(6, flowengine.StepLeft, "b", flowengine.ExitBusy),
		event(7, flowengine.StepEntered, "a", ""),
		event(9, flowengine.StepLeft, "a", flowengine.ExitError),
		event(9, flowengine.StepEntered, "b", ""),
	}}
	h.Events[3].Detail = "the contact hung up"
	want := []flowengine.StepRun{
		{Order: 0, Name: "a", Component: "c-a", Exit: flowengine.ExitOK, StartedAt: at.Add(time.Millisecond), Duration: 3 * time.Millisecond, Detail: "the contact hung up"},
		{Order: 1, Name: "b", Component: "c-b", Exit: flowengine.ExitBusy, StartedAt: at.Add(5 * time.Millisecond), Duration: time.Millisecond},
		{Order: 2, Name: "a", Component: "c-a", Exit: flowengine.ExitError, StartedAt: at.Add(7 * time.Millisecond), Duration: 2 * time.Millisecond},
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
	if steps := (flowengine.History{}).Steps(); len(steps) != 0 {
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
		if got := flowengine.CanonicalFlowID(id); got != want {
			t.Errorf("CanonicalFlowID(%q) = %q, want %q", id, got, want)
		}
	}
}

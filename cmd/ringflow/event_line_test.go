package main

import (
	"testing"

	"ringflow/flowengine"
)

// What an error repeats of the detail stands once in the line.
func TestEventLineSaysThingsOnce(t *testing.T) {
	for _, c := range []struct{ detail, err, want string }{
		{"trunk x sent no reply at all", "the call failed: trunk x sent no reply at all", "step left ask – the call failed: trunk x sent no reply at all"},
		{"the same", "the same", "step left ask – the same"},
		{"one thing", "another", "step left ask – one thing – another"},
		{"one thing", "", "step left ask – one thing"},
		{"", "another", "step left ask – another"},
	} {
		e := flowengine.Event{Kind: flowengine.StepLeft, Step: "ask", Detail: c.detail, Error: c.err}
		if got := eventLine(e, func(party string) string { return party }); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

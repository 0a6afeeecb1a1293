package main_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"ringflow/internal/sim"
)

// channel limits the trunk of a configuration to one leg at once, with more keys
// of the account before it.
func (w *world) channel(config, more string) string {
	w.t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		w.t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("      - name: carrier\n"), []byte("      - name: carrier\n        channels: 1\n"), 1)
	return w.write("ringflow.yaml", bytes.Replace(text, []byte("    trunks:\n"), []byte(more+"    trunks:\n"), 1))
}

// TestCallsWaitForALine: a trunk of one channel takes what is started all at once
// one after the other, and each becomes a whole call.
func TestCallsWaitForALine(t *testing.T) {
	besideOthers(t)
	const calls = 4
	w := newWorld(t)
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers().After(300 * time.Millisecond)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { carrier.Close() })
	server := w.serve(w.channel(w.config(trunk{}, 5*time.Second), ""))
	var ids []string
	for range calls {
		ids = append(ids, server.mustStart("hangup", map[string]string{"contact_1": customer}))
	}
	for _, id := range ids {
		if x := server.outcome(id, 30*time.Second); x.Status != "finished" || x.step(t, "call_contact").Exit != "answered" {
			t.Errorf("%s is %s: %+v", id, x.Status, x.Steps)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	placed, err := carrier.Wait(ctx, calls)
	if err != nil || len(placed) != calls {
		t.Fatalf("%d calls were placed, want %d: %v", len(placed), calls, err)
	}
	for i, c := range placed {
		for _, other := range placed[i+1:] {
			if c.InviteAt.Before(other.EndedAt) && other.InviteAt.Before(c.EndedAt) {
				t.Errorf("two calls at once over one channel: %v to %v, %v to %v", c.InviteAt, c.EndedAt, other.InviteAt, other.EndedAt)
			}
		}
	}
}

// TestCallsGiveUpTheLineAfterLineWait: whoever has waited for line_wait leaves by
// error and is never dialled.
func TestCallsGiveUpTheLineAfterLineWait(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Silent(), agent: sim.Answers()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { carrier.Close() })
	server := w.serve(w.channel(w.config(trunk{}, 5*time.Second), "    line_wait: 300ms\n"))
	first := server.mustStart("hangup", map[string]string{"contact_1": customer})
	within(t, 10*time.Second, "the first call rings", func() string {
		if len(carrier.Calls()) == 0 {
			return "no INVITE"
		}
		return ""
	})
	second := server.mustStart("hangup", map[string]string{"contact_1": agent})
	x := server.outcome(second, 10*time.Second)
	if step := x.step(t, "call_contact"); step.Exit != "error" || !strings.Contains(step.Error, "in use for 300ms") {
		t.Errorf("the second call is %s: %+v", x.Status, x.Steps)
	}
	server.outcome(first, 30*time.Second)
	if n := len(carrier.Calls()); n != 1 {
		t.Errorf("%d INVITEs, want that of the first call", n)
	}
}

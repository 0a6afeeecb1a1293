package call_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/internal/sim"
)

// TestAKeyStopsAPrompt listens in one goroutine while the prompt plays in
// another, several times over, as a menu does that lets keys cut it short.
func TestAKeyStopsAPrompt(t *testing.T) {
	const rounds = 3
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(
		sim.Pause(500*time.Millisecond), sim.SendDigits("1"), sim.Pause(500*time.Millisecond), sim.SendDigits("2"), sim.Pause(500*time.Millisecond), sim.SendDigits("3"),
	)})
	c := w.dial(customer)
	for want := '1'; want < '1'+rounds; want++ {
		ctx, cancel := context.WithCancel(t.Context())
		played := make(chan error, 1)
		go func() { played <- c.Play(ctx, whistled(30)) }()
		if key, err := c.Digit(ctx); err != nil || key != want {
			t.Errorf("%c, %v, want %c", key, err, want)
		}
		c.DiscardDigits()
		cancel()
		select {
		case err := <-played:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the prompt ended with %v", err)
			}
		case <-time.After(2 * time.Second):
			t.Fatal("the prompt goes on")
		}
	}
	c.HangUp()
	if heard := w.ended(1)[0].Recording; sim.HasTone(heard, 3*time.Second, 1000) || !sim.HasTone(heard, 500*time.Millisecond, 1000) {
		t.Errorf("of three prompts of 3 s, each stopped after half a second, too much or too little was heard in %d samples", len(heard))
	}
	cut := 0
	for _, e := range w.journal.events {
		if e.Kind == record.AudioEnded && e.Detail == "cut short" {
			cut++
		}
	}
	if cut != rounds {
		t.Errorf("the journal says of %d prompts that they were cut short, want %d", cut, rounds)
	}
}

// TestAHangUpEndsPlayAndKeyTogether ends both halves of a menu at once.
func TestAHangUpEndsPlayAndKeyTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.HangsUp(300 * time.Millisecond)})
	c := w.dial(customer)
	played := make(chan error, 1)
	go func() { played <- c.Play(t.Context(), whistled(30)) }()
	if _, err := c.Digit(t.Context()); !errors.Is(err, flowengine.ErrHungUp) {
		t.Errorf("key: %v", err)
	}
	if err := <-played; !errors.Is(err, flowengine.ErrHungUp) {
		t.Errorf("play: %v", err)
	}
}

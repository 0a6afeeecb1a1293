package call_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/prompt"
	"ringflow/internal/sim"
	"ringflow/media"
)

func TestTheContactHearsWhatIsPlayed(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	c := w.dial(customer)
	if err := c.Play(t.Context(), whistled(10)); err != nil {
		t.Fatal(err)
	}
	c.HangUp()
	heard := w.ended(1)[0].Recording
	if !sim.HasTone(heard, 900*time.Millisecond, 1000) {
		t.Errorf("of one second of 1 kHz, not enough was heard: %.0f dB over %d samples", media.Goertzel(heard, 1000), len(heard))
	}
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != "flow" {
		t.Errorf("ended by %s", e.Leg.EndedBy)
	}
}

func TestPlayStopsWithItsContext(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	c := w.dial(customer)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c.Play(ctx, whistled(30)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	c.HangUp()
	if heard := w.ended(1)[0].Recording; sim.HasTone(heard, 600*time.Millisecond, 1000) {
		t.Error("it went on")
	}
}

func TestPlaySaysWhatItLacks(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	c := w.dial(customer)
	if err := c.Play(t.Context(), flowfile.Audio{File: "gone.wav"}); !errors.Is(err, prompt.ErrNotFound) {
		t.Errorf("it ended with %v", err)
	}
}

func TestHangUpEndsEveryMethodAtOnce(t *testing.T) {
	t.Parallel()
	for name, method := range map[string]func(context.Context, flowengine.Contact, *world) error{
		"play": func(ctx context.Context, c flowengine.Contact, _ *world) error { return c.Play(ctx, whistled(30)) },
		"key":  func(ctx context.Context, c flowengine.Contact, _ *world) error { _, err := c.Digit(ctx); return err },
		"connect": func(ctx context.Context, c flowengine.Contact, w *world) error {
			_, err := w.connect(ctx, c)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, map[string]sim.Behaviour{customer: sim.HangsUp(300 * time.Millisecond), agent: sim.Silent()})
			c := w.dial(customer)
			began := time.Now()
			if err := method(t.Context(), c, w); !errors.Is(err, flowengine.ErrHungUp) {
				t.Errorf("it ended with %v", err)
			}
			if took := time.Since(began); took > 2*time.Second { // of a prompt of three
				t.Errorf("it ended after %v", took)
			}
			select {
			case <-c.Done():
			default:
				t.Error("the contact is said to be gone, and Gone does not know it yet")
			}
			if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != "contact" {
				t.Errorf("ended by %s", e.Leg.EndedBy)
			}
			c.HangUp() // once more changes nothing
		})
	}
}

func TestKeysArriveInOrderAndAreKept(t *testing.T) {
	t.Parallel()
	pressed := sim.NewSignal()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(sim.SendDigits("12*#"), sim.Pause(time.Second), pressed.Set())})
	c := w.dial(customer)
	if err := c.Play(t.Context(), whistled(10)); err != nil { // nobody listens meanwhile
		t.Fatal(err)
	}
	for _, want := range "12*#" {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		if key, err := c.Digit(ctx); err != nil || key != want {
			t.Errorf("%c, %v, want %c", key, err, want)
		}
		cancel()
	}
	c.DiscardDigits()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if key, err := c.Digit(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after all keys: %c, %v", key, err)
	}
}

func TestKeysPressedBeforeAHangUpAreNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(sim.SendDigits("42"), sim.Pause(time.Second), sim.HangUp())})
	c := w.dial(customer)
	<-c.Done()
	for _, want := range "42" {
		if key, err := c.Digit(t.Context()); err != nil || key != want {
			t.Errorf("%c, %v, want %c", key, err, want)
		}
	}
	if _, err := c.Digit(t.Context()); !errors.Is(err, flowengine.ErrHungUp) {
		t.Errorf("after all keys: %v", err)
	}
}

func (w *world) connect(ctx context.Context, c flowengine.Contact) (flowengine.Outcome, error) {
	return c.Connect(ctx, flowengine.ConnectRequest{To: agent, Ring: 2 * time.Second, Journal: w.journal})
}

package call

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/media"
)

func digit(key rune, at time.Time) media.Digit {
	return media.Digit{Symbol: key, At: at, Duration: 100 * time.Millisecond}
}

func read(k *digitQueue) (all string) {
	for {
		key, ok := k.poll()
		if !ok {
			return all
		}
		all += string(key)
	}
}

// Keys that waited are read in the order of pressing, whichever way they came, and
// each once.
func TestKeysAreReadInTheOrderOfPressing(t *testing.T) {
	events := make(chan media.Digit, 64)
	k := newDigitQueue(events)
	now := time.Now()
	at := func(ms int) time.Time { return now.Add(time.Duration(ms) * time.Millisecond) }
	events <- digit('2', at(400))
	events <- digit('3', at(800))
	for i, key := range "1234" {
		k.addInfo(key, at(400*i+50))
	}
	if got := read(k); got != "1234" {
		t.Errorf("keys %q, want 1234", got)
	}
	// A key whose other half comes after the reader has thrown it away stays thrown away.
	events <- digit('4', at(1200))
	if got := read(k); got != "" {
		t.Errorf("then %q", got)
	}
	events <- digit('4', at(1400))
	if got := read(k); got != "4" {
		t.Errorf("a second 4 comes as %q", got)
	}
}

func TestKeysThatNobodyReadsAreBounded(t *testing.T) {
	events := make(chan media.Digit, 64)
	k := newDigitQueue(events)
	now := time.Now()
	for i := range 200 {
		k.addInfo(rune('0'+i%10), now.Add(time.Duration(i)*time.Second))
	}
	for i := range 64 {
		events <- digit('*', now.Add(time.Duration(200+i)*time.Second))
	}
	if got := read(k); len(got) != maxDigits {
		t.Errorf("%d keys are kept: %q", len(got), got)
	}
}

func TestWaitingForAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events, ended := make(chan media.Digit, 64), make(chan struct{})
		k := newDigitQueue(events)
		next := func() (rune, error) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return k.next(ctx, ended)
		}
		after := func(f func()) { time.AfterFunc(100*time.Millisecond, f) }
		after(func() { k.addInfo('7', time.Now()) })
		if key, err := next(); key != '7' || err != nil {
			t.Errorf("%c, %v", key, err)
		}
		// The same press as an event ends no wait; the next one does.
		after(func() { events <- digit('7', time.Now().Add(-50*time.Millisecond)) })
		if key, err := next(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%c, %v", key, err)
		}
		after(func() { events <- digit('7', time.Now()) })
		if key, err := next(); key != '7' || err != nil {
			t.Errorf("%c, %v", key, err)
		}
		// What came just before the end is handed over before it.
		after(func() {
			k.addInfo('1', time.Now())
			events <- digit('2', time.Now().Add(time.Millisecond))
			close(events)
			close(ended)
		})
		for _, want := range "12" {
			if key, err := next(); key != want || err != nil {
				t.Errorf("%c, %v, want %c", key, err, want)
			}
		}
		if key, err := next(); !errors.Is(err, flowengine.ErrHungUp) {
			t.Errorf("%c, %v", key, err)
		}
	})
}

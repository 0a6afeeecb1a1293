package call_test

import (
	"testing"
	"time"

	"ringflow/internal/sim"
)

// A trunk's state counts the legs that live and tells how the last one came out.
func TestTrunks(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), "+12025550001": sim.Busy()})
	w.trunk.Channels = 7
	if got := w.sw.Trunks("acme"); len(got) != 1 || got[0].Name != "carrier" || got[0].Legs != 0 || got[0].Channels != 7 || got[0].Last != nil {
		t.Errorf("at first: %+v", got)
	}
	before := time.Now()
	if _, _, err := w.sw.Dial(t.Context(), w.dialling("+12025550001")); err != nil {
		t.Fatal(err)
	}
	contact := w.dial(customer)
	got := w.sw.Trunks("acme")[0]
	if last := got.Last; got.Legs != 1 || last == nil || last.Exit != "busy" || last.Code != 486 || last.At.Before(before) {
		t.Errorf("after a busy one, and while one talks: %+v %+v", got, last)
	}
	contact.HangUp()
	if got := w.sw.Trunks("acme")[0]; got.Legs != 0 || got.Last.Exit != "answered" || got.Last.Code != 200 {
		t.Errorf("after all: %+v %+v", got, got.Last)
	}
	if got := w.sw.Trunks("other"); got != nil {
		t.Errorf("another account has %v", got)
	}
}

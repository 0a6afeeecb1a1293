package call_test

import (
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/internal/sim"
)

// A leg that somebody hangs up over the API ends, and the journal says who
// ended it; nobody else's account can do that.
func TestHangUp(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	contact := w.dial(customer)
	id := w.journal.last(record.LegAnswered, record.PartyContact).Leg.ID
	for _, c := range []struct {
		account   string
		execution record.ExecutionID
		leg       string
	}{{"other", running, id}, {"other", running, ""}, {"acme", running, "none"}, {"acme", "another", id}, {"acme", "another", ""}} {
		if n := w.sw.HangUp(c.account, c.execution, c.leg); n != 0 {
			t.Errorf("%+v hangs up %d", c, n)
		}
	}
	if n := w.sw.HangUp("acme", running, id); n != 1 {
		t.Fatalf("%d legs", n)
	}
	<-contact.Done()
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != "api" {
		t.Errorf("ended by %s", e.Leg.EndedBy)
	}
	if n := w.sw.HangUp("acme", running, id); n != 0 {
		t.Errorf("a leg that has ended: %d", n)
	}
	w.ended(1)
}

// All legs of an execution are hung up at once, the agent's too.
func TestHangUpBothLegs(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Answers()})
	contact := w.dial(customer)
	joined := make(chan error, 1)
	go func() {
		_, err := w.connect(t.Context(), contact)
		joined <- err
	}()
	w.eventually(func() bool {
		for _, kind := range w.journal.kinds() {
			if kind == record.LegsJoined {
				return true
			}
		}
		return false
	})
	if n := w.sw.HangUp("acme", running, ""); n != 2 {
		t.Errorf("%d legs", n)
	}
	<-contact.Done()
	if err := <-joined; err != nil {
		t.Error(err)
	}
	w.ended(2)
}

// The step of a phone that still rings says that it was hung up over the API.
func TestHangUpWhileItRings(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers().After(time.Minute)})
	dialled := make(chan flowengine.Outcome, 1)
	go func() {
		_, out, _ := w.sw.Dial(t.Context(), w.dialling(customer))
		dialled <- out
	}()
	w.eventually(func() bool { return has(w.journal.kinds(), record.LegRinging) })
	if n := w.sw.HangUp("acme", running, ""); n != 1 {
		t.Errorf("%d legs", n)
	}
	if out := <-dialled; out.Detail != "hung up over the API" || out.SIP.EndedBy != record.EndedByAPI {
		t.Errorf("%+v", out)
	}
	w.ended(1)
}

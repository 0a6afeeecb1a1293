package call_test

import (
	"errors"
	"testing"

	"ringflow/flowengine"
	"ringflow/internal/call"
	"ringflow/internal/sim"
)

// A leg that somebody hangs up over the API ends, and the journal says who
// ended it; nobody else's account can do that.
func TestHangUpLeg(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	contact := w.dial(customer)
	id := w.journal.last(flowengine.LegAnswered, call.PartyContact).Leg.ID
	for account, leg := range map[string]string{"other": id, "acme": "none"} {
		if err := w.exchange.HangUpLeg(account, leg); !errors.Is(err, call.ErrNoLeg) {
			t.Errorf("%s hangs up %s: %v", account, leg, err)
		}
	}
	if err := w.exchange.HangUpLeg("acme", id); err != nil {
		t.Fatal(err)
	}
	<-contact.Gone()
	if e := w.journal.last(flowengine.LegEnded, call.PartyContact); e.Leg.EndedBy != "api" {
		t.Errorf("ended by %s", e.Leg.EndedBy)
	}
	if err := w.exchange.HangUpLeg("acme", id); !errors.Is(err, call.ErrNoLeg) {
		t.Errorf("a leg that has ended: %v", err)
	}
	w.ended(1)
}

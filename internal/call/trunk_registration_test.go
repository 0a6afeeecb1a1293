package call_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/call"
	"ringflow/internal/sim"
	"ringflow/sip"
)

// A trunk that is not registered is passed over; one that is alone fails the call, and says
// why and when it is tried again. A call of the first seconds waits for that. The simulated
// carrier is no registrar: it answers 405.
func TestUnregisteredTrunk(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	unregistered := &call.Trunk{Trunk: sip.Trunk{Name: "registering", Targets: w.trunk.Targets, Username: "alice", Register: &sip.Registration{}}}
	w.account.Trunks = []*call.Trunk{unregistered}
	w.sw.SetAccounts([]*call.Account{w.account})
	contact, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	want := regexp.MustCompile(`^trunk registering is not registered at ` + regexp.QuoteMeta(w.addr.String()) + `:\d+: 405 Method Not Allowed; the next attempt is at 20\d\d-\S+Z$`)
	if err != nil || contact != nil || out.Exit != flowfile.ExitError || !want.MatchString(out.Detail) {
		t.Fatalf("%+v, %v", out, err)
	}
	if s := w.sw.Trunks("acme")[0].Registration; s.Phase != sip.PhaseFailed || s.Attempts[405] != 1 || time.Until(s.Next) < 2*time.Minute {
		t.Errorf("the state is %+v", s)
	}
	w.account.Trunks = []*call.Trunk{unregistered, w.trunk}
	w.sw.SetAccounts([]*call.Account{w.account})
	choices, err := w.sw.Choices("acme", "", customer)
	if err != nil || len(choices) != 2 || !choices[0].May || choices[1].Reason != "it takes every call" ||
		!strings.HasPrefix(choices[0].Reason, "it takes every call; not now: trunk registering is not registered at ") {
		t.Errorf("the choices are %+v, %v", choices, err)
	}
	leg := w.dial(customer)
	if got := w.sw.Trunks("acme"); got[0].Legs != 0 || got[1].Legs != 1 {
		t.Errorf("the trunks are %+v", got)
	}
	leg.HangUp()
	w.sw.SetAccounts([]*call.Account{{Name: "acme"}})
}

package call_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/internal/sim"
	"ringflow/sip"
)

// second adds a trunk over another carrier, behind the first.
func (w *world) second(phones map[string]sim.Behaviour) (*sim.Carrier, *call.Trunk) {
	w.t.Helper()
	carrier, err := sim.Start(sim.Config{PortMin: 48000, PortMax: 48999, Phones: phones})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { carrier.Close() })
	trunk := &call.Trunk{Trunk: sip.Trunk{Name: "spare", Targets: []string{carrier.Addr().String()}}}
	w.account.Trunks = append(w.account.Trunks, trunk)
	w.sw.SetAccounts([]*call.Account{w.account})
	return carrier, trunk
}

func fails(code int, reason string) sim.Behaviour {
	b := sim.Refuses(code, reason)
	b.NoRinging = true
	return b
}

// A call that the first trunk cannot take goes over the next one, for contacts and agents; a
// person's refusal is final. Each attempt is told, and why the trunk was taken.
func TestCallsGoOnOverTheNextTrunk(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: fails(503, "Full"), agent: fails(500, "Broken"), "+12025550001": fails(486, "Busy Here"), "+12025550002": fails(403, "No"), "+12025550003": sim.Refuses(503, "Rang")})
	phones := map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Answers(sim.HangUp())}
	spare, _ := w.second(phones)
	contact, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || contact == nil || out.SIP.Trunk != "spare" || out.SIP.TrunkReason != "it takes every call" {
		t.Fatalf("the contact: %+v, %v", out, err)
	}
	first, next := w.carrier.Addr().String(), spare.Addr().String()
	want := []record.Attempt{{Trunk: "carrier", Target: first, Code: 503, Reason: "Full"}, {Trunk: "spare", Target: next, Code: 200, Reason: "OK"}}
	if fmt.Sprint(out.SIP.Attempts) != fmt.Sprint(want) {
		t.Errorf("the attempts are %+v", out.SIP.Attempts)
	}
	if e := w.journal.last(record.LegDialling, record.PartyContact); e.Detail != "trunk spare: it takes every call" {
		t.Errorf("the journal says %q", e.Detail)
	}
	if out, err := contact.Connect(t.Context(), flowengine.ConnectRequest{To: agent, Ring: 5 * time.Second, Journal: w.journal}); err != nil || out.Exit != flowfile.ExitOK || out.SIP.Trunk != "spare" || len(out.SIP.Attempts) != 2 {
		t.Errorf("the agent: %+v, %v", out, err)
	}
	contact.HangUp()
	placed := len(spare.Calls())
	for to, exit := range map[string]flowfile.Exit{"+12025550001": flowfile.ExitBusy, "+12025550002": flowfile.ExitError, "+12025550003": flowfile.ExitError} {
		if _, out, err := w.sw.Dial(t.Context(), w.dialling(to)); err != nil || out.Exit != exit || out.SIP.Trunk != "carrier" || out.SIP.Attempts != nil {
			t.Errorf("%s: %+v, %v", to, out, err)
		}
	}
	if n := len(spare.Calls()) - placed; n != 0 {
		t.Errorf("%d calls went on behind a refusal", n)
	}
	counts := w.sw.TargetAttempts()
	for a, n := range map[call.TargetAttempt]uint64{{Trunk: "carrier", Target: first, Result: "503"}: 2, {Trunk: "carrier", Target: first, Result: "500"}: 1, {Trunk: "spare", Target: next, Result: "200"}: 2} {
		if counts[a] != n {
			t.Errorf("%+v is counted %d times, want %d: %v", a, counts[a], n, counts)
		}
	}
}

// Where every trunk fails, the outcome is the last one's, and its detail has the others.
func TestEveryTrunkFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: fails(503, "Full")})
	spare, trunk := w.second(map[string]sim.Behaviour{customer: fails(502, "Bad Gateway")})
	_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	before := "before it trunk carrier at " + w.carrier.Addr().String() + ": 503 Full"
	if err != nil || out.Exit != flowfile.ExitError || out.SIP.Code != 502 || out.SIP.Trunk != "spare" || out.Detail != before || len(out.SIP.Attempts) != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	trunk.Channels = 1 // and none is free: the outcome is the first one's
	w.account.QueueWait = 50 * time.Millisecond
	spare.SetBehaviour(agent, sim.Silent())
	w.carrier.SetBehaviour(agent, fails(500, "Broken"))
	w.carrier.SetBehaviour(customer, fails(500, "Broken"))
	var holder sync.WaitGroup
	holder.Go(func() { _, _, _ = w.sw.Dial(t.Context(), w.dialling(agent)) })
	w.eventually(func() bool { return len(spare.Calls()) == 2 })
	_, out, err = w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || out.SIP.Code != 500 || out.SIP.Trunk != "carrier" || !strings.Contains(out.Detail, "no further trunk: every channel of account acme's trunks was in use for") {
		t.Errorf("%+v, %v", out, err)
	}
	holder.Wait()
}

// A trunk whose targets are out of service is passed over by the next call.
func TestATrunkOutOfServiceIsPassedOver(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: fails(503, "Full")})
	w.second(map[string]sim.Behaviour{customer: sim.Busy()})
	for i := range 4 {
		_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
		if err != nil || out.Exit != flowfile.ExitBusy || (len(out.SIP.Attempts) == 2) != (i < 2) {
			t.Errorf("call %d: %+v, %v", i, out, err)
		}
		if passed := "passed over: carrier (out of service: " + w.carrier.Addr().String() + ": 503 Full)"; strings.Contains(out.SIP.TrunkReason, passed) != (i >= 2) {
			t.Errorf("call %d took its trunk since %q", i, out.SIP.TrunkReason)
		}
	}
	if s := w.sw.Trunks("acme"); s[0].Health.InService || s[0].Targets[0].Health.InService || !s[1].Health.InService {
		t.Errorf("the trunks are %+v", s)
	}
}

// No trunk takes a call that none is for, and the detail says why of each.
func TestNoTrunkForACall(t *testing.T) {
	w := newWorld(t, nil)
	w.trunk.Destinations = []string{"CA", "+1907"}
	_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if want := "no trunk of account acme takes the call: carrier: +12025550143 matches none of CA, +1907"; err != nil || out.Exit != flowfile.ExitError || out.Detail != want {
		t.Errorf("%+v, %v", out, err)
	}
}

// One 403 has two meanings, which its text tells apart: a limit of the carrier's, for which the
// call waits and tries again, and a refusal that is final.
func TestATextTellsALimitFromARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: fails(403, "Channel Limit Exceeded D1"), agent: fails(403, "Caller Origination Number is Invalid D35")})
	w.account.QueueWait = 20 * time.Second
	w.trunk.Responses = []call.ResponseRule{{Code: 403, Text: "D1", Then: call.RuleWait}, {Code: 403, Text: "D35", Then: "error", Means: "the calling number is not in E.164"}}
	begun := time.Now()
	_, out, err := w.sw.Dial(t.Context(), w.dialling(agent))
	if err != nil || out.Exit != flowfile.ExitError || time.Since(begun) > time.Second || !strings.Contains(out.Detail, "D35: the calling number is not in E.164") {
		t.Errorf("D35 came out after %v as %+v, %v", time.Since(begun), out, err)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		contact, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
		if err != nil || contact == nil || len(out.SIP.Attempts) != 2 || out.SIP.Attempts[0].Code != 403 {
			t.Errorf("D1 came out as %+v, %v", out, err)
			return
		}
		contact.HangUp()
	})
	w.waiting(1)
	w.carrier.SetBehaviour(customer, sim.Answers())
	waiting.Wait()
	calls := w.ended(3)
	if took := calls[2].InviteAt.Sub(calls[1].InviteAt); took < time.Second {
		t.Errorf("it was tried again after %v", took)
	}
	w.account.QueueWait = 300 * time.Millisecond // shorter than the rest: it fails, and says why
	w.carrier.SetBehaviour(customer, fails(403, "Channel Limit Exceeded D1"))
	_, out, err = w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || out.Exit != flowfile.ExitError || out.SIP.Code != 403 || !strings.Contains(out.Detail, "D1: a limit of the carrier's; and no further trunk: every channel") {
		t.Errorf("it came out as %+v, %v", out, err)
	}
}

// With another trunk a call does not wait for the limit of the first.
func TestALimitSendsCallsOverTheNextTrunk(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: fails(403, "Limit D1")})
	w.account.QueueWait = 20 * time.Second
	w.trunk.Responses = []call.ResponseRule{{Code: 403, Text: "D1", Then: call.RuleWait}}
	w.second(map[string]sim.Behaviour{customer: sim.Busy()})
	begun := time.Now()
	_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || out.Exit != flowfile.ExitBusy || out.SIP.Trunk != "spare" || time.Since(begun) > 900*time.Millisecond || !strings.Contains(out.SIP.TrunkReason, "passed over: carrier (a limit of the carrier's is reached)") {
		t.Errorf("after %v: %+v, %v", time.Since(begun), out, err)
	}
}

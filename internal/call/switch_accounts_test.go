package call_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/call"
	"ringflow/internal/sim"
	"ringflow/numbers"
)

// changed sets the account anew, with a trunk of these channels to the carrier.
func (w *world) changed(name string, channels int, change func(*call.Account)) {
	w.t.Helper()
	trunk := *w.trunk
	trunk.Name, trunk.Channels = name, channels
	account := call.Account{Name: "acme", Numbers: w.account.Numbers, Plan: w.account.Plan, QueueWait: w.account.QueueWait, Trunks: []*call.Trunk{&trunk}}
	if change != nil {
		change(&account)
	}
	w.sw.SetAccounts([]*call.Account{&account})
}

// Calls placed after a change go by it; one that runs goes on over what it began
// with, its agent's leg too, and counts among the legs of its trunk.
func TestAChangedTrunkIsUsedByLaterCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Answers()})
	running := w.dial(customer)
	w.changed("carrier", 1, nil)
	if s := w.sw.Trunks("acme"); len(s) != 1 || s[0].Legs != 1 || s[0].Channels != 1 {
		t.Errorf("the trunks are %+v", s)
	}
	if _, out, err := w.sw.Dial(t.Context(), w.dialling(customer)); err != nil || out.Exit != flowfile.ExitError {
		t.Errorf("a second leg over one channel: %+v, %v", out, err)
	}
	w.changed("other", 1, nil)
	second, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || second == nil || out.SIP.Trunk != "other" {
		t.Fatalf("over the trunk that came: %+v, %v", out, err)
	}
	select {
	case <-running.Done():
		t.Error("the call over the trunk that is gone has ended")
	default:
	}
	second.HangUp()
	running.HangUp()
	<-second.Done()
	<-running.Done()
	w.eventually(func() bool { return w.sw.Legs() == 0 })
	w.changed("carrier", 1, nil) // everything came back to where it was taken
	for range 2 {
		c := w.dial(customer)
		c.HangUp()
		<-c.Done()
		w.eventually(func() bool { return w.sw.Legs() == 0 })
	}
	if s := w.sw.Trunks("acme"); s[0].Legs != 0 || s[0].Last == nil {
		t.Errorf("the trunks are %+v", s)
	}
}

// Numbers and destinations change with the account.
func TestChangedNumbersAndDestinations(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Busy()})
	w.changed("carrier", 0, func(a *call.Account) { a.Numbers = []numbers.E164{"+12025550101"} })
	if _, out, err := w.sw.Dial(t.Context(), w.dialling(customer)); err != nil || out.Exit != flowfile.ExitError {
		t.Errorf("from a number that is gone: %+v, %v", out, err)
	}
	w.changed("carrier", 0, func(a *call.Account) { a.Plan = numbers.Plan{Allow: []string{"+49"}} })
	if _, out, err := w.sw.Dial(t.Context(), w.dialling(customer)); err != nil || out.Exit != flowfile.ExitInvalidNumber {
		t.Errorf("to a destination that is not allowed any more: %+v, %v", out, err)
	}
	w.changed("carrier", 0, nil)
	if _, out, err := w.sw.Dial(t.Context(), w.dialling(customer)); err != nil || out.Exit != flowfile.ExitBusy {
		t.Errorf("as it was: %+v, %v", out, err)
	}
}

// A call in the queue is placed at once when channels are added, and not when they
// are taken away: then no more live than there are once those from before are gone.
func TestTheQueueFollowsAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Silent()})
	w.trunk.Channels = 2
	w.account.QueueWait = time.Minute
	first, second := w.dial(customer), w.dial(customer)
	var crowd sync.WaitGroup
	for range 4 {
		crowd.Go(func() {
			d := w.dialling(agent)
			d.Ring = 300 * time.Millisecond
			if _, out, err := w.sw.Dial(t.Context(), d); err != nil || out.Exit != flowfile.ExitNoAnswer {
				t.Errorf("one who waited: %+v, %v", out, err)
			}
		})
	}
	w.waiting(4)
	w.changed("carrier", 1, nil)
	first.HangUp() // one of two is still there: nothing is free
	<-first.Done()
	w.eventually(func() bool { return w.sw.Legs() == 1 })
	if n := w.sw.Waiting(); n != 4 {
		t.Errorf("%d wait while the only channel is in use", n)
	}
	w.changed("carrier", 3, nil)
	if n := w.sw.Waiting(); n != 2 {
		t.Errorf("%d wait, two channels have come", n)
	}
	w.changed("more", 0, nil)
	if n := w.sw.Waiting(); n != 0 {
		t.Errorf("%d wait for a trunk without a limit", n)
	}
	crowd.Wait()
	second.HangUp()
	w.eventually(func() bool { return w.sw.Legs() == 0 })
}

// Changes come while many dial and hang up; no channel is lost or made up.
func TestChangesWhileManyCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Busy()})
	w.account.QueueWait = time.Minute
	var crowd sync.WaitGroup
	for range 8 {
		crowd.Go(func() {
			for range 20 {
				if _, out, err := w.sw.Dial(t.Context(), w.dialling(customer)); err != nil || out.Exit != flowfile.ExitBusy {
					t.Errorf("%+v, %v", out, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { crowd.Wait(); close(done) }()
	for n := 0; ; n++ {
		w.changed([]string{"carrier", "other"}[n%2], 1+n%4, nil)
		w.sw.Trunks("acme")
		select {
		case <-done:
			for _, name := range []string{"carrier", "other"} {
				w.changed(name, 1, nil)
				if s := w.sw.Trunks("acme"); s[0].Legs != 0 {
					t.Errorf("%s has %d legs at the end", name, s[0].Legs)
				}
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// A number is judged by what the account may call when its INVITE would leave: who
// waited in line meanwhile is not called where calls may not go any more, and the
// channel it was handed is free again.
func TestDestinationsAreJudgedWhenTheInviteLeaves(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Busy()})
	w.trunk.Channels = 1
	w.account.QueueWait = time.Minute
	first := w.dial(customer)
	var crowd sync.WaitGroup
	crowd.Go(func() {
		if _, out, err := w.sw.Dial(t.Context(), w.dialling(agent)); err != nil || out.Exit != flowfile.ExitInvalidNumber || !strings.Contains(out.Detail, "denied by the prefix "+agent) {
			t.Errorf("who waited: %+v, %v", out, err)
		}
	})
	w.waiting(1)
	w.changed("carrier", 1, func(a *call.Account) { a.Plan = numbers.Plan{Allow: []string{"US"}, Deny: []string{agent}} })
	first.HangUp()
	crowd.Wait()
	w.eventually(func() bool { return w.sw.Legs() == 0 })
	for range 2 {
		again := w.dial(customer) // over the only channel
		again.HangUp()
		<-again.Done()
		w.eventually(func() bool { return w.sw.Legs() == 0 })
	}
	if calls := w.ended(3); len(calls) != 3 {
		t.Errorf("%d calls came to the carrier", len(calls))
	}
}

// A call that runs is not forwarded where calls may not go any more.
func TestAForwardGoesByTheDestinationsOfNow(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Busy()})
	contact := w.dial(customer)
	connect := func(to string) flowengine.Outcome {
		out, err := contact.Connect(t.Context(), flowengine.ConnectRequest{To: to, Ring: time.Second, ShowContact: true, Journal: w.journal})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for to, why := range map[string]string{"+19005550100": "premium", "+1911000": "North American plan", "+1011442079460": "North American plan", "+442079460000": "no allowed", "911": "has no + and no default country"} {
		if out := connect(to); out.Exit != flowfile.ExitInvalidNumber || !strings.Contains(out.Detail, why) {
			t.Errorf("forward to %s: %+v", to, out)
		}
	}
	if out := connect(agent); out.Exit != flowfile.ExitBusy {
		t.Errorf("forward to where calls may go: %+v", out)
	}
	w.changed("carrier", 0, func(a *call.Account) { a.Plan = numbers.Plan{Allow: []string{"CA", customer}} })
	if out := connect(agent); out.Exit != flowfile.ExitInvalidNumber || !strings.Contains(out.Detail, "(US)") {
		t.Errorf("forward to where calls may not go any more: %+v", out)
	}
	contact.HangUp()
	if calls := w.ended(2); len(calls) != 2 {
		t.Errorf("%d calls came to the carrier", len(calls))
	}
}

package call_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/internal/sim"
)

func TestDialLeavesByTheRightExit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{
		"+12025550001": sim.Busy(), "+12025550002": sim.Declines(), "+12025550003": sim.Invalid(),
		"+12025550004": sim.Refuses(480, ""), "+12025550005": sim.Refuses(503, ""), "+12025550006": sim.Silent(),
		"+12025550007": {Final: sim.FinalResponse{Code: 480, Cause: 17}},
	})
	for _, c := range []struct {
		to   string
		exit flowfile.Exit
		code int
		by   record.EndedBy
	}{
		{"+12025550001", "busy", 486, "contact"},
		{"+1 (202) 555-0002", "busy", 603, "contact"},
		{"+12025550003", "invalid_number", 404, "trunk"},
		{"+12025550004", "no_answer", 480, "contact"},
		{"+12025550005", "error", 503, "trunk"},
		{"+12025550006", "no_answer", 487, "ring_limit"},
		{"+12025550007", "busy", 480, "contact"},
		{"+12025550099", "invalid_number", 404, "trunk"},
	} {
		contact, out, err := w.sw.Dial(t.Context(), w.dialling(c.to))
		if err != nil || contact != nil || out.Exit != c.exit || out.SIP.Code != c.code || out.SIP.Trunk != "carrier" {
			t.Errorf("%s: %+v, %v, want %s by %d", c.to, out, err, c.exit, c.code)
		}
		if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != c.by || e.SIP.Code != c.code {
			t.Errorf("%s: the journal says %+v %+v, want ended by %s", c.to, e.Leg, e.SIP, c.by)
		}
	}
}

// What an operator sees of a trunk: how its legs came out, and why those failed
// that nobody at the far end refused.
func TestAttemptsAreCountedAndTrunkFailuresExplained(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Refuses(503, "")})
	w.dial(customer).HangUp()
	for range 2 {
		if _, _, err := w.sw.Dial(t.Context(), w.dialling(agent)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, _ = w.sw.Dial(ctx, w.dialling(customer))
	w.trunk.Targets = []string{"nowhere.invalid:5060"}
	_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || out.Exit != flowfile.ExitError || !strings.Contains(out.Detail, "trunk carrier at nowhere.invalid:5060 cannot be reached: ") {
		t.Errorf("a trunk of no such name: %+v, %v", out, err)
	}
	w.sw.Close()
	want := map[call.Attempt]uint64{
		{Trunk: "carrier", Party: record.PartyContact, Exit: "answered"}:  1,
		{Trunk: "carrier", Party: record.PartyContact, Exit: "error"}:     3,
		{Trunk: "carrier", Party: record.PartyContact, Exit: "cancelled"}: 1,
	}
	if got := w.sw.Attempts(); !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	if n := strings.Count(w.log.String(), "a trunk failed a call"); n != 3 {
		t.Errorf("the log tells of %d failures, want 3:\n%s", n, w.log.String())
	}
}

func TestNoINVITELeavesForWhatMayNotBeCalled(t *testing.T) {
	w := newWorld(t, nil)
	for to, exit := range map[string]flowfile.Exit{
		"": "invalid_number", "customer": "invalid_number", "12": "invalid_number",
		"+4930123456": "invalid_number", // not allowed
		"2025550143":  "invalid_number", // the account has no country
		"+1911":       "invalid_number",
	} {
		if _, out, err := w.sw.Dial(t.Context(), w.dialling(to)); err != nil || out.Exit != exit || out.Detail == "" {
			t.Errorf("%q: %+v, %v", to, out, err)
		}
	}
	d := w.dialling(customer)
	d.From = "+12025550101"
	if _, out, err := w.sw.Dial(t.Context(), d); err != nil || out.Exit != flowfile.ExitError {
		t.Errorf("another's number was shown: %+v, %v", out, err)
	}
	d = w.dialling(customer)
	d.Account = "nobody"
	if _, _, err := w.sw.Dial(t.Context(), d); err == nil {
		t.Error("an account that does not exist dialled")
	}
	if n := len(w.carrier.Calls()); n != 0 {
		t.Errorf("%d INVITEs left", n)
	}
}

func TestChannelsAreALimitAndComeBack(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	w.trunk.Channels = 1
	for range 3 {
		c := w.dial(customer)
		if _, out, _ := w.sw.Dial(t.Context(), w.dialling(customer)); out.Exit != flowfile.ExitError {
			t.Errorf("a second call found a channel: %+v", out)
		}
		c.HangUp()
		for w.sw.Legs() > 0 { // the channel is free once the leg has left the table
			<-c.Done()
		}
	}
}

func TestCancellingADialLeavesNothing(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Silent()})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	if _, _, err := w.sw.Dial(ctx, w.dialling(customer)); !errors.Is(err, context.Canceled) {
		t.Errorf("the dial ended with %v", err)
	}
	if c := w.ended(1)[0]; c.Outcome.Answered {
		t.Error("the phone was answered")
	}
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != "flow" {
		t.Errorf("ended by %s", e.Leg.EndedBy)
	}
}

// Whoever was let in before Close has its leg ended by it; whoever comes later
// is refused; and Close returns when no leg is left, however close it was.
func TestCloseWhileOthersDial(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Silent()})
	var dialling sync.WaitGroup
	for range 50 {
		dialling.Go(func() { _, _, _ = w.sw.Dial(t.Context(), w.dialling(customer)) })
	}
	w.sw.Close()
	if n := w.sw.Legs(); n != 0 {
		t.Errorf("%d legs live after Close", n)
	}
	dialling.Wait()
}

func TestCloseHangsUpEverybody(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Silent()})
	c := w.dial(customer)
	go func() { _, _, _ = w.sw.Dial(context.WithoutCancel(t.Context()), w.dialling(agent)) }()
	for w.sw.Legs() < 2 {
		select {
		case <-c.Done():
			t.Fatal("the contact is gone")
		case <-time.After(time.Millisecond):
		}
	}
	w.sw.Close()
	<-c.Done()
	w.ended(2)
	if _, out, _ := w.sw.Dial(t.Context(), w.dialling(customer)); out.Exit != flowfile.ExitError {
		t.Errorf("a closed switch dialled: %+v", out)
	}
}

// The tables are kept busy meanwhile: the leg must be off them before anybody
// hears that it has ended.
func TestAChannelIsFreeOnceItsLegHasEnded(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Busy()})
	w.trunk.Channels = 1
	ctx, stop := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	for range 8 {
		crowd.Go(func() {
			for ctx.Err() == nil {
				w.sw.Legs()
			}
		})
	}
	for i := range 200 {
		_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
		if err != nil || out.Exit != flowfile.ExitBusy {
			t.Errorf("dial %d after the last leg had ended: %+v, %v", i, out, err)
			break
		}
	}
	stop()
	crowd.Wait()
}

func TestAnAnsweredCallTellsHowLongItRang(t *testing.T) {
	t.Parallel()
	const rings = 300 * time.Millisecond
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers().After(rings)})
	c, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || c == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	c.HangUp()
	if out.RingTime < rings/2 || out.RingTime > 10*rings {
		t.Errorf("a phone that rang for %v is told to have rung for %v", rings, out.RingTime)
	}
}

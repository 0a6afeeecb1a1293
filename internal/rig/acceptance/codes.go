package acceptance

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// codeCase is one way in which a leg can fail to be answered, and the exits
// that table 3.5 allows for it.
type codeCase struct {
	name  string
	does  carrier.Behaviour
	exits []string
	// cancelled is when the CANCEL must come after the first 18x, 0 for none.
	ringsOut bool
	// number is dialled as it is and must not reach the carrier.
	number string
	// by is the party that must have ended the call, as the step reports; "": either. text and
	// callInfo are what of Reason and Call-Info must stand there.
	by, text, callInfo string
	check              func(*Suite, carrier.Record)
}

func codeCases() []codeCase {
	answered := carrier.Answers(300 * time.Millisecond)
	cases := []codeCase{
		{name: "endless ringing", does: carrier.Behaviour{Trying: true, Provisional: 180}, exits: []string{"no_answer"}, ringsOut: true},
		{name: "endless ringing, 180 repeated", does: carrier.Behaviour{Trying: true, Provisional: 180, Repeats: 30}, exits: []string{"no_answer"}, ringsOut: true},
		{name: "first 18x after 3 s", does: carrier.Behaviour{Trying: true, Provisional: 180, ProvisionalAfter: 3 * time.Second}, exits: []string{"no_answer"}, ringsOut: true},
		{name: "early media only", does: carrier.Behaviour{Trying: true, Provisional: 183, Early: true, Tone: 900}, exits: []string{"no_answer"}, ringsOut: true},
		{name: "200 crosses the CANCEL", does: carrier.Behaviour{Trying: true, Provisional: 180, AnswerCancel: true}, exits: []string{"no_answer"}, check: crossed},
		{name: "100 and nothing more", does: carrier.Behaviour{Trying: true}, exits: []string{"no_answer", "error"}},
		{name: "no reply at all", does: carrier.Behaviour{}, exits: []string{"error"}},
		{name: "not a number", number: "hello", exits: []string{"invalid_number"}},
		{name: "too short a number", number: "+1", exits: []string{"invalid_number"}},
		{name: "a country not allowed", number: "+442079460000", exits: []string{"invalid_number"}},
	}
	for _, c := range []struct {
		code  int
		cause string
		exit  string
	}{
		{486, "", "busy"}, {600, "", "busy"}, {603, "", "busy"},
		{404, "", "invalid_number"}, {410, "", "invalid_number"}, {484, "", "invalid_number"}, {604, "", "invalid_number"},
		{414, "", "invalid_number"}, {416, "", "invalid_number"}, {485, "", "invalid_number"},
		{408, "", "no_answer"}, {480, "", "no_answer"}, {487, "", "no_answer"},
		{503, "", "error"}, {500, "", "error"}, {403, "", "error"}, {488, "", "error"}, {401, "", "error"}, {407, "", "error"},
		{480, "17", "busy"}, {503, "21", "busy"}, {480, "1", "invalid_number"}, {500, "28", "invalid_number"},
		{486, "19", "no_answer"}, {404, "20", "no_answer"}, {480, "34", "error"}, {486, "47", "error"}, {404, "16", "invalid_number"},
	} {
		b := carrier.Refuses(c.code)
		name := fmt.Sprint(c.code)
		if c.cause != "" {
			b.Cause = `Q.850;cause=` + c.cause + `;text="as reported"`
			name += " with Q.850 cause " + c.cause
		}
		cases = append(cases, codeCase{name: name, does: b, exits: []string{c.exit}})
	}
	cases = append(cases, blockedCases()...)
	ringing := carrier.Refuses(486)
	ringing.Provisional, ringing.FinalAfter = 180, 2*time.Second
	forked, lost := answered, answered
	forked.Fork, lost.LostAnswers = true, 2
	return append(cases,
		codeCase{name: "486 after ringing", does: ringing, exits: []string{"busy"}},
		codeCase{name: "answered", does: answered, exits: []string{"answered", "ok"}},
		codeCase{name: "a second, forked 200", does: forked, exits: []string{"answered", "ok"}, check: forkedOff},
		codeCase{name: "200 lost twice", does: lost, exits: []string{"answered", "ok"}},
	)
}

// blockedCases are calls that the network keeps from the party, and a person's
// refusal that looks like one.
func blockedCases() []codeCase {
	const redress = "v=analytics1;url=https://example.com/redress;id=42"
	const card = "https://example.com/card"
	with := func(code int, phrase, reason, callInfo string) carrier.Behaviour {
		b := carrier.Refuses(code)
		b.Phrase, b.Cause, b.CallInfo = phrase, reason, callInfo
		return b
	}
	busy := []string{"busy"}
	return []codeCase{
		{name: "603 Network Blocked", does: with(603, "Network Blocked", `SIP;cause=603;text="`+redress+`";location=RLN`, ""), exits: busy, by: "network", text: redress},
		{name: "603 Network Blocked by Q.850", does: with(603, "Decline", `Q.850;cause=21;text="`+redress+`";location=LN`, ""), exits: busy, by: "network", text: redress},
		{name: "607 Unwanted", does: with(607, "Unwanted", "", ""), exits: busy, by: "network"},
		{name: "608 Rejected", does: with(608, "Rejected", "", "<"+card+">;purpose=jwscard"), exits: busy, by: "network", callInfo: card},
		{name: "603 Decline", does: with(603, "Decline", `SIP;cause=603;text="Decline"`, ""), exits: busy, text: "Decline"},
	}
}

func crossed(t *Suite, r carrier.Record) {
	t.Check(!r.AckedAt.IsZero() && r.EndedBy == "caller", "200 crosses the CANCEL: it gets ACK and BYE (%s)", r.EndedBy)
}

func forkedOff(t *Suite, r carrier.Record) {
	t.Check(r.ForkAcked && r.ForkByed && !r.AckedAt.IsZero(), "a forked 200 gets ACK (%v) and BYE (%v)", r.ForkAcked, r.ForkByed)
}

// Codes checks table 3.5 on the first leg by flow hangup and on the second by
// flow forward, all numbers at once.
func (t *Suite) Codes(ctx context.Context) {
	var all sync.WaitGroup
	for _, c := range codeCases() {
		all.Go(func() { t.firstLeg(ctx, c) })
	}
	all.Wait()
	t.Print("-- the same at the second leg")
	for _, c := range codeCases() {
		all.Go(func() { t.secondLeg(ctx, c) })
	}
	all.Wait()
	t.awaitIdle(5 * time.Second)
}

func (t *Suite) dialled(c codeCase) string {
	if c.number != "" {
		return c.number
	}
	return t.number(c.does)
}

func (t *Suite) firstLeg(ctx context.Context, c codeCase) {
	number := t.dialled(c)
	a, err := t.platform.Start(ctx, "hangup", map[string]string{"contact_1": number})
	if err != nil {
		t.Check(false, "leg 1, %s: %v", c.name, err)
		return
	}
	e, err := t.platform.Ended(ctx, a.ExecutionID, time.Minute)
	step := e.Step("make_outbound_call")
	if err != nil || step == nil {
		t.Check(false, "leg 1, %s: %v %v", c.name, e, err)
		return
	}
	t.Check(among(step.Exit, c.exits), "leg 1, %s: exits by %s, want %v: %s", c.name, step.Exit, c.exits, e)
	t.checkLeg("leg 1", c, number, step, 10*time.Second)
}

func (t *Suite) secondLeg(ctx context.Context, c codeCase) {
	answered := carrier.Answers(100 * time.Millisecond)
	one, two := t.number(answered), t.dialled(c)
	a, err := t.platform.Start(ctx, "forward", map[string]string{"contact_1": one, "contact_2": two})
	if err != nil {
		t.Check(false, "leg 2, %s: %v", c.name, err)
		return
	}
	if among("answered", c.exits) {
		_, ok := t.reached(two, carrier.Talking, 10*time.Second)
		t.Check(ok, "leg 2, %s: the call is answered", c.name)
		time.Sleep(time.Second)
		t.carrier.Hangup(two)
	}
	e, err := t.platform.Ended(ctx, a.ExecutionID, time.Minute)
	step := e.Step("forward_to_external_number")
	if err != nil || step == nil {
		t.Check(false, "leg 2, %s: %v %v", c.name, e, err)
		return
	}
	exits := c.exits
	if among("busy", exits) {
		exits = append([]string{"no_answer"}, exits...) // busy, when unwired, leads to no_answer
	}
	t.Check(among(step.Exit, exits), "leg 2, %s: exits by %s, want %v: %s", c.name, step.Exit, exits, e)
	t.checkLeg("leg 2", c, two, step, 0)
	customer, ok := t.reached(one, carrier.Ended, 3*time.Second)
	t.Check(ok && customer.EndedBy == "caller", "leg 2, %s: the customer is hung up (%s)", c.name, customer.EndedBy)
}

// checkLeg compares the execution's view with what the carrier saw. The ring
// limit is checked where it is known.
func (t *Suite) checkLeg(leg string, c codeCase, number string, step *platform.Step, limit time.Duration) {
	if c.number != "" {
		t.Check(len(t.carrier.To(number)) == 0, "%s, %s: no INVITE is sent", leg, c.name)
		return
	}
	r, ok := t.only(number)
	if !t.Check(ok, "%s, %s: called exactly once (%d)", leg, c.name, len(t.carrier.To(number))) {
		return
	}
	if c.does.Final != 0 && c.does.Final >= 300 {
		t.Check(step.SIP != nil && step.SIP.Code == c.does.Final, "%s, %s: the step has the raw code (%+v)", leg, c.name, step.SIP)
		if s := step.SIP; s != nil {
			t.Check((s.EndedBy == "network") == (c.by == "network"), "%s, %s: distinguished from a network's block (%s)", leg, c.name, s.EndedBy)
			t.Check((c.text == "" || s.ReasonText == c.text) && s.CallInfo == c.callInfo, "%s, %s: the step says why (%q, %q)", leg, c.name, s.ReasonText, s.CallInfo)
		}
	}
	if c.ringsOut {
		rang := r.CancelledAt.Sub(r.RangAt)
		t.Check(r.EndedBy == "cancel" && (limit == 0 || (rang-limit).Abs() < 300*time.Millisecond),
			"%s, %s: CANCEL %s after the first 18x (%s)", leg, c.name, rang.Round(time.Millisecond), r.EndedBy)
	}
	if c.check != nil {
		t.await(2*time.Second, func() bool { r, _ = t.only(number); return r.State == carrier.Ended })
		c.check(t, r)
	}
}

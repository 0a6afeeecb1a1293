package carrier

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"ringflow/internal/rig/sdpwire"
	"ringflow/internal/rig/sipwire"
)

// phoneLinger is how long a phone listens on after its call, to catch RTP
// that should have stopped.
const phoneLinger = 300 * time.Millisecond

// Call is one INVITE usage. All of it is guarded by the carrier's mutex.
type Call struct {
	carrier    *Carrier
	record     Record
	state      State
	behaviour  Behaviour
	invite     arrival
	offer      *sdpwire.Offer
	tag        string
	line       int
	lastAnswer []byte            // to the INVITE
	replies    map[string][]byte // to other requests, by method and branch
	lastCSeq   uint32            // of the caller
	renewed    uint32            // CSeq of the caller's last re-INVITE
	sequence   uint32            // CSeq of our own requests
	version    uint64            // of our session description
	timers     []*time.Timer
	postponed  bool
	unsent     int    // answers still to be lost
	deafTo     string // branch of the BYE that gets no answer
}

func newCall(c *Carrier, a arrival) *Call {
	number := sipwire.User(a.URI)
	b := c.plan.Of(number)
	inviteCSeq, _, _ := a.CSeq()
	return &Call{carrier: c, state: Ringing, behaviour: b, invite: a, version: 1, line: len(c.all) + 1,
		tag: fmt.Sprintf("%08x", rand.Uint32()), replies: map[string][]byte{}, lastCSeq: inviteCSeq, unsent: b.LostAnswers,
		record: Record{Number: number, Caller: sipwire.User(sipwire.Address(a.Get("From"))),
			Asserted: a.Get("P-Asserted-Identity"), Diversion: a.Get("Diversion"),
			CallID: a.Get("Call-ID"), Invites: 1, InviteAt: a.at}}
}

func (call *Call) contact() string {
	return fmt.Sprintf("sip:line-%d@%s", call.line, call.carrier.local)
}
func (call *Call) forkTag() string { return call.tag + "-fork" }

func (call *Call) copy() Record {
	r := call.record
	r.State = call.state
	r.Asked = maps.Clone(r.Asked)
	return r
}

// start plays the behaviour's opening.
func (call *Call) start() {
	b := call.behaviour
	call.offer = call.carrier.checkInvite(call.invite)
	if b.Trying {
		call.lastAnswer = sipwire.Reply(call.invite.Message, 100, "Trying", "").Bytes()
		call.sendLast()
	}
	if b.Provisional != 0 {
		if b.ProvisionalAfter == 0 {
			call.ring(b.Repeats)
		} else {
			call.after(b.ProvisionalAfter, func() { call.ring(b.Repeats) })
		}
	}
	if b.Final == 0 {
		return
	}
	what := refuse
	if b.Final < 300 {
		what = answer
	}
	call.after(b.FinalAfter, func() { call.on(what, arrival{}) })
}

// ring sends the behaviour's 18x, and again.
func (call *Call) ring(again int) {
	if call.state != Ringing {
		return
	}
	if call.record.RangAt.IsZero() {
		call.record.RangAt = time.Now()
	}
	m := sipwire.Reply(call.invite.Message, call.behaviour.Provisional, "Progress", call.ringTag())
	m.Add("Contact", "<"+call.contact()+">")
	call.oddRing(m)
	if call.behaviour.Early && call.answerMedia(m) {
		call.talk()
	}
	call.lastAnswer = m.Bytes()
	call.sendLast()
	if again > 0 {
		call.after(200*time.Millisecond, func() { call.ring(again - 1) })
	}
}

// on moves the call by the table in state.go.
func (call *Call) on(what callEvent, a arrival) {
	next, ok := steps[call.state][what]
	if !ok {
		return
	}
	if what == cancelReceived && call.record.CancelledAt.IsZero() {
		call.record.CancelledAt = a.at
	}
	if what == cancelReceived && call.state == Ringing {
		call.record.Reason = a.Get("Reason")
		if call.behaviour.AnswerCancel {
			next = step{Answering, []action{respond200, sendAnswer}}
		}
	}
	call.state = next.to
	for _, do := range next.do {
		call.perform(do, a)
	}
}

func (call *Call) perform(do action, a arrival) {
	note := func(rule string) { call.carrier.fault(rule, call.record.Number, call.invite.raw) }
	switch do {
	case retransmitFinal:
		call.sendLast()
	case sendRefusal:
		call.refuse(call.behaviour.Final, "refusal")
	case sendEnded:
		call.refuse(487, "cancel")
	case sendAnswer:
		call.accept()
	case sendBye:
		call.bye()
	case respond200:
		call.respond(a, 200, "OK")
	case respond481:
		call.respond(a, 481, "Call/Transaction Does Not Exist")
	case connect:
		call.connect(a)
	case postpone:
		call.postponed = true
	case unacked:
		note(fmt.Sprintf("no ACK to a %d within 32 s", call.record.Code))
	case unreplied:
		note("no reply to our BYE within 32 s")
	case unexpectedACK:
		note("ACK before any final answer")
	case early:
		note("BYE before the ACK of the 200 (RFC 3261 §13.2.2.4)")
		call.ended("caller")
	case end:
		call.end()
	}
}

// take handles an ACK, BYE or CANCEL of the call.
func (call *Call) take(a arrival) {
	transaction := a.Method + a.Branch()
	if known := call.replies[transaction]; known != nil {
		call.carrier.send(known, call.carrier.back(a))
		return
	}
	forked := call.forked(a)
	switch a.Method {
	case "ACK":
		if call.state != Ended && call.state != Ringing {
			call.checkACK(a)
		}
		if forked {
			call.record.ForkAcked = true
			return
		}
		call.record.Acks++
		call.on(ackReceived, a)
	case "CANCEL":
		call.checkCancel(a)
		if call.deviateOnCancel(a) {
			return
		}
		call.on(cancelReceived, a)
	case "BYE":
		if a.Branch() != call.deafTo {
			call.checkBye(a)
		}
		if forked {
			call.record.ForkByed = true
			call.respond(a, 200, "OK")
			return
		}
		if call.behaviour.Deviation.IgnoresBye {
			call.ignoreBye(a)
			return
		}
		if call.state == Talking {
			call.record.Reason = a.Get("Reason")
			call.record.ByeAt = a.at
			call.ended("caller")
		}
		call.on(byeReceived, a)
	}
}

// forked tells a request of the second 200's dialog.
func (call *Call) forked(a arrival) bool {
	return call.behaviour.Fork && sipwire.Tag(a.Get("To")) == call.forkTag()
}

// respond answers a request other than the INVITE, once and for its
// retransmissions.
func (call *Call) respond(a arrival, code int, reason string) {
	text := sipwire.Reply(a.Message, code, reason, call.tag).Bytes()
	call.replies[a.Method+a.Branch()] = text
	call.carrier.send(text, call.carrier.back(a))
}

func (call *Call) refuse(code int, by string) {
	m := sipwire.Reply(call.invite.Message, code, cmp.Or(call.behaviour.Phrase, "Refused"), call.tag)
	if by == "refusal" && call.behaviour.Cause != "" {
		m.Add("Reason", call.behaviour.Cause)
	}
	if by == "refusal" && call.behaviour.CallInfo != "" {
		m.Add("Call-Info", call.behaviour.CallInfo)
	}
	if call.behaviour.Deviation.Redirects != "" {
		m.Add("Contact", call.behaviour.Deviation.Redirects)
	}
	if code == 401 || code == 407 {
		m.Add(map[int]string{401: "WWW-Authenticate", 407: "Proxy-Authenticate"}[code],
			`Digest realm="carrier", nonce="`+call.tag+`", algorithm=MD5, qop="auth"`)
	}
	call.record.Code = code
	call.ended(by)
	call.lastAnswer = m.Bytes()
	call.sendFinal()
}

// connect is the ACK: what the behaviour does in the call begins.
func (call *Call) connect(a arrival) {
	call.record.AckedAt = a.at
	b := call.behaviour
	if b.Digits != "" {
		call.after(b.DigitsAfter, func() { call.record.Phone.SendDigits(b.Digits, b.DigitTiming) })
	}
	for _, a := range b.Requests {
		call.after(a.After, func() { call.put(a.Kind) })
	}
	call.afterACK()
	if call.postponed {
		call.on(hangup, arrival{})
	} else if b.HangupAfter > 0 {
		call.after(b.HangupAfter, func() { call.on(hangup, arrival{}) })
	}
}

func (call *Call) ended(by string) {
	if call.record.EndedBy == "" {
		call.record.EndedBy = by
	}
}

// end stops everything that still runs for the call.
func (call *Call) end() {
	call.record.EndedAt = time.Now()
	for _, t := range call.timers {
		t.Stop()
	}
	call.timers = nil
	if p := call.record.Phone; p != nil {
		p.Over()
		time.AfterFunc(phoneLinger, p.Close)
	}
}

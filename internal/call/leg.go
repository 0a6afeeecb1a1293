package call

import (
	"context"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// normalClearing is the cause of a leg that we end (Q.850 cause 16).
var normalClearing = sip.Cause{Q850: 16}

// MaxLegDuration ends a leg whose far end never does, of a trunk without MaxDuration.
const MaxLegDuration = 4 * time.Hour

// Leg is one SIP dialog with its audio. handle takes the events of its session one after the
// other, and alone negotiates the port; it waits for nothing, as the reader of a SIP socket may
// be the one that calls it. The channels are closed once, answered by handle and ended by
// finish; the fields before them are immutable.
type Leg struct {
	id        string
	execution record.ExecutionID
	account   string
	party     record.Party
	channel   *channel
	trunk     *Trunk // of the channel
	choice    string // why this trunk; empty: the account has no other
	number    string // E.164, as dialled
	session   *sip.Session
	port      *media.Port
	facts     record.LegEvent
	journal   record.Journal
	log       *slog.Logger
	cause     func() error // of a hang-up, see flowengine.DialRequest; may be nil

	answered chan struct{} // both sides agree on audio
	ended    chan struct{} // the session is over, the port closed and the channel free
	digits   *digitQueue   // of the far end

	ringDuration time.Duration // until the answer; written before answered is closed, as verstat is
	verstat      string        // of the answer, see sip.Outcome
	released     func()        // by start
	hosts        hostResolver  // owned by handle and then finish, like the rest up to negotiated
	waiting      []sip.Event   // events that are not handled yet
	lookingUp    bool          // they wait for the hosts that the SDP of the first names
	ringingSince time.Time
	limit        *time.Timer                    // of the duration; nil until the answer
	local        sdp.Local                      // our side of offer and answer
	stated       []byte                         // the last SDP of ours
	audio        *record.LegAudio               // of an answered leg, at its end
	attempts     []record.Attempt               // until the answer; written before answered is closed
	agreed       map[string]sdp.Negotiated      // results in early dialogs, by tag
	negotiated   sdp.Negotiated                 // the last result of offer and answer
	silence      silenceCheck                   // reports that no audio is received
	level        levelMeter                     // of what the far end sends
	fault        atomic.Pointer[string]         // why we ended the leg; set once, by any goroutine
	hungUpFor    atomic.Pointer[hangUpReason]   // nil: we have not hung up; set once, by any goroutine
	offered      atomic.Pointer[netip.AddrPort] // our address in the last offer of an INVITE
	peerPort     atomic.Pointer[media.Port]     // the other port of the bridge, while there is one

	mu            sync.Mutex // guards the closing of ended, and what follows
	afterEndCalls []func()
	toFinish      chan sip.Outcome // of one; nil until hangUp is called
}

// start reports the events of the session, the last of which is leg_ended; then released is
// called, which releases the channel that Switch.Close waits for.
func (l *Leg) start(released func()) {
	l.released = released
	l.journal.Append(record.Event{Kind: record.LegDialling, Leg: &l.facts, Detail: l.dialDetail()})
	l.session.Notify(l.take)
}

// finishSoon has finish run where it may wait for the port's worker: in the goroutine that
// waits in hangUp, or in one of its own.
func (l *Leg) finishSoon(o sip.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.toFinish == nil {
		go l.finish(o)
		return
	}
	l.toFinish <- o
}

// finish closes the port and ends the leg.
func (l *Leg) finish(o sip.Outcome) {
	defer l.closeEnded()
	if l.limit != nil {
		l.limit.Stop()
	}
	for _, step := range []func(){l.silence.stop, l.port.Close, func() { l.end(o) }, l.released} {
		l.safely(step)
	}
}

// safely calls f, and reports whether it did not panic: that ends this leg and no other.
func (l *Leg) safely(f func()) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("panic in a leg", "leg", l.id, "call_id", l.facts.CallID, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}

// closeEnded closes ended, and calls what was to be called then.
func (l *Leg) closeEnded() {
	l.mu.Lock()
	close(l.ended)
	calls := l.afterEndCalls
	l.afterEndCalls = nil
	l.mu.Unlock()
	for _, f := range calls {
		l.safely(f)
	}
}

// afterEnd has f called once ended is closed, and at once if it is.
func (l *Leg) afterEnd(f func()) {
	l.mu.Lock()
	select {
	case <-l.ended:
		l.mu.Unlock()
		f()
	default:
		l.afterEndCalls = append(l.afterEndCalls, f)
		l.mu.Unlock()
	}
}

func (l *Leg) handle(e sip.Event) {
	switch e := e.(type) {
	case sip.Progress:
		if l.ringingSince.IsZero() {
			l.event(record.LegRinging, e.Code, e.Reason)
			l.ringingSince = e.At
			l.channel.accepted()
		}
		l.earlyMedia(e)
	case sip.Answered:
		if !l.ringingSince.IsZero() {
			l.ringDuration = e.At.Sub(l.ringingSince)
		}
		l.verstat = e.Verstat
		l.channel.accepted()
		l.attempts = attemptsOf(sip.Outcome{Attempts: e.Attempts}, l.trunk.Name)
		l.handleAnswer(e)
	case sip.Reoffer:
		l.handleReoffer(e)
	case sip.ReofferResult:
		l.handleReofferResult(e)
	case sip.InfoReceived:
		l.handleInfo(e)
	case sip.Ended:
		l.finishSoon(e.Outcome)
	}
}

// awaitAnswer waits for the answer or the end of the leg. A party that hangs up at once has
// answered.
func (l *Leg) awaitAnswer(ctx context.Context) (answered bool, err error) {
	select {
	case <-l.answered:
		return true, nil
	case <-l.ended:
		return l.isAnswered(), nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

func (l *Leg) isAnswered() bool {
	select {
	case <-l.answered:
		return true
	default:
		return false
	}
}

// handleInfo reads a DTMF digit from a SIP INFO. A bridge relays telephone events; a digit
// of a far end that sends none is sent to the other leg here.
func (l *Leg) handleInfo(e sip.InfoReceived) {
	symbol, ok := infoDigit(e.ContentType, e.Body)
	if !ok {
		return
	}
	l.digits.addInfo(symbol, time.Now())
	if other := l.peerPort.Load(); other != nil && !l.port.SendsEvents() {
		other.SendDigits(string(symbol))
	}
}

// fail ends the leg with an error, which its last event has.
func (l *Leg) fail(why string, q850 int) {
	l.fault.CompareAndSwap(nil, &why)
	l.session.Hangup(sip.Cause{Q850: q850})
}

// end appends the last event of the leg.
func (l *Leg) end(o sip.Outcome) {
	facts := l.facts
	facts.EndedBy = l.endedBy(o)
	if o.Answered {
		l.audio = legAudio(l.port.Stats())
		l.audio.Level = l.level.stop()
		facts.Audio = l.audio
		if l.audio.Excess > 0 {
			l.log.Warn("a far end brought more than a second of sound a second: it may send back what it hears", "trunk", l.trunk.Name, "leg", l.id, "call_id", l.facts.CallID, "packets_dropped", l.audio.Excess)
		}
	}
	if l.audio != nil && l.audio.Unauthenticated > 0 {
		l.log.Warn("packets that SRTP does not authenticate were dropped", "trunk", l.trunk.Name, "leg", l.id, "call_id", l.facts.CallID, "packets_dropped", l.audio.Unauthenticated)
	}
	e := record.Event{Kind: record.LegEnded, Leg: &facts, SIP: l.result(o)}
	if why := l.fault.Load(); why != nil {
		e.Error = *why
	} else if o.By == sip.EndedLocal {
		e.Detail = l.hangUpReason().detail
	}
	l.journal.Append(e)
}

func (l *Leg) endedBy(o sip.Outcome) record.EndedBy {
	switch {
	case l.fault.Load() != nil:
		return record.EndedByFault
	case o.By == sip.EndedLocal:
		return l.hangUpReason().by
	case o.By == sip.EndedRingLimit || o.By == sip.EndedSetupLimit:
		return record.EndedByRingLimit
	case o.By != sip.EndedRemote:
		return record.EndedByTrunk
	case o.Answered:
		return record.EndedBy(l.party)
	case l.trunk.isBlocked(o):
		return record.EndedByNetwork
	}
	switch l.trunk.exitOf(o) {
	case flowfile.ExitBusy, flowfile.ExitNoAnswer:
		return record.EndedBy(l.party)
	}
	return record.EndedByTrunk
}

func (l *Leg) result(o sip.Outcome) *record.SIPResult {
	e := o.Explanation
	var attempts []record.Attempt
	if len(o.Attempts) > 1 {
		attempts = attemptsOf(o, l.trunk.Name)
	}
	return &record.SIPResult{
		Code: o.Code, Reason: o.Reason, Cause: o.Q850, Trunk: l.trunk.Name, TrunkReason: l.choice, Attempts: attempts,
		ReasonText: e.Text(), Location: e.Location(), Warning: e.Warning(), Verstat: o.Verstat, CallInfo: e.CallInfo,
	}
}

// outcome is the result of the leg, once it is answered or has ended.
func (l *Leg) outcome() flowengine.Outcome {
	if l.isAnswered() {
		out := flowengine.Outcome{
			Exit: flowfile.ExitAnswered, Number: l.number, RingTime: l.ringDuration,
			SIP: record.SIPResult{Code: 200, Reason: "OK", Trunk: l.trunk.Name, TrunkReason: l.choice, Verstat: l.verstat},
		}
		if len(l.attempts) > 1 {
			out.SIP.Attempts = l.attempts
		}
		return out
	}
	o := l.session.Outcome()
	out := flowengine.Outcome{Exit: l.trunk.exitOf(o), SIP: *l.result(o), Number: l.number}
	out.SIP.EndedBy = l.endedBy(o)
	if !o.RangAt.IsZero() {
		out.RingTime = o.EndedAt.Sub(o.RangAt)
	}
	switch why := l.fault.Load(); {
	case why != nil:
		out.Exit, out.Detail = flowfile.ExitError, *why
	case o.By == sip.EndedLocal && l.hangUpReason().detail != "":
		out.Detail = l.hangUpReason().detail
	default:
		detail := l.trunk.ruleDetail(o)
		if detail == "" {
			detail = failureDetail(o, out.Exit)
		}
		out.Detail = withExplanation(out, detail, encryptionDetail(o, l.trunk.SRTP), accountDetail(o, l.trunk))
	}
	return out
}

// event appends the event of a response.
func (l *Leg) event(kind record.EventKind, code int, reason string) {
	l.journal.Append(record.Event{Kind: kind, Leg: &l.facts, SIP: &record.SIPResult{Code: code, Reason: reason, Trunk: l.trunk.Name}})
}

// hangUp ends the leg, for the cause that there is now, and waits for its end.
func (l *Leg) hangUp() {
	l.mu.Lock()
	if l.toFinish == nil {
		l.toFinish = make(chan sip.Outcome, 1)
	}
	toFinish := l.toFinish
	l.mu.Unlock()
	why := &flowHangUp
	if l.cause != nil {
		why = hangUpReasonOf(l.cause())
	}
	l.requestHangUp(why)
	select {
	case o := <-toFinish:
		l.finish(o)
	case <-l.ended:
	}
}

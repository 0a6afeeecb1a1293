package call

import (
	"context"
	"log/slog"
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

// maxLegDuration ends a leg whose far end never does.
const maxLegDuration = 4 * time.Hour

// Leg is one SIP dialog with its audio. It lives in the goroutine of its session,
// which calls hear with each event: that alone negotiates the port. The channels
// are closed each once, answered by hear and ended by the Switch; the fields
// before them are immutable.
type Leg struct {
	id        string
	execution record.ExecutionID
	account   string
	party     record.Party
	channel   *channel
	trunk     *Trunk // of the channel
	number    string // E.164, as dialled
	session   *sip.Session
	port      *media.Port
	facts     record.LegEvent
	journal   record.Journal
	log       *slog.Logger

	answered chan struct{} // both sides agree on audio
	ended    chan struct{} // the session is over, the port closed and the channel free
	digits   *digitQueue   // that the far end presses

	ringDuration time.Duration              // how long it rang until it was answered; settled with answered
	ringingSince time.Time                  // owned by hear, like the next three
	local        sdp.Local                  // our side of the offer/answer exchange
	audio        *record.LegAudio           // what became of the sound of an answered leg
	agreed       map[string]sdp.Negotiated  // with each phone that has described itself before the answer, by its tag
	negotiated   sdp.Negotiated             // what offer and answer agreed on last
	silence      silenceCheck               // looks whether the far end can be heard
	level        levelMeter                 // of what the far end sends
	fault        atomic.Pointer[string]     // why we hung up by ourselves; set once, by anyone
	apiHangup    atomic.Bool                // somebody asked for its end over the API
	peerPort     atomic.Pointer[media.Port] // the other port of the bridge, while there is one
}

// start begins the life of the leg, which ends with its one leg_ended; then over is
// called.
func (l *Leg) start(over func()) {
	limit := time.AfterFunc(maxLegDuration, func() { l.fail("the leg reached the limit of "+maxLegDuration.String(), 31) })
	l.event(record.LegDialling, nil)
	l.session.Notify(func(e sip.Event) {
		l.handle(e)
		if _, last := e.(sip.Ended); last {
			limit.Stop()
			over()
		}
	})
}

// handle takes one event of the session.
func (l *Leg) handle(e sip.Event) {
	switch e := e.(type) {
	case sip.Progress:
		if l.ringingSince.IsZero() {
			l.event(record.LegRinging, &record.SIPResult{Code: e.Code, Reason: e.Reason, Trunk: l.trunk.Name})
			l.ringingSince = e.At
		}
		l.earlyMedia(e)
	case sip.Answered:
		if !l.ringingSince.IsZero() {
			l.ringDuration = e.At.Sub(l.ringingSince)
		}
		l.handleAnswer(e)
	case sip.Reoffer:
		l.handleReoffer(e)
	case sip.ReofferResult:
		l.handleReofferResult(e)
	case sip.InfoReceived:
		l.handleInfo(e)
	case sip.Ended:
		l.silence.stop()
		l.port.Close()
		l.end(e.Outcome)
	}
}

// earlyMedia applies the SDP of an 18x: what the trunk plays before the answer is
// heard. SDP that makes no sense is left for the final answer to mend.
func (l *Leg) earlyMedia(e sip.Progress) {
	if len(e.Body) == 0 {
		if e.UnsupportedBody != "" {
			l.log.Info("early media not understood", "leg", l.id, "code", e.Code, "error", "no SDP came: "+e.UnsupportedBody)
		}
		return
	}
	n, err := l.acceptAnswer(e.Body)
	if err != nil {
		l.log.Info("early media not understood", "leg", l.id, "code", e.Code, "error", err)
		return
	}
	l.negotiate(n, false)
	if len(l.agreed) == 0 { // once a leg, however often the trunk says it
		l.event(record.LegEarlyMedia, &record.SIPResult{Code: e.Code, Reason: e.Reason, Trunk: l.trunk.Name})
	}
	l.storeAgreed(e.ToTag, n)
}

// storeAgreed remembers what was agreed on with one of the phones that ring: it may answer
// without saying it again. A trunk that forks further is not followed.
func (l *Leg) storeAgreed(tag string, n sdp.Negotiated) {
	const most = 64
	if l.agreed == nil {
		l.agreed = map[string]sdp.Negotiated{}
	}
	if _, known := l.agreed[tag]; known || len(l.agreed) < most {
		l.agreed[tag] = n
	}
}

// handleAnswer opens the audio. A 200 without SDP stands by what was agreed on with the
// same phone before: by the answer in its 18x (RFC 3261 §13.2.1), or an UPDATE since.
// An answer that shares no codec with the offer, or has no address, ends the leg:
// the offerer cannot refuse it otherwise.
func (l *Leg) handleAnswer(e sip.Answered) {
	n, agreed := l.agreed[e.ToTag]
	if len(e.Body) > 0 || !agreed {
		if e.UnsupportedBody != "" {
			l.fail("the answer has no SDP that can be read: "+e.UnsupportedBody, 79)
			return
		}
		var err error
		if n, err = l.acceptAnswer(e.Body); err != nil {
			l.fail("the answer's SDP cannot be used: "+err.Error(), 79)
			return
		}
	}
	l.negotiate(n, true)
	l.watchSilence()
	l.event(record.LegAnswered, &record.SIPResult{Code: e.Code, Trunk: l.trunk.Name})
	close(l.answered)
}

// handleReoffer answers a re-INVITE or UPDATE: hold and back, a moved address, another
// codec; an UPDATE may come before the answer (RFC 3311). One without a body asks
// for our offer (RFC 3261 §14.2).
func (l *Leg) handleReoffer(e sip.Reoffer) {
	l.local.Version++
	if len(e.Body) == 0 {
		l.session.AnswerOffer(sdp.Offer(l.local))
		return
	}
	body, n, err := sdp.Answer(e.Body, l.local)
	if err == nil {
		err = l.port.CheckRemote(n.Remote)
	}
	if err != nil {
		l.log.Info("re-INVITE refused", "leg", l.id, "error", err)
		l.session.RejectOffer(488)
		return
	}
	l.session.AnswerOffer(body)
	l.negotiate(n, false)
	if !l.isAnswered() {
		l.storeAgreed(e.ToTag, n)
	}
}

// awaitAnswer waits until the party has answered or never will. One that hung up at once
// has answered.
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

// handleReofferResult applies the answer to an offer that a body-less re-INVITE asked
// us for. One that makes no sense leaves the audio as it was.
func (l *Leg) handleReofferResult(e sip.ReofferResult) {
	n, err := l.acceptAnswer(e.Body)
	if err != nil {
		l.log.Info("the answer inside a call cannot be used", "leg", l.id, "code", e.Code, "error", err, "came", e.UnsupportedBody)
		return
	}
	l.negotiate(n, false)
}

// acceptAnswer reads an answer to our offer. Its error says why no sound can go there.
func (l *Leg) acceptAnswer(body []byte) (sdp.Negotiated, error) {
	n, err := sdp.Accept(l.local, body)
	if err == nil {
		err = l.port.CheckRemote(n.Remote)
	}
	return n, err
}

// negotiate sets what offer and answer agreed on. The address that the description
// came from is one that the far end's packets may come from. Whoever answers may
// send from elsewhere than what was heard before the answer.
func (l *Leg) negotiate(n sdp.Negotiated, answered bool) {
	l.negotiated = n
	if !n.Direction.Receives() {
		l.silence.cancel()
	}
	l.port.Negotiate(n, media.Sources{Policy: l.trunk.Sources, Signalling: l.session.Remote().Addr(), Reopen: answered})
}

// handleInfo takes a key that came by SIP INFO, in either of the two forms in use. A bridge
// passes telephone events on by itself: of a far end that sends none, it is the key
// that is passed on.
func (l *Leg) handleInfo(e sip.InfoReceived) {
	key, ok := infoDigit(e.ContentType, e.Body)
	if !ok {
		return
	}
	l.digits.addInfo(newInfoDigit(key, time.Now()))
	if other := l.peerPort.Load(); other != nil && !l.port.Stats().SendsEvents {
		other.SendDigits(string(key))
	}
}

// fail ends the leg for a reason of our own, which the journal will tell.
func (l *Leg) fail(why string, q850 int) {
	l.fault.CompareAndSwap(nil, &why)
	l.session.Hangup(sip.Cause{Q850: q850})
}

// end writes the leg's last event.
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
	e := record.Event{Kind: record.LegEnded, Leg: &facts, SIP: l.result(o)}
	if why := l.fault.Load(); why != nil {
		e.Error = *why
	}
	l.journal.Append(e)
}

func (l *Leg) endedBy(o sip.Outcome) record.EndedBy {
	switch {
	case l.fault.Load() != nil:
		return record.EndedByFault
	case o.By == sip.EndedLocal && l.apiHangup.Load():
		return record.EndedByAPI
	case o.By == sip.EndedLocal:
		return record.EndedByFlow
	case o.By == sip.EndedRingLimit || o.By == sip.EndedSetupLimit:
		return record.EndedByRingLimit
	case o.By != sip.EndedRemote:
		return record.EndedByTrunk
	case o.Answered:
		return record.EndedBy(l.party)
	case isBlocked(o, l.trunk.Exits):
		return record.EndedByNetwork
	}
	switch exitOf(o, l.trunk.Exits) {
	case flowfile.ExitBusy, flowfile.ExitNoAnswer:
		return record.EndedBy(l.party)
	}
	return record.EndedByTrunk
}

func (l *Leg) result(o sip.Outcome) *record.SIPResult {
	e := o.Explanation
	return &record.SIPResult{
		Code: o.Code, Reason: o.Reason, Cause: o.Q850, Trunk: l.trunk.Name,
		ReasonText: e.Text(), Location: e.Location(), Warning: e.Warning(), CallInfo: e.CallInfo,
	}
}

// outcome is how the attempt to reach this party ended, once it has ended or
// been answered.
func (l *Leg) outcome() flowengine.Outcome {
	select {
	case <-l.answered:
		return flowengine.Outcome{
			Exit: flowfile.ExitAnswered, Number: l.number, RingTime: l.ringDuration,
			SIP: record.SIPResult{Code: 200, Reason: "OK", Trunk: l.trunk.Name},
		}
	default:
	}
	o := l.session.Outcome()
	out := flowengine.Outcome{Exit: exitOf(o, l.trunk.Exits), SIP: *l.result(o), Number: l.number}
	out.SIP.EndedBy = l.endedBy(o)
	if !o.RangAt.IsZero() {
		out.RingTime = o.EndedAt.Sub(o.RangAt)
	}
	if why := l.fault.Load(); why != nil {
		out.Exit, out.Detail = flowfile.ExitError, *why
	} else {
		out.Detail = withExplanation(out, failureDetail(o, out.Exit))
	}
	return out
}

// event writes an event of a leg that lives.
func (l *Leg) event(kind record.EventKind, result *record.SIPResult) {
	l.journal.Append(record.Event{Kind: kind, Leg: &l.facts, SIP: result})
}

// hangUp ends the leg from our side and waits until it has.
func (l *Leg) hangUp() {
	l.session.Hangup(normalClearing)
	<-l.ended
}

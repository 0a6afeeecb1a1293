package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// input moves the session through the table of states.
func (s *Session) input(in input) {
	from := s.state
	to, do := from.next(in)
	s.state = to
	if to != from {
		s.onStateEntered(to)
	}
	s.performAction(do)
}

// hangupTime is for how long each state of a hang-up waits for the far end, in T1.
const hangupTime = 8

// MaxHangup is how long Ended may come after Hangup of an outbound session: a provisional
// response may come last in hangup pending, a 2xx last in cancelling, and no response to
// the BYE.
func (a *Agent) MaxHangup() time.Duration { return 3 * hangupTime * a.t1 }

// onStateEntered sets the time limits of a state.
func (s *Session) onStateEntered(to state) {
	t1 := s.agent.t1
	switch to {
	case stateHangupPending, stateCancelling, stateByePending, stateClosing, stateRefused, stateOver:
		s.dropOffer(requestTerminated)
	}
	switch to {
	case stateCancelTimeout:
		s.stopLimits()
		s.deadlines.set(dueTimeout, (64-hangupTime)*t1) // from the CANCEL 64·T1 (RFC 3261 §9.1)
	case stateHangupPending, stateCancelling, stateClosing:
		s.stopLimits()
		s.deadlines.set(dueTimeout, hangupTime*t1)
	case stateConfirmed:
		decision := s.deadlines[dueDecision] // of an UPDATE that came before
		s.stopLimits()
		s.deadlines[dueDecision] = decision
	case stateRefused:
		s.refused.Store(true)
		s.stopLimits()
		s.deadlines.set(dueAck, 64*t1)
	case stateOver:
		s.stopLimits()
	}
}

func (s *Session) stopLimits() { s.deadlines = deadlines{} }

func (s *Session) performAction(do action) {
	switch do {
	case doInvite:
		s.outbound.retry()
	case doCancel:
		s.sendCancel(s.outbound.current())
	case doConnect:
		s.acknowledge()
		s.emit(s.outbound.answer)
		s.watchRefresh()
		s.sendReoffer()
	case doAckBye:
		s.acknowledge()
		s.sendBye()
	case doAccept:
		s.sendAccept()
	case doConfirm:
		ack := s.inbound.ack
		s.emit(Answered{At: s.out.AnsweredAt, Code: 200, Body: ack.content.body, UnsupportedBody: ack.content.unsupported})
		s.watchRefresh()
	case doRefuse:
		s.sendRefusal()
		s.reportEnd()
	case doBye:
		s.sendBye()
	case doReportEnd:
		s.reportEnd()
	}
}

// Hangup ends the session, whatever its state: CANCEL, BYE, or a refusal (603)
// of an inbound call that was not answered. Only the first call counts.
func (s *Session) Hangup(cause Cause) {
	s.do(func() {
		if to, _ := s.state.next(inHangup); to == s.state {
			return // it is ending
		}
		s.cause = cause
		s.endedBy(EndedLocal)
		if s.state == stateOffered {
			s.inbound.refusal = reply{code: 603, reason: "Decline", headers: cause.headers()}
		}
		s.input(inHangup)
		if s.state == stateHangupPending && s.outbound.current() == nil {
			s.input(inLost) // its target is being looked up: nothing was sent
		}
	})
}

// sendBye ends the dialog (RFC 3261 §15.1.1), and the session with the response,
// whatever that is.
func (s *Session) sendBye() {
	s.inDialog(s.agent.bye(s.dialog, s.cause), &s.bye, func(*response, error) { s.input(inByeDone) })
}

// endTransactions ends the transactions that only this session needs. BYEs to surplus
// legs go on without it.
func (s *Session) endTransactions() {
	if s.outbound != nil {
		for _, t := range s.outbound.invites {
			s.agent.forget(t.clientTransaction)
		}
	}
	s.agent.forget(s.bye)
	s.agent.forget(s.offers.pending)
	if s.inbound != nil {
		s.inbound.req.tx.abandon()
	}
	if req := s.offers.remoteOffer; req != nil {
		req.tx.abandon()
	}
}

// Info sends an INFO request (RFC 6086) inside the call.
func (s *Session) Info(contentType string, body []byte) {
	s.doBody(body, func(body []byte) {
		if s.state == stateConfirmed && !hasControl(contentType) && contentType != "" {
			req := s.dialog.request(s.agent, sipmsg.INFO, s.dialog.next())
			setBody(req, contentType, body)
			s.inDialog(req, nil, s.dialogGone)
		}
	})
}

// dialogGone ends the call if the answer says that the other side has none
// (RFC 3261 §12.2.1.2).
func (s *Session) dialogGone(res *response, err error) {
	if err == nil && (res.code == 481 || res.code == 408) {
		s.endedBy(EndedRemote)
		s.input(inGone)
	}
}

// onRequest takes a request inside the dialog, or an early one of our INVITE, in wire
// order. ACK is not among them.
func (s *Session) onRequest(req *request) {
	s.receivedFrom(req.source)
	d := s.dialog
	var early *earlyDialog
	if d == nil {
		if early = s.outbound.early[req.fromTag]; early != nil {
			d = early.dialog
		}
	} else if req.fromTag != d.remoteTag || s.state == stateOver || s.state == stateRefused {
		req.tx.respond(noSuchCall)
		return
	}
	switch {
	case d != nil && !d.inOrder(req):
		req.tx.respond(outOfOrder)
	case req.method == sipmsg.BYE && s.dialog != nil:
		s.onBye(req)
	case req.method == sipmsg.INVITE:
		s.onReinvite(req, early)
	case req.method == sipmsg.UPDATE:
		s.onUpdate(d, req, early)
	case req.method == sipmsg.INFO:
		s.onInfo(req)
	case req.method == sipmsg.OPTIONS:
		req.tx.respond(optionsReply())
	default:
		req.tx.respond(noSuchCall) // a PRACK: we send nothing reliably
	}
}

// onInfo answers an INFO, and reports a body of a type of Config.InfoTypes.
func (s *Session) onInfo(req *request) {
	c, refusal := s.agent.checkInfo(req)
	if refusal.code != 0 {
		req.tx.respond(refusal)
		return
	}
	req.tx.respond(reply{code: 200, reason: "OK"})
	if c.unsupported == "" {
		s.emit(InfoReceived{ContentType: c.mediaType, Body: c.body})
	}
}

// onBye ends the call for the other side (RFC 3261 §15.1.2).
func (s *Session) onBye(req *request) {
	s.out.EndedAt = req.at // not after the response, when the far end may call again
	req.tx.respond(reply{code: 200, reason: "OK"})
	s.dropOffer(requestTerminated)
	if s.state != stateClosing {
		s.setExplanation(req)
	}
	s.endedBy(EndedRemote)
	if s.state == stateOffered {
		s.inbound.refusal = requestTerminated
	}
	s.input(inBye)
}

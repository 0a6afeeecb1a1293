package sip

import (
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
		s.deadlines.set(dueTimeout, (64-8)*t1) // from the CANCEL 64·T1 (RFC 3261 §9.1)
	case stateHangupPending, stateCancelling, stateClosing: // whoever hung up does not wait longer for the far end
		s.stopLimits()
		s.deadlines.set(dueTimeout, 8*t1)
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

// stopLimits stops every deadline: each state sets its own.
func (s *Session) stopLimits() { s.deadlines = deadlines{} }

func (s *Session) performAction(do action) {
	switch do {
	case doInvite:
		s.outbound.retry()
	case doCancel:
		s.sendCancel(s.outbound.current())
	case doConnect:
		s.connect()
	case doAckBye:
		s.acknowledge()
		s.sendBye(s.byeDone)
	case doAccept:
		s.sendAccept()
	case doConfirm:
		s.confirm()
	case doRefuse:
		s.sendRefusal()
		s.reportEnd()
		if s.inbound.acked {
			s.input(inAck)
		}
	case doBye:
		s.sendBye(s.byeDone)
	case doReportEnd:
		s.reportEnd()
	}
}

// hangup is our wish to end the session.
func (s *Session) hangup(cause Cause) {
	switch s.state {
	case stateHangupPending, stateCancelling, stateCancelTimeout, stateByePending, stateClosing, stateRefused, stateOver:
		return
	}
	s.cause = cause
	s.endedBy(EndedLocal)
	if s.state == stateOffered {
		s.inbound.refusal = reply{603, "Decline", cause.headers()}
	}
	s.input(inHangup)
	if s.state == stateHangupPending && s.outbound.current() == nil {
		s.input(inLost) // its target is still being looked up: nothing was sent
	}
}

// sendBye ends the dialog (RFC 3261 §15.1.1).
func (s *Session) sendBye(done func(*sipmsg.Response, error)) {
	req := s.dialog.request(s.agent, sipmsg.BYE, s.dialog.next())
	appendHeaders(req, s.cause.headers())
	req.SetBody(nil)
	s.inDialog(req, &s.bye, done)
}

// byeDone ends the session, whatever the answer: a dialog that has seen BYE is
// over.
func (s *Session) byeDone(res *sipmsg.Response, _ error) {
	s.agent.logByeRefusal(s.key.callID, res)
	s.input(inByeDone)
}

// forgetTransactions stops repeating what only this session would want answered. BYEs to
// surplus legs go on without it.
func (s *Session) forgetTransactions() {
	if s.outbound != nil {
		for _, t := range s.outbound.invites {
			s.agent.forget(t.pending)
		}
	}
	s.agent.forget(s.bye)
	s.agent.forget(s.offers.pending)
}

// info sends an INFO request; its answer changes nothing.
func (s *Session) info(contentType string, body []byte) {
	if s.state != stateConfirmed || hasControl(contentType) || contentType == "" {
		return
	}
	req := s.dialog.request(s.agent, sipmsg.INFO, s.dialog.next())
	ct := sipmsg.ContentTypeHeader(contentType)
	req.AppendHeader(&ct)
	req.SetBody(body)
	s.inDialog(req, nil, s.dialogGone)
}

// dialogGone ends the call if the answer says that the other side has none
// (RFC 3261 §12.2.1.2).
func (s *Session) dialogGone(res *sipmsg.Response, err error) {
	if err == nil && (res.StatusCode == 481 || res.StatusCode == 408) {
		s.endedBy(EndedRemote)
		s.input(inGone)
	}
}

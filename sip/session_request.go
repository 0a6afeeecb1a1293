package sip

import sipmsg "github.com/emiago/sipgo/sip"

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

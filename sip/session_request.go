package sip

import sipmsg "github.com/emiago/sipgo/sip"

// onRequest takes a request inside the dialog, in wire order. ACK is not among them.
func (s *Session) onRequest(req *request) {
	s.receivedFrom(req.source)
	if s.dialog == nil {
		s.earlyRequest(req)
		return
	}
	if req.fromTag != s.dialog.remoteTag || s.state == stateOver || s.state == stateRefused {
		req.tx.respond(noSuchCall)
		return
	}
	if !s.dialog.inOrder(req) {
		req.tx.respond(outOfOrder)
		return
	}
	switch req.method {
	case sipmsg.BYE:
		s.onBye(req)
	case sipmsg.INVITE:
		s.onReinvite(req)
	case sipmsg.UPDATE:
		s.onUpdate(req)
	case sipmsg.INFO:
		s.onInfo(req)
	case sipmsg.OPTIONS:
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

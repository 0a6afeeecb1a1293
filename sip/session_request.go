package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// onRequest takes a request inside the dialog, in wire order. ACK is not among them.
func (s *Session) onRequest(req *sipmsg.Request, tx *sipmsg.ServerTx, at time.Time) {
	s.receivedFrom(req.Source())
	if !s.replies.expect(req, tx) {
		_ = tx.Respond(s.agent.response(req, overloaded.code, overloaded.reason, nil, overloaded.headers))
		return
	}
	if s.dialog == nil {
		s.earlyRequest(req, at)
		return
	}
	if tagOf(req.From().Params) != s.dialog.remoteTag || s.state == stateOver || s.state == stateRefused {
		s.refuse(req, noSuchCall)
		return
	}
	if !s.dialog.inOrder(req) {
		s.refuse(req, outOfOrder)
		return
	}
	switch req.Method {
	case sipmsg.BYE:
		s.onBye(req, at)
	case sipmsg.INVITE:
		s.onReoffer(req, at)
	case sipmsg.UPDATE:
		s.onUpdate(req, at)
	case sipmsg.INFO:
		s.onInfo(req)
	case sipmsg.OPTIONS:
		v := optionsAnswer()
		s.respondTo(req, v.code, v.reason, v.headers...)
	default:
		s.refuse(req, noSuchCall) // a PRACK: we send nothing reliably
	}
}

// outOfOrder is for a request whose CSeq number is not above that of the one before
// (RFC 3261 §12.2.2).
var outOfOrder = reply{code: 500, reason: "CSeq Out Of Order"}

// requestTerminated is for a request that the end of the call leaves open.
var requestTerminated = reply{code: 487, reason: "Request Terminated"}

// onInfo answers an INFO, and tells what of its body is read.
func (s *Session) onInfo(req *sipmsg.Request) {
	c, v := s.agent.checkInfo(req)
	if v.code != 0 {
		s.refuse(req, v)
		return
	}
	s.respondTo(req, 200, "OK")
	if c.unsupported == "" {
		s.emit(InfoReceived{ContentType: c.mediaType, Body: c.body})
	}
}

// onBye ends the call for the other side (RFC 3261 §15.1.2).
func (s *Session) onBye(req *sipmsg.Request, at time.Time) {
	s.out.EndedAt = at // not once the far end has been answered, and may call again
	s.respondTo(req, 200, "OK")
	s.dropOffer(requestTerminated)
	if s.state != stateClosing {
		s.setExplanation(req)
	}
	s.endedBy(EndedRemote)
	if s.state == stateOffered {
		s.inbound.refusal = reply{code: 487, reason: "Request Terminated"}
	}
	s.input(inBye)
}

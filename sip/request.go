package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// arrived takes a request inside the dialog, in wire order. ACK is not among them.
func (s *Session) arrived(req *sipmsg.Request, tx *sipmsg.ServerTx, at time.Time) {
	s.heardFrom(req.Source())
	if !s.replies.expect(req, tx) {
		_ = tx.Respond(s.agent.response(req, overloaded.code, overloaded.reason, nil, overloaded.headers))
		return
	}
	if s.dialog == nil {
		s.earlyRequest(req)
		return
	}
	if tagOf(req.From().Params) != s.dialog.remoteTag || s.state == stateOver || s.state == stateRefused {
		s.respondTo(req, 481, "Call/Transaction Does Not Exist")
		return
	}
	d := s.dialog
	seq := req.CSeq().SeqNo
	if d.remoteSeqKnown && seq <= d.remoteSeq {
		s.respondTo(req, 500, "CSeq Out Of Order") // RFC 3261 §12.2.2
		return
	}
	d.remoteSeq, d.remoteSeqKnown = seq, true
	switch req.Method {
	case sipmsg.BYE:
		s.onBye(req, at)
	case sipmsg.INVITE:
		s.onReoffer(req, at)
	case sipmsg.UPDATE:
		s.onUpdate(req, at)
	case sipmsg.INFO:
		s.respondTo(req, 200, "OK")
		s.emit(InfoReceived{ContentType: field(req, "content-type", "c"), Body: req.Body()})
	case sipmsg.OPTIONS:
		v := optionsAnswer()
		s.respondTo(req, v.code, v.reason, v.headers...)
	default:
		s.respondTo(req, 481, "Call/Transaction Does Not Exist") // a PRACK: we send nothing reliably
	}
}

// earlyRequest answers a request on a leg of our INVITE that has not answered.
func (s *Session) earlyRequest(req *sipmsg.Request) {
	switch {
	case req.Method == sipmsg.UPDATE && len(req.Body()) > 0:
		s.respondTo(req, 491, "Request Pending") // our own offer is open (RFC 3311 §5.2)
	case req.Method == sipmsg.UPDATE, req.Method == sipmsg.OPTIONS:
		s.reply(req, &said{code: 200, reason: "OK", target: true})
	case req.Method == sipmsg.INFO:
		s.respondTo(req, 200, "OK")
		s.emit(InfoReceived{ContentType: field(req, "content-type", "c"), Body: req.Body()})
	default:
		s.respondTo(req, 481, "Call/Transaction Does Not Exist")
	}
}

// onBye ends the call for the other side (RFC 3261 §15.1.2).
func (s *Session) onBye(req *sipmsg.Request, at time.Time) {
	s.out.EndedAt = at // not once the far end has been answered, and may call again
	s.respondTo(req, 200, "OK")
	if t := s.reoffers.theirs; t != nil {
		s.refuseOffer(t, 487, "Request Terminated")
		s.reoffers.theirs = nil
	}
	if s.state != stateClosing {
		s.out.Q850, s.out.Q850Text = reasonOf(req)
	}
	s.endedBy(EndedRemote)
	if s.state == stateOffered {
		s.inbound.refusal = verdict{code: 487, reason: "Request Terminated"}
	}
	s.input(inBye)
}

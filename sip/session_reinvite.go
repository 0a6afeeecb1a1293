package sip

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// offers is the exchange of offers inside a call: theirs, which the owner of
// the session decides, and ours. Only one may be under way (RFC 3261 §14). Owned
// by run.
type offers struct {
	remoteOffer  *sipmsg.Request // a re-INVITE or UPDATE that awaits AnswerOffer or RejectOffer
	remoteDialog *dialog         // of theirs
	accepted     *sipmsg.Request // a re-INVITE that we took
	accept       *said
	again        time.Duration

	next     []byte // the offer that is to be sent
	want     bool
	refresh  bool // it only refreshes the session: nobody asked for it
	pending  *clientTransaction
	reliable provisional // the last reliable one to pending
	glares   int
	ack      *sipmsg.Request // of our last re-INVITE that was taken
}

const maxGlares = 5

// onReoffer takes a re-INVITE.
func (s *Session) onReoffer(req *sipmsg.Request, at time.Time) {
	v := noSuchCall
	switch s.state {
	case stateAccepted, stateByePending:
		v = requestPending // the INVITE before is not acknowledged
	case stateOffered, stateConfirmed:
		v = s.offerState().acceptsInvite()
	}
	if v.code == 0 && s.offers.accept != nil {
		v = offerState{remoteOpen: true}.acceptsInvite() // what we answered is not acknowledged
	}
	if v.code == 0 {
		v = checkTimer(req)
	}
	if v.code != 0 {
		s.refuse(req, v)
		return
	}
	s.onOffer(s.dialog, req, at)
}

// onUpdate takes an UPDATE (RFC 3311 §5.2). One without an offer only refreshes
// target and timer, and is nobody's to decide.
func (s *Session) onUpdate(req *sipmsg.Request, at time.Time) {
	v := noSuchCall
	switch s.state {
	case stateOffered, stateAccepted, stateConfirmed:
		v = s.offerState().acceptsUpdate(sdpOf(req) != nil)
	}
	if v.code == 0 {
		v = checkTimer(req)
	}
	switch {
	case v.code != 0:
		s.refuse(req, v)
	case sdpOf(req) != nil:
		s.onOffer(s.dialog, req, at)
	default:
		s.dialog.refresh(req)
		ok := &said{code: 200, reason: "OK", target: true}
		if s.state != stateOffered { // the answer to the INVITE sets the timer
			s.refresh.asked(req)
			ok.headers = s.refresh.headers()
		}
		s.reply(req, ok)
		s.watchRefresh()
	}
}

// onOffer has the owner of the session decide an offer, or make one.
func (s *Session) onOffer(d *dialog, req *sipmsg.Request, at time.Time) {
	s.offers.remoteOffer, s.offers.remoteDialog = req, d
	s.deadlines.set(dueDecision, 64*s.agent.t1)
	s.emit(Reoffer{At: at, ToTag: d.remoteTag, Body: sdpOf(req)})
}

// dropOffer refuses an offer that nobody is to decide any more.
func (s *Session) dropOffer(v reply) {
	if t := s.offers.remoteOffer; t != nil {
		s.offers.remoteOffer = nil
		s.deadlines.stop(dueDecision)
		s.refuse(t, v)
	}
}

func retryAfter() Header { return Header{"Retry-After", strconv.Itoa(rand.IntN(11))} }

// refuse refuses a request of the dialog; the ACK of a re-INVITE is still to come.
func (s *Session) refuse(req *sipmsg.Request, v reply) {
	s.respondTo(req, v.code, v.reason, v.headers...)
	if e := s.replies.find(req); e != nil && req.Method == sipmsg.INVITE {
		s.agent.awaitAck(e.tx)
		s.replies.close(req)
	}
}

// reofferCancelled takes a CANCEL of a re-INVITE, whose transaction says 487 unless
// it has been answered: the call goes on as it was.
func (s *Session) reofferCancelled(cancel *sipmsg.Request) {
	r := &s.offers
	if r.remoteOffer == nil || r.remoteOffer.Method != sipmsg.INVITE || r.remoteOffer.CSeq().SeqNo != cancel.CSeq().SeqNo {
		return
	}
	if e := s.replies.find(r.remoteOffer); e != nil {
		s.agent.awaitAck(e.tx)
		s.replies.close(r.remoteOffer)
	}
	r.remoteOffer = nil
	s.deadlines.stop(dueDecision)
	s.sendReoffer()
}

// awaitAck reads the ACK of a re-INVITE that was refused, of which nothing
// follows: unread, sipgo would park a goroutine with it. It ends with the
// transaction, which sipgo gives up after 32 s without an ACK.
func (a *Agent) awaitAck(tx *sipmsg.ServerTx) {
	a.background(func() {
		for {
			select {
			case <-tx.Acks():
			case <-tx.Done():
				return
			case <-a.closing:
				return
			}
		}
	})
}

// answerOffer accepts their offer.
func (s *Session) answerOffer(body []byte) {
	r := &s.offers
	req := r.remoteOffer
	if req == nil {
		return
	}
	r.remoteOffer = nil
	s.deadlines.stop(dueDecision)
	r.remoteDialog.refresh(req)
	s.refresh.local = body
	ok := &said{code: 200, reason: "OK", body: body, target: true}
	if s.dialog == nil { // before the answer, which will set the timer
		s.outbound.setUpdated(r.remoteDialog)
	} else {
		s.refresh.asked(req)
		ok.headers = s.refresh.headers()
	}
	s.reply(req, ok)
	if req.Method == sipmsg.INVITE {
		r.accepted, r.accept, r.again = req, ok, s.agent.t1
		s.deadlines.set(dueAccept, r.again)
		s.deadlines.set(dueAck, 64*s.agent.t1)
	}
	s.watchRefresh()
	s.sendReoffer()
}

// rejectOffer refuses their offer; the call goes on as it was.
func (s *Session) rejectOffer(code int) {
	if code < 300 || code > 699 {
		return
	}
	s.dropOffer(reply{code: code, reason: "Offer Refused"})
	s.sendReoffer()
}

// reofferAcked ends a re-INVITE that we took.
func (s *Session) reofferAcked(ack *sipmsg.Request) {
	r := &s.offers
	if sdpOf(r.accepted) == nil { // it asked for our offer: the ACK has the answer
		s.emit(ReofferResult{Code: 200, Body: sdpOf(ack), UnsupportedBody: unreadOf(ack)})
	}
	s.replies.close(r.accepted)
	r.accept, r.accepted = nil, nil
	s.deadlines.stop(dueAccept)
	s.deadlines.stop(dueAck)
	s.sendReoffer()
}

// reoffer is our wish to change the call.
func (s *Session) reoffer(body []byte) {
	if s.state != stateConfirmed {
		return
	}
	s.offers.next, s.offers.want, s.offers.glares = body, true, 0
	s.offers.refresh = false
	s.sendReoffer()
}

// sendReoffer sends our offer once nothing stands in its way.
func (s *Session) sendReoffer() {
	r := &s.offers
	if !r.want || s.state != stateConfirmed || r.pending != nil || r.remoteOffer != nil || r.accept != nil ||
		s.deadlines.isSet(dueGlare) {
		return
	}
	r.want = false
	req := s.dialog.request(s.agent, sipmsg.INVITE, s.dialog.next())
	appendHeaders(req, s.refresh.request())
	if r.next != nil {
		contentType := sipmsg.ContentTypeHeader(accepted)
		req.AppendHeader(&contentType)
	}
	req.SetBody(r.next)
	s.inDialog(req, &r.pending, s.reofferDone)
}

// onReofferResponse takes a response to a re-INVITE of ours.
func (s *Session) onReofferResponse(res *sipmsg.Response, p *clientTransaction) {
	r := &s.offers
	switch {
	case res.StatusCode < 200:
		s.reofferProgress(res)
	case p == nil:
		if res.StatusCode < 300 && r.ack != nil && r.ack.CSeq().SeqNo == res.CSeq().SeqNo {
			r.ack.SetDestination(s.nextHop())
			s.agent.write(r.ack) // a copy of the 2xx
			return
		}
		s.discardResponse(res, fault{reason: "it answers no request that waits", detail: res.CSeq().Value(), late: true})
	case res.StatusCode < 300:
		s.dialog.refresh(res)
		r.ack = s.ackFor(s.dialog, p.req)
		s.agent.write(r.ack)
		p.done(res, nil)
	default:
		s.agent.write(ackOf(p.req, res))
		p.done(res, nil)
	}
}

// ackOf is the ACK of a refused re-INVITE (RFC 3261 §17.1.1.3).
func ackOf(invite *sipmsg.Request, res *sipmsg.Response) *sipmsg.Request {
	ack := cancelOf(invite)
	ack.Method = sipmsg.ACK
	ack.CSeq().MethodName = sipmsg.ACK
	ack.RemoveHeader("To")
	ack.AppendHeader(sipmsg.HeaderClone(res.To()))
	copyCredentials(ack, invite)
	return ack
}

// reofferDone is the end of our re-INVITE.
func (s *Session) reofferDone(res *sipmsg.Response, err error) {
	r := &s.offers
	r.pending = nil
	quiet := r.refresh
	switch {
	case err != nil:
		s.tellReoffer(quiet, ReofferResult{})
		s.callLost(err)
	case res.StatusCode < 300:
		s.refresh.local = r.next
		s.refresh.agreed(res)
		s.watchRefresh()
		s.tellReoffer(quiet, ReofferResult{Code: res.StatusCode, Body: sdpOf(res), UnsupportedBody: unreadOf(res)})
	case res.StatusCode == 491 && r.glares < maxGlares && s.state == stateConfirmed:
		r.glares++
		r.want = true
		s.deadlines.set(dueGlare, s.glareDelay())
	case res.StatusCode == 422 && s.refresh.raise(res):
		r.want = true
	default:
		s.tellReoffer(quiet, ReofferResult{Code: res.StatusCode})
		s.dialogGone(res, nil)
	}
	s.sendReoffer()
}

func (s *Session) tellReoffer(quiet bool, r ReofferResult) {
	if !quiet {
		s.emit(r)
	}
}

// callLost ends a call in which a request of ours found nobody: they are gone, or
// the path is (RFC 3261 §12.2.1.2).
func (s *Session) callLost(err error) {
	if s.state != stateConfirmed {
		return
	}
	if errors.Is(err, errTimeout) {
		s.endedBy(EndedNoReply)
	} else {
		s.endedBy(EndedTransport)
	}
	s.out.Err = err
	s.input(inHangup)
}

// glareDelay keeps two ends that met from meeting again (RFC 3261 §14.1): the one
// that placed the call waits longer.
func (s *Session) glareDelay() time.Duration {
	if s.outbound != nil {
		return 2100*time.Millisecond + 10*time.Millisecond*time.Duration(rand.IntN(191))
	}
	return 10 * time.Millisecond * time.Duration(rand.IntN(201))
}

package sip

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// offers are the offers inside a call: the remote one, which the owner of the session
// decides, and the local one. Only one may be under way (RFC 3261 §14). Owned by whoever does the session's jobs.
type offers struct {
	remoteOffer  *request // a re-INVITE or UPDATE that awaits AnswerOffer or RejectOffer
	remoteDialog *dialog  // of remoteOffer
	accepted     *request // a re-INVITE whose 2xx awaits its ACK

	next     []byte // the offer that is to be sent
	want     bool
	refresh  bool // it only refreshes the session: an answer as before is not reported
	retarget bool // it says where we are now: its answer is reported, whatever it is
	pending  *clientTransaction
	reliable struct{ cseq, rseq uint32 } // the last reliable provisional response to an offer
	glares   int
	ack      *sipmsg.Request // of our last re-INVITE that was accepted
}

const maxGlares = 5

// onReinvite takes a re-INVITE; in an early dialog our INVITE is in its way.
func (s *Session) onReinvite(req *request, early *earlyDialog) {
	refusal := noSuchCall
	switch {
	case s.state == stateAccepted || s.state == stateByePending:
		refusal = requestPending // the INVITE before is not acknowledged
	case s.dialog == nil, s.state == stateOffered, s.state == stateConfirmed:
		refusal = s.offerState(early).inviteRefusal()
	}
	if refusal.code == 0 && s.offers.accepted != nil {
		refusal = offerState{remoteOpen: true}.inviteRefusal() // its 2xx is not acknowledged
	}
	s.decideOffer(s.dialog, req, refusal)
}

// onUpdate takes an UPDATE (RFC 3311 §5.2). One without an offer only refreshes target
// and timer, and is not reported. d is nil if the early dialog is not known.
func (s *Session) onUpdate(d *dialog, req *request, early *earlyDialog) {
	refusal := noSuchCall
	if s.isInviting() || s.state == stateOffered || s.state == stateAccepted || s.state == stateConfirmed {
		refusal = s.offerState(early).updateRefusal(req.content.body != nil)
	}
	if s.decideOffer(d, req, refusal) {
		return
	}
	if d != nil {
		d.refresh(req)
	}
	var hs []Header
	if s.dialog != nil && s.state != stateOffered { // the answer to the INVITE sets the timer
		s.refresh.asked(req)
		hs = s.refresh.headers(true)
	}
	req.tx.respond(s.ok(nil, hs))
	s.watchRefresh()
}

// decideOffer refuses a re-INVITE or UPDATE, or has the owner of the session decide its
// offer, or make one. It reports false for an UPDATE without an offer.
func (s *Session) decideOffer(d *dialog, req *request, refusal reply) bool {
	if refusal.code == 0 {
		refusal = checkTimer(req)
	}
	switch {
	case refusal.code != 0:
		req.tx.respond(refusal)
	case req.content.body == nil && req.method == sipmsg.UPDATE:
		return false
	default:
		s.offers.remoteOffer, s.offers.remoteDialog = req, d
		s.deadlines.set(dueDecision, 64*s.agent.t1)
		s.reported.Store(req)
		s.emit(Reoffer{At: req.at, ToTag: d.remoteTag, Body: req.content.body, session: s, req: req})
	}
	return true
}

// dropOffer refuses the remote offer, if there is one.
func (s *Session) dropOffer(res reply) {
	if req := s.offers.remoteOffer; req != nil {
		s.offers.remoteOffer = nil
		s.deadlines.stop(dueDecision)
		req.tx.respond(res)
	}
}

func retryAfter() Header { return Header{"Retry-After", strconv.Itoa(rand.IntN(11))} }

// reofferCancelled takes a CANCEL of a re-INVITE: the call goes on as it was.
func (s *Session) reofferCancelled(cancel *request) {
	if req := s.offers.remoteOffer; req != nil && req.method == sipmsg.INVITE && req.cseq == cancel.cseq {
		s.dropOffer(requestTerminated)
		s.sendReoffer()
	}
}

// IsOpen says whether a Reoffer still wants its answer: its sender may have cancelled it. Like
// Answer and Reject it is called within the functions of Session.Notify and Session.Do alone.
func (e Reoffer) IsOpen() bool { return e.session != nil && e.session.offers.remoteOffer == e.req }

// Answer is Session.AnswerOffer, at once. The body is not kept.
func (e Reoffer) Answer(body []byte) {
	if e.session != nil {
		e.session.answerOffer(e.req, bytes.Clone(body))
	}
}

// Reject is Session.RejectOffer, at once.
func (e Reoffer) Reject(code int) {
	if e.session != nil {
		e.session.rejectOffer(e.req, code)
	}
}

// AnswerOffer accepts the Reoffer that was reported last with our answer, or with our offer
// if it had none. It does nothing if that is no longer open.
func (s *Session) AnswerOffer(body []byte) {
	req := s.reported.Load()
	s.doBody(body, func(body []byte) { s.answerOffer(req, body) })
}

func (s *Session) answerOffer(req *request, body []byte) {
	o := &s.offers
	if req == nil || o.remoteOffer != req {
		return
	}
	o.remoteOffer = nil
	s.deadlines.stop(dueDecision)
	o.remoteDialog.refresh(req)
	s.refresh.local = body
	s.refresh.remote = newer(req.content.body, s.refresh.remote)
	var hs []Header
	if s.dialog == nil { // before the answer, which will set the timer
		for _, e := range s.outbound.early {
			e.updated = e.updated || e.dialog == o.remoteDialog
		}
	} else {
		s.refresh.asked(req)
		hs = s.refresh.headers(true)
	}
	req.tx.respond(s.ok(body, hs))
	if req.method == sipmsg.INVITE {
		o.accepted = req
		s.awaitAck()
	}
	s.watchRefresh()
	s.sendReoffer()
}

// RejectOffer refuses the Reoffer that was reported last with a code from 300 to 699; the
// call goes on as it was. It does nothing if that is no longer open.
func (s *Session) RejectOffer(code int) {
	req := s.reported.Load()
	s.do(func() { s.rejectOffer(req, code) })
}

func (s *Session) rejectOffer(req *request, code int) {
	if code < 300 || code > 699 || req == nil || s.offers.remoteOffer != req {
		return
	}
	s.dropOffer(reply{code: code, reason: "Offer Refused"})
	s.sendReoffer()
}

func (s *Session) reofferAcked(ack *request) {
	o := &s.offers
	if o.accepted.content.body == nil { // it asked for our offer: the ACK has the answer
		s.refresh.remote = newer(ack.content.body, s.refresh.remote)
		s.emit(ReofferResult{Code: 200, Body: ack.content.body, UnsupportedBody: ack.content.unsupported})
	}
	o.accepted = nil
	s.deadlines.stop(dueAccept)
	s.deadlines.stop(dueAck)
	s.sendReoffer()
}

// Reoffer sends a re-INVITE with our offer. ReofferResult reports its
// result. One that finds another under way is sent after it.
func (s *Session) Reoffer(body []byte) {
	s.doBody(body, func(body []byte) {
		if s.state == stateConfirmed {
			s.setOffer(body, false)
		}
	})
}

// setOffer has an offer sent as soon as it can be; refresh says that it only refreshes the
// session.
func (s *Session) setOffer(body []byte, refresh bool) {
	o := &s.offers
	o.next, o.want, o.refresh, o.retarget, o.glares = body, true, refresh, false, 0
	s.sendReoffer()
}

// sendReoffer sends our offer once nothing stands in its way.
func (s *Session) sendReoffer() {
	o := &s.offers
	if !o.want || s.state != stateConfirmed || o.pending != nil || o.remoteOffer != nil || o.accepted != nil ||
		s.deadlines.isSet(dueGlare) {
		return
	}
	o.want = false
	if o.refresh {
		o.next = s.refresh.local
	}
	req := s.dialog.request(s.agent, sipmsg.INVITE, s.dialog.next())
	appendHeaders(req, s.refresh.headers(false))
	setBody(req, accepted, o.next)
	s.inDialog(req, &o.pending, s.reofferDone)
}

func (s *Session) onReofferResponse(res *response, t *clientTransaction) {
	o := &s.offers
	switch {
	case res.provisional():
		s.reofferProgress(res)
	case t == nil && res.success() && o.ack != nil && o.ack.CSeq().SeqNo == res.cseq: // a copy
		s.agent.write(o.ack, s.agent.hopOf(s.dialog))
	case t == nil:
		s.discardResponse(res, fault{reason: "it answers no request that waits", detail: res.CSeq().Value(), late: true})
	case res.success():
		s.dialog.refresh(res)
		o.ack = s.ackFor(s.dialog, t.req)
		s.agent.write(o.ack, s.agent.hopOf(s.dialog))
		t.done(res, nil)
	default:
		s.agent.write(s.agent.sameBranch(sipmsg.ACK, t.req, res.To()), t.to)
		t.done(res, nil)
	}
}

func (s *Session) reofferDone(res *response, err error) {
	o := &s.offers
	o.pending = nil
	var result ReofferResult
	again, moved := false, false
	switch {
	case err != nil:
	case res.success():
		s.refresh.local = o.next
		s.refresh.agreed(res)
		s.watchRefresh()
		result = ReofferResult{Code: res.code, Body: res.content.body, UnsupportedBody: res.content.unsupported}
		moved = res.content.body != nil && !bytes.Equal(res.content.body, s.refresh.remote)
		s.refresh.remote = newer(res.content.body, s.refresh.remote)
	case res.code == 491 && o.glares < maxGlares && s.state == stateConfirmed:
		o.glares++
		again = true
		s.deadlines.set(dueGlare, s.glareDelay())
	case res.code == 422 && s.refresh.raise(res):
		again = true
	case o.refresh && res.code == 500:
		s.refreshAgain(res)
	default:
		result = ReofferResult{Code: res.code}
	}
	o.want = o.want || again
	if !again && (!o.refresh || moved || o.retarget && err == nil && res.success()) {
		s.emit(result)
	}
	if err != nil {
		s.callLost(err)
	} else {
		s.dialogGone(res, nil)
	}
	s.sendReoffer()
}

// callLost ends a call in which a request of ours has no response (RFC 3261
// §12.2.1.2).
func (s *Session) callLost(err error) {
	if s.state != stateConfirmed {
		return
	}
	s.endedBy(lostBy(err))
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

// offerState is which offers and requests of a dialog are open when a remote request
// comes (RFC 3264, RFC 3311). Its methods are pure.
type offerState struct {
	localOpen    bool // an offer of ours has no answer
	remoteOpen   bool // an offer of theirs, or their wish for one, has no answer of ours
	localInvite  bool // an INVITE of ours has no final response
	remoteUpdate bool // an UPDATE of theirs has no final response
}

// updateRefusal is the reply that refuses an UPDATE; offer says that it has one
// (RFC 3311 §5.2).
func (o offerState) updateRefusal(offer bool) reply {
	switch {
	case o.remoteUpdate, offer && o.remoteOpen:
		return newOffer()
	case offer && o.localOpen:
		return requestPending
	}
	return reply{}
}

// inviteRefusal is the reply that refuses an INVITE inside the dialog (RFC 3261 §14.2).
func (o offerState) inviteRefusal() reply {
	switch {
	case o.localInvite, o.localOpen:
		return requestPending
	case o.remoteOpen, o.remoteUpdate:
		return newOffer()
	}
	return reply{}
}

func newOffer() reply {
	return reply{code: 500, reason: "Another Offer Is Open", headers: []Header{retryAfter()}}
}

// offerState is that of the session's dialog. Before that is known, it is that of an early
// dialog, nil if none is known: our INVITE makes the offer, the SDP of a provisional
// response answers it, and one UPDATE is decided at a time, of all dialogs.
func (s *Session) offerState(early *earlyDialog) offerState {
	r := &s.offers
	o := offerState{localInvite: r.pending != nil, localOpen: r.pending != nil && r.next != nil, remoteOpen: r.remoteOffer != nil}
	o.remoteUpdate = o.remoteOpen && r.remoteOffer.method == sipmsg.UPDATE
	if r.accepted != nil && r.accepted.content.body == nil {
		o.localOpen = true // our 2xx offered, and the ACK is to answer
	}
	switch in := s.inbound; {
	case s.dialog == nil:
		o.localInvite, o.localOpen = true, early == nil || early.answer == nil
		o.remoteUpdate = o.remoteOpen && early != nil && r.remoteDialog == early.dialog
	case s.state == stateOffered:
		o.localOpen, o.remoteOpen = in.req.content.body == nil, o.remoteOpen || in.req.content.body != nil
	case s.state == stateAccepted, s.state == stateByePending:
		o.localOpen = in.req.content.body == nil
	}
	return o
}

package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// inbound is what a session has of a call that it takes. Owned by run, but for
// what never changes: key, branch, offer, reliable.
type inbound struct {
	key      inviteKey
	branch   string
	offer    []byte
	reliable bool // it requires that provisional answers be reliable (RFC 3262 §3)
	req      *sipmsg.Request
	tx       *sipmsg.ServerTx
	refusal  reply
	accept   *said           // the 2xx that awaits its ACK
	again    time.Duration   // until it is repeated
	ack      *sipmsg.Request // of the 2xx
	acked    bool            // the ACK of a refusal that sipgo gave by itself came before we knew
}

// newInbound makes the session of an INVITE. It runs where messages are read.
func newInbound(a *Agent, req *sipmsg.Request, at time.Time) *Session {
	callID, fromTag := string(*req.CallID()), tagOf(req.From().Params)
	s := newSession(a, callID, a.signer.calleeTag(callID, fromTag))
	s.from, s.to = unescapeUser(req.From().Address.User), unescapeUser(req.Recipient.User)
	s.digest = newDigestSession(nil)
	s.inbound = &inbound{key: inviteKeyOf(req), branch: branchOf(req), offer: sdpOf(req), reliable: requires(req, "100rel"), req: req}
	s.state = stateOffered
	s.out.InvitedAt = at
	s.receivedFrom(req.Source())
	s.dialog = dialogFromInvite(req, s.key.localTag, s.Remote())
	s.refresh.asked(req)
	return s
}

// expires is how long the caller means to wait (RFC 3261 §13.2.1), 0 if it did
// not say.
func expires(req *sipmsg.Request) time.Duration {
	n, ok := number(field(req, "expires", ""))
	if !ok || n > 600 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// offered offers the call to the owner of the Agent.
func (s *Session) offered() {
	if s.state != stateOffered {
		return // cancelled before anyone knew of it
	}
	s.deadlines.set(dueTimeout, orDefault(expires(s.inbound.req), ringLimitDefault+2*time.Minute))
	s.agent.background(func() {
		defer s.agent.recovered("taking a call", s.key.callID)
		returned := false
		defer func() {
			if !returned {
				s.Reject(500, "Internal Server Error")
			}
		}()
		s.agent.cfg.Inbound(s)
		returned = true
	})
}

// respond sends a provisional answer, but none to a caller who requires reliable
// ones: nothing here repeats it until its PRACK comes.
func (s *Session) respond(code int, reason string, body []byte, hs []Header) {
	if s.state != stateOffered || s.inbound.reliable || code < 101 || code > 199 || hasControl(reason) || checkHeaders(hs) != nil {
		return
	}
	if code >= 180 && code < 190 && s.out.RangAt.IsZero() {
		s.out.RangAt = time.Now()
	}
	s.reply(s.inbound.req, &said{code: code, reason: reason, body: body, headers: hs, target: true})
}

// answer takes the call.
func (s *Session) answer(body []byte) {
	if s.state != stateOffered {
		return
	}
	s.inbound.accept = &said{code: 200, reason: "OK", body: body, headers: s.refresh.headers(), target: true}
	s.refresh.local = body
	s.input(inAnswer)
}

// sendAccept sends the 200, and sees to it that it is repeated until its ACK
// comes: T1, doubling up to T2, for 64·T1 (RFC 3261 §13.3.1.4).
func (s *Session) sendAccept() {
	in := s.inbound
	if !s.reply(in.req, in.accept) { // a CANCEL was faster
		in.refusal = reply{code: 487, reason: "Request Terminated"}
		s.endedBy(EndedRemote)
		s.input(inLost)
		return
	}
	s.out.Code, s.out.Reason = 200, "OK"
	in.again = s.agent.t1
	s.deadlines.stop(dueTimeout)
	s.deadlines.set(dueAccept, in.again)
	s.deadlines.set(dueAck, 64*s.agent.t1)
}

// repeatAccept sends the 2xx again, to the INVITE or to a re-INVITE.
func (s *Session) repeatAccept() {
	r := &s.offers
	switch {
	case r.accept != nil:
		s.reply(r.accepted, r.accept)
		r.again = min(2*r.again, 8*s.agent.t1)
		s.deadlines.set(dueAccept, r.again)
	case s.state == stateAccepted || s.state == stateByePending:
		in := s.inbound
		s.reply(in.req, in.accept)
		in.again = min(2*in.again, 8*s.agent.t1)
		s.deadlines.set(dueAccept, in.again)
	}
}

// ackLost gives up waiting for an ACK: the call cannot be up (§13.3.1.4).
func (s *Session) ackLost() {
	if s.state != stateRefused {
		s.endedBy(EndedAckTimeout)
	}
	s.offers.accept = nil
	s.input(inAckLost)
}

// onAck takes an ACK from the wire.
func (s *Session) onAck(req *sipmsg.Request, at time.Time) {
	if r := &s.offers; r.accept != nil && req.CSeq().SeqNo == r.accepted.CSeq().SeqNo {
		s.reofferAcked(req)
		return
	}
	in := s.inbound
	if in == nil || req.CSeq().SeqNo != in.key.cseq || s.state != stateAccepted && s.state != stateByePending {
		return
	}
	in.ack = req
	if s.state == stateAccepted {
		s.out.Answered, s.out.AnsweredAt = true, at
	}
	s.input(inAck)
}

func (s *Session) confirm() {
	s.emit(Answered{At: s.out.AnsweredAt, Code: 200, Body: sdpOf(s.inbound.ack), UnsupportedBody: unreadOf(s.inbound.ack)})
	s.inbound.accept = nil
	s.watchRefresh()
}

// reject refuses the call.
func (s *Session) reject(code int, reason string, hs []Header) {
	if s.state != stateOffered || code < 300 || code > 699 || hasControl(reason) || checkHeaders(hs) != nil {
		return
	}
	s.inbound.refusal = reply{code, reason, hs}
	s.endedBy(EndedLocal)
	s.input(inReject)
}

// sendRefusal gives the final refusal, whatever led to it.
func (s *Session) sendRefusal() {
	v := s.inbound.refusal
	if v.code == 0 {
		v = reply{code: 487, reason: "Request Terminated"}
		s.endedBy(EndedRingLimit) // nobody decided in time
	}
	s.out.Code, s.out.Reason = v.code, v.reason
	s.respondTo(s.inbound.req, v.code, v.reason, v.headers...)
}

// onCancel takes a CANCEL of the INVITE, which has been answered 200 (RFC 3261
// §9.2), and has its transaction say 487.
func (s *Session) onCancel(req *sipmsg.Request) {
	if s.state != stateOffered {
		return
	}
	s.setExplanation(req)
	s.endedBy(EndedRemote)
	s.inbound.refusal = reply{code: 487, reason: "Request Terminated"}
	s.input(inCancel)
}

// refusalAcked takes the ACK of a refusal. sipgo answers 487 to a CANCEL by
// itself, so the ACK of that may be here before the CANCEL has been read.
func (s *Session) refusalAcked(ack *sipmsg.Request) {
	if s.inbound == nil || ack.CSeq().SeqNo != s.inbound.key.cseq {
		return
	}
	s.inbound.acked = true
	if s.state == stateRefused {
		s.input(inAck)
	}
}

// A request outside any dialog opens one, if it is an INVITE that is taken, or asks
// for nothing that outlives its answer.

// onInvite makes a session of an INVITE that none knows. It writes our tag into the
// To of the request before there is a transaction, so that every answer has it, also
// those that sipgo gives by itself.
func (a *Agent) onInvite(req *sipmsg.Request, raw []byte, r *responder, at time.Time) {
	if v := a.inviteRefusal(req); v.code != 0 {
		if v.reason == "" {
			a.discard(raw, r.source, fault{reason: "it is a copy of an INVITE that has its answer", late: true}, 0)
		}
		a.refuse(req, r, v)
		return
	}
	s := newInbound(a, req, at)
	req.To().Params.Add("tag", s.key.localTag)
	s.inbound.tx = a.serverTransactions.begin(req, r)
	s.replies.expect(req, s.inbound.tx)
	if !a.add(s, s.inbound.key) {
		s.inbound.tx.Terminate()
		a.refuse(req, r, overloaded)
		return
	}
	s.post(s.offered)
}

// inviteRefusal judges an INVITE outside any dialog. A verdict without a reason
// is a copy of what we know, and needs no answer.
func (a *Agent) inviteRefusal(req *sipmsg.Request) reply {
	if a.cfg.Inbound == nil {
		return reply{code: 403, reason: "Forbidden"}
	}
	if v := checkTimer(req); v.code != 0 {
		return v
	}
	k := inviteKeyOf(req)
	if k.fromTag != "" && k.fromTag == a.signer.callerTag(k.callID) {
		return reply{code: 482, reason: "Loop Detected"} // it is our own
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if s := a.invites[k]; s != nil {
		if s.inbound.branch == branchOf(req) {
			return reply{code: 482} // it has been answered
		}
		return reply{code: 482, reason: "Merged Request"}
	}
	if a.endedInvites.has(k) {
		return reply{code: 482}
	}
	if s := a.sessions[sessionKey{k.callID, a.signer.calleeTag(k.callID, k.fromTag)}]; s != nil && !s.refused.Load() {
		// The tags of both would be the same, and the first could no longer be told
		// from this one. After a refusal, as for a login, the caller calls anew.
		return reply{500, "Call Is In Progress", []Header{retryAfter()}}
	}
	if a.closed || len(a.sessions) >= sessionsMax {
		return overloaded
	}
	return reply{}
}

// outOfDialogReply is the answer to a request outside any dialog that opens none.
func outOfDialogReply(req *sipmsg.Request) reply {
	if req.Method == sipmsg.OPTIONS {
		return optionsAnswer()
	}
	return noSuchCall
}

// optionsAnswer is what we can do (RFC 3261 §11.2).
func optionsAnswer() reply {
	return reply{200, "OK", []Header{{"Allow", allowed}, {"Accept", accepted},
		{"Accept-Encoding", "identity"}, {"Accept-Language", "en"}, {"Supported", supported}}}
}

// logRefusal logs that a call from outside was refused, and why: whoever points a
// carrier's incoming calls here looks for it.
func (a *Agent) logRefusal(req *sipmsg.Request, v reply) {
	if req.Method != sipmsg.INVITE {
		return
	}
	called := ""
	if to := req.To(); to != nil {
		if tagOf(to.Params) != "" {
			return // inside a call
		}
		called = clipped(to.Address.User)
	}
	why := v.reason
	if v.code == 403 {
		why = "no calls are taken here"
	}
	a.log.Warn("a call from outside was refused", "from", req.Source(), "to", called, "code", v.code, "reason", why)
}

// clipped makes a short text of what a far end chose and a person is to read.
func clipped(s string) string {
	const most = 100
	if len(s) > most {
		return printable(truncate(s, most), most) + "…"
	}
	return printable(s, most)
}

// inviteKey is what a copy of an INVITE has in common with the original, also
// when it took another path (RFC 3261 §8.2.2.2).
type inviteKey struct {
	callID, fromTag string
	cseq            uint32
}

// endedInvites remembers the INVITEs of sessions that are over, so that a late copy
// does not ring twice. It forgets them after one to two spans.
type endedInvites struct {
	current, previous map[inviteKey]struct{}
	rotated           time.Time
}

func (r *endedInvites) add(k inviteKey, at time.Time, span time.Duration) {
	if r.current == nil || at.Sub(r.rotated) > span {
		r.previous, r.current, r.rotated = r.current, map[inviteKey]struct{}{}, at
	}
	r.current[k] = struct{}{}
}

func (r *endedInvites) has(k inviteKey) bool {
	_, now := r.current[k]
	_, before := r.previous[k]
	return now || before
}

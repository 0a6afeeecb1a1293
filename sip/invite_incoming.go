package sip

import (
	"cmp"
	"slices"
	"time"
)

// inbound is what a session has of a call that it takes. Owned by whoever does the session's jobs, but for
// what never changes: key, req, reliable.
type inbound struct {
	key      inviteKey
	req      *request
	reliable bool // it requires that provisional responses be reliable (RFC 3262 §3)
	refusal  reply
	ack      *request // of the 2xx
}

// onInvite makes a session of an INVITE outside any dialog.
func (a *Agent) onInvite(req *request, raw []byte) {
	if res := a.inviteRefusal(req); res.code != 0 {
		if res.reason == "" {
			a.discard(raw, req.source, fault{reason: "it is a copy of an INVITE that has its answer", late: true}, 0)
		}
		a.refuse(req, res)
		return
	}
	s := newSession(a, req.callID, a.signer.calleeTag(req.callID, req.fromTag))
	s.from, s.to = unescapeUser(req.From().Address.User), unescapeUser(req.parsed.Recipient.User)
	s.digest = newDigestSession(nil)
	s.inbound = &inbound{key: inviteKeyOf(req), req: req, reliable: requires(req, "100rel")}
	s.state = stateOffered
	s.out.InviteSentAt = req.at
	s.receivedFrom(req.source)
	s.dialog = dialogFromInvite(req, s.key.localTag)
	s.refresh.asked(req)
	req.responder.tag = s.key.localTag
	a.beginTransaction(req)
	if !a.add(s) {
		req.tx.abandon()
		a.refuse(req, overloaded)
		return
	}
	s.do(s.offered)
}

// inviteRefusal is the reply that refuses an INVITE outside any dialog. One without a
// reason is for a copy, and is not sent.
func (a *Agent) inviteRefusal(req *request) reply {
	if a.cfg.Inbound == nil {
		return reply{code: 403, reason: "Forbidden"}
	}
	if res := checkTimer(req); res.code != 0 {
		return res
	}
	k := inviteKeyOf(req)
	if k.fromTag != "" && k.fromTag == a.signer.callerTag(k.callID) {
		return reply{code: 482, reason: "Loop Detected"} // it is our own
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if s := a.invites[k]; s != nil {
		if s.inbound.req.branch == req.branch {
			return reply{code: 482} // it has been answered
		}
		return reply{code: 482, reason: "Merged Request"}
	}
	if a.endedInvites.has(k) {
		return reply{code: 482}
	}
	if s := a.sessions[sessionKey{k.callID, a.signer.calleeTag(k.callID, k.fromTag)}]; s != nil && !s.refused.Load() {
		// The tags of both would be the same. After a refusal, as by a challenge, the
		// caller may call anew.
		return reply{code: 500, reason: "Call Is In Progress", headers: []Header{retryAfter()}}
	}
	if a.isClosing() || len(a.sessions) >= maxSessions {
		return overloaded
	}
	return reply{}
}

// inviteKey is what the copies of an INVITE have in common, also those that took
// another path (RFC 3261 §8.2.2.2).
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

func (e *endedInvites) add(k inviteKey, at time.Time, span time.Duration) {
	if e.current == nil || at.Sub(e.rotated) > span {
		e.previous, e.current, e.rotated = e.current, map[inviteKey]struct{}{}, at
	}
	e.current[k] = struct{}{}
}

func (e *endedInvites) has(k inviteKey) bool {
	_, current := e.current[k]
	_, previous := e.previous[k]
	return current || previous
}

// optionsReply is the answer to OPTIONS (RFC 3261 §11.2).
func optionsReply() reply {
	return reply{code: 200, reason: "OK", headers: []Header{{"Allow", allowed}, {"Accept", accepted},
		{"Accept-Encoding", "identity"}, {"Accept-Language", "en"}, {"Supported", supported}}}
}

// expires is how long the caller waits (RFC 3261 §13.2.1), 0 if it does not say.
func expires(req *request) time.Duration {
	n, ok := number(field(req, "expires"))
	if !ok || n > 600 {
		return 0
	}
	return time.Duration(n) * time.Second
}

func (s *Session) offered() {
	if s.state != stateOffered {
		return // it has been cancelled
	}
	s.deadlines.set(dueTimeout, cmp.Or(expires(s.inbound.req), ringLimitDefault+2*time.Minute))
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

// Respond sends a provisional response, 101 to 199, to an inbound call. A caller that
// requires reliable ones (100rel, RFC 3262) gets none: it would have to be repeated until
// its PRACK comes.
func (s *Session) Respond(code int, reason string, body []byte, h ...Header) {
	s.doBody(body, func(body []byte) {
		if s.state != stateOffered || s.inbound.reliable || code < 101 || code > 199 || hasControl(reason) || CheckHeaders(h) != nil {
			return
		}
		if code >= 180 && code < 190 && s.out.RangAt.IsZero() {
			s.out.RangAt = time.Now()
		}
		s.inbound.req.tx.respond(reply{code: code, reason: reason, body: body, headers: s.targetHeaders(h)})
	})
}

// ok is a 200 that names our Contact, and what we support.
func (s *Session) ok(body []byte, hs []Header) reply {
	return reply{code: 200, reason: "OK", body: body, headers: s.targetHeaders(hs)}
}

func (s *Session) targetHeaders(hs []Header) []Header {
	var user string
	var to hop
	var trunk *Trunk
	if s.outbound != nil {
		trunk = s.outbound.Trunk
	}
	if s.dialog != nil {
		user, to = s.dialog.local.uri.User, s.dialog.source
	} else {
		user, to = escapeUser(s.from), s.outbound.current().to
	}
	return append(slices.Clone(hs), s.agent.targetHeaders(to, user, trunk)...)
}

// Answer takes an inbound call: 200 with body, repeated until its ACK comes.
func (s *Session) Answer(body []byte) {
	s.doBody(body, func(body []byte) {
		if s.state == stateOffered {
			s.refresh.local = body
			s.input(inAnswer)
		}
	})
}

// sendAccept sends the 200, which is repeated until its ACK comes: T1, doubling up to
// T2, for 64·T1 (RFC 3261 §13.3.1.4).
func (s *Session) sendAccept() {
	s.inbound.req.tx.respond(s.ok(s.refresh.local, s.refresh.headers(true)))
	s.out.Code, s.out.Reason = 200, "OK"
	s.deadlines.stop(dueTimeout)
	s.awaitAck()
}

func (s *Session) awaitAck() {
	s.repeatAfter = s.agent.t1
	s.deadlines.set(dueAccept, s.repeatAfter)
	s.deadlines.set(dueAck, 64*s.agent.t1)
}

// repeatAccept sends the 2xx again, to the INVITE or to a re-INVITE.
func (s *Session) repeatAccept() {
	req := s.offers.accepted
	if req == nil && (s.state == stateAccepted || s.state == stateByePending) {
		req = s.inbound.req
	}
	if req == nil {
		return
	}
	req.tx.repeat()
	s.repeatAfter = min(2*s.repeatAfter, 8*s.agent.t1)
	s.deadlines.set(dueAccept, s.repeatAfter)
}

// ackLost gives up waiting for an ACK: the call cannot be up (§13.3.1.4).
func (s *Session) ackLost() {
	if s.state != stateRefused {
		s.endedBy(EndedAckTimeout)
	}
	s.offers.accepted = nil
	s.input(inAckLost)
}

func (s *Session) onAck(ack *request) {
	if re := s.offers.accepted; re != nil && ack.cseq == re.cseq {
		s.reofferAcked(ack)
		return
	}
	in := s.inbound
	if in == nil || ack.cseq != in.key.cseq {
		return
	}
	if s.state == stateAccepted {
		s.out.Answered, s.out.AnsweredAt = true, ack.at
	}
	in.ack = ack
	s.input(inAck)
}

// Reject refuses an inbound call with a code from 300 to 699.
func (s *Session) Reject(code int, reason string, h ...Header) {
	s.do(func() {
		if s.state == stateOffered && code >= 300 && code <= 699 && !hasControl(reason) && CheckHeaders(h) == nil {
			s.inbound.refusal = reply{code: code, reason: reason, headers: h}
			s.endedBy(EndedLocal)
			s.input(inReject)
		}
	})
}

func (s *Session) sendRefusal() {
	res := s.inbound.refusal
	if res.code == 0 {
		res = requestTerminated
		s.endedBy(EndedRingLimit) // it was not decided in time
	}
	s.out.Code, s.out.Reason = res.code, res.reason
	s.inbound.req.tx.respond(res)
}

// onCancel takes a CANCEL of the INVITE, which has its 200 (RFC 3261 §9.2).
func (s *Session) onCancel(cancel *request) {
	if s.state != stateOffered {
		return
	}
	s.setExplanation(cancel)
	s.endedBy(EndedRemote)
	s.inbound.refusal = requestTerminated
	s.input(inCancel)
}

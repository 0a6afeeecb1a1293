package sip

import (
	"cmp"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// onInviteResponse takes a response to one of the INVITEs that began the call.
func (s *Session) onInviteResponse(t *sentInvite, res *response) {
	o := s.outbound
	t.responded = true
	if t == o.current() {
		s.deadlines.stop(dueFirstResponse)
		s.out.Verstat = cmp.Or(verstatOf(res), s.out.Verstat)
	}
	switch {
	case res.provisional():
		s.onProvisional(t, res)
	case res.success():
		t.final = true
		if t == o.current() {
			s.digest.succeeded(&o.auth, res)
			s.agent.noteSuccess(t.to, false)
		}
		s.onSuccess(t, res)
	default:
		s.agent.write(s.agent.sameBranch(sipmsg.ACK, t.req, res.To()), res.source) // each time it comes (RFC 3261 §17.1.1.2)
		if !t.final {
			t.final = true
			s.onRefusal(t, res)
		}
	}
}

func (s *Session) onProvisional(t *sentInvite, res *response) {
	if t.final {
		s.discardResponse(res, fault{reason: "the final answer came before it", late: true})
		return
	}
	if t.abandoned {
		s.sendCancel(t)
		return
	}
	if res.code == 100 {
		s.input(inTrying)
		return
	}
	if o := s.outbound; t == o.current() {
		s.digest.succeeded(&o.auth, res)
		o.progress, o.ringing = true, o.ringing || res.code == 180
		s.agent.noteSuccess(t.to, false)
	}
	if body, report := s.early(res); report {
		if res.code >= 180 && res.code < 190 && s.out.RangAt.IsZero() {
			s.out.RangAt = res.at
			if s.isInviting() {
				s.deadlines.stop(dueSetup)
				s.deadlines.set(dueRing, cmp.Or(s.outbound.RingLimit, ringLimitDefault))
			}
		}
		s.emit(Progress{At: res.at, Code: res.code, Reason: res.phrase, ToTag: res.toTag, Body: body, UnsupportedBody: res.content.unsupported})
	}
	s.input(inTrying)
}

// onSuccess takes a 2xx. One INVITE may bring several (RFC 3261 §13.2.2.4): the
// first one counts, a copy is acknowledged again, every other leg is
// acknowledged and ended, whenever it comes.
func (s *Session) onSuccess(t *sentInvite, res *response) {
	o := s.outbound
	switch ack := o.surplus[res.toTag]; {
	case o.ack != nil && s.dialog.remoteTag == res.toTag:
		s.acknowledge()
	case ack != nil:
		s.agent.write(ack, s.agent.hopOf(dialogFromResponse(res)))
	case s.dialog != nil || t.abandoned:
		s.endSurplus(t, res)
	default:
		body := res.content.body
		if e := o.early[res.toTag]; e != nil {
			s.dialog = e.dialog
			s.dialog.confirm(res)
			body = e.describe(body, o.offer != nil)
			if !e.updated {
				s.refresh.remote = e.answer
			}
		} else {
			s.dialog = dialogFromResponse(res)
			s.dialog.trunk = o.Trunk
		}
		if s.offers.remoteDialog != s.dialog { // the UPDATE of a leg that did not answer
			s.dropOffer(noSuchCall)
		}
		clear(o.early)
		s.out.Code, s.out.Reason = res.code, res.phrase
		if s.isInviting() {
			s.out.Answered, s.out.AnsweredAt = true, res.at
			s.addAttempt(res.code, s.out.Reason, nil)
		}
		o.ack = s.ackFor(s.dialog, t.req)
		o.answer = Answered{At: res.at, Code: res.code, ToTag: res.toTag, Body: body, UnsupportedBody: res.content.unsupported, Verstat: s.out.Verstat, Attempts: s.out.Attempts}
		s.refresh.agreed(res)
		s.refresh.remote = newer(body, s.refresh.remote)
		s.input(inSuccess)
	}
}

func (s *Session) acknowledge() { s.agent.write(s.outbound.ack, s.agent.hopOf(s.dialog)) }

// ackFor is the ACK to a 2xx, with the credentials of its INVITE (RFC 3261 §22.1).
func (s *Session) ackFor(d *dialog, invite *sipmsg.Request) *sipmsg.Request {
	ack := d.request(s.agent, sipmsg.ACK, invite.CSeq().SeqNo)
	copyCredentials(ack, invite)
	return ack
}

// endSurplus acknowledges a further leg and ends it. Its BYE is repeated until it
// is answered, also when this session is over.
func (s *Session) endSurplus(t *sentInvite, res *response) {
	o := s.outbound
	if len(o.surplus) >= maxSurplus {
		s.discardResponse(res, fault{reason: "too many phones answer one call"})
		return
	}
	d := dialogFromResponse(res)
	ack := s.ackFor(d, t.req)
	o.surplus[d.remoteTag] = ack
	s.agent.write(ack, s.agent.hopOf(d))
	s.agent.endLeg(d, s.digest, Cause{})
}

// maxSurplus bounds the legs of one INVITE that are ended; a far end that
// answers more often than that is not forking.
const maxSurplus = 64

func (s *Session) onRefusal(t *sentInvite, res *response) {
	if t.abandoned {
		return
	}
	by, refusal := EndedRemote, refusalOf(res)
	if res.code == 503 {
		s.agent.noteFailure(s.outbound.Trunk, s.outbound.route.hop, t.to, failure{statusText(res), true, refusal.RetryAfter})
	} else {
		s.agent.noteSuccess(t.to, false)
	}
	if (res.code == 401 || res.code == 407) && s.isInviting() {
		if by = s.onChallenge(res); by == "" {
			s.outbound.retry = func() { s.invite(t.to) }
			s.input(inRetry)
			return
		}
	}
	if res.code == 422 && s.isInviting() && s.refresh.raise(res) { // RFC 4028 §7.3
		s.outbound.retry = func() { s.invite(t.to) }
		s.input(inRetry)
		return
	}
	if s.tooLarge(t, res) {
		return
	}
	s.out.Code, s.out.Reason = res.code, res.phrase
	s.out.RetryAfter = refusal.RetryAfter
	s.setExplanation(res)
	s.out.Redirection = redirectionOf(res)
	s.addAttempt(res.code, s.out.Reason, nil)
	if s.follow(t, res) {
		return
	}
	if (by == EndedStaleNonce || by == EndedRemote && s.outbound.goesOn(refusal)) && s.isInviting() && s.failOver() {
		return
	}
	if by == EndedCredentialsRefused { // every target of the trunk has the same credentials
		s.out.Retryable = s.outbound.mayFailOver()
	}
	s.endedBy(by)
	s.input(inFailure)
}

// statusText is the code and reason phrase of a response, with its Retry-After.
func statusText(res *response) string {
	text := strings.TrimSpace(strconv.Itoa(res.code) + " " + res.phrase)
	if after := field(res, "retry-after"); after != "" {
		text += " (Retry-After: " + clipped(after) + ")"
	}
	return text
}

// onChallenge takes a challenge to the INVITE, and says by what the call ends; empty: it
// is to be sent again with credentials.
func (s *Session) onChallenge(res *response) EndedBy {
	switch s.digest.challenged(&s.outbound.auth, res) {
	case digestRetry:
		return ""
	case digestStale:
		return EndedStaleNonce
	case digestRefused:
		s.out.Err = refusedError(res)
	case digestUnsupported:
		s.out.Err = s.digest.unsupportedError(res)
	}
	return EndedCredentialsRefused
}

// isInviting says whether the call is still wanted.
func (s *Session) isInviting() bool { return s.state == stateCalling || s.state == stateProceeding }

// sendCancel cancels an INVITE that has a provisional response. The response to the
// INVITE says what came of it; that to the CANCEL says nothing.
func (s *Session) sendCancel(t *sentInvite) {
	if t.cancelled || t.final {
		return
	}
	t.cancelled = true
	req := s.agent.sameBranch(sipmsg.CANCEL, t.req, t.req.To())
	appendHeaders(req, s.cause.headers())
	s.agent.transact(&clientTransaction{req: req, to: t.to, session: s, done: func(*response, error) {}})
}

// sameBranch is the CANCEL of an INVITE of ours, or the ACK of its refusal, with the
// branch of the INVITE (RFC 3261 §9.1, §17.1.1.3).
func (a *Agent) sameBranch(method sipmsg.RequestMethod, invite *sipmsg.Request, to *sipmsg.ToHeader) *sipmsg.Request {
	req := a.newRequest(method, invite.Recipient, requestHead{
		via: invite.Via(), from: invite.From(), to: to, callID: string(*invite.CallID()), cseq: invite.CSeq().SeqNo,
	})
	sipmsg.CopyHeaders("Route", invite, req)
	if method == sipmsg.ACK {
		copyCredentials(req, invite)
	}
	return req
}

package sip

import (
	"strconv"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// onInviteResponse takes a response to one of the INVITEs that began the call.
func (s *Session) onInviteResponse(t *sentInvite, res *sipmsg.Response, at time.Time) {
	o := s.outbound
	t.responded = true
	if t == o.current() {
		s.deadlines.stop(dueFirstResponse)
	}
	switch {
	case res.StatusCode < 200:
		s.onProvisional(t, res, at)
	case res.StatusCode < 300:
		t.final = true
		if t == o.current() {
			s.digest.succeeded(&o.auth, res)
		}
		s.onSuccess(t, res, at)
	default:
		s.agent.ackRefusal(res, t.req) // each time it comes (RFC 3261 §17.1.1.2)
		if !t.final {
			t.final = true
			s.onRefusal(t, res)
		}
	}
}

func (s *Session) onProvisional(t *sentInvite, res *sipmsg.Response, at time.Time) {
	if t.final {
		s.discardResponse(res, fault{reason: "the final answer came before it", late: true})
		return
	}
	if t.abandoned {
		s.sendCancel(t)
		return
	}
	if res.StatusCode > 100 && t == s.outbound.current() {
		s.digest.succeeded(&s.outbound.auth, res)
	}
	body, told := []byte(nil), false
	if res.StatusCode > 100 {
		body, told = s.early(res)
	}
	if told {
		if res.StatusCode >= 180 && res.StatusCode < 190 && s.out.RangAt.IsZero() {
			s.out.RangAt = at
			if s.state == stateCalling || s.state == stateProceeding {
				s.deadlines.stop(dueSetup)
				s.deadlines.set(dueRing, orDefault(s.outbound.RingLimit, ringLimitDefault))
			}
		}
		s.emit(Progress{At: at, Code: res.StatusCode, Reason: phraseOf(res), ToTag: tagOf(res.To().Params), Body: body, UnsupportedBody: unreadOf(res)})
	}
	s.input(inTrying)
}

// onSuccess takes a 2xx. One INVITE may bring several (RFC 3261 §13.2.2.4): the
// first one counts, a copy is acknowledged again, every other leg is
// acknowledged and ended, whenever it comes.
func (s *Session) onSuccess(t *sentInvite, res *sipmsg.Response, at time.Time) {
	o := s.outbound
	tag := tagOf(res.To().Params)
	switch ack := o.surplus[tag]; {
	case o.ack != nil && s.dialog.remoteTag == tag:
		o.ack.SetDestination(s.nextHop()) // its name may be known by now
		s.agent.write(o.ack)
	case ack != nil:
		s.agent.write(ack)
	case s.dialog != nil || t.abandoned:
		s.endSurplus(res)
	default:
		body := sdpOf(res)
		if e := o.early[tag]; e != nil {
			s.dialog = e.dialog
			s.dialog.confirm(res, s.Remote())
			body = e.describe(body, o.Offer != nil)
		} else {
			s.dialog = dialogFromResponse(res, s.Remote())
		}
		if s.offers.remoteDialog != s.dialog { // the UPDATE of a leg that did not answer
			s.dropOffer(noSuchCall)
		}
		o.early = nil
		s.out.Code, s.out.Reason = res.StatusCode, phraseOf(res)
		if s.state == stateCalling || s.state == stateProceeding {
			s.out.Answered, s.out.AnsweredAt = true, at
			s.addAttempt(res.StatusCode, s.out.Reason, nil)
		}
		o.ack = s.ackFor(s.dialog, t.req)
		o.answer = Answered{At: at, Code: res.StatusCode, ToTag: tag, Body: body, UnsupportedBody: unreadOf(res)}
		s.refresh.agreed(res)
		s.input(inSuccess)
	}
}

// connect acknowledges the 2xx and tells that the call is up.
func (s *Session) connect() {
	s.acknowledge()
	s.emit(s.outbound.answer)
	s.watchRefresh()
}

func (s *Session) acknowledge() { s.agent.write(s.outbound.ack) }

// ackFor is the ACK to a 2xx: a request of the dialog with the credentials of
// its INVITE (RFC 3261 §13.2.2.4, §22.1).
func (s *Session) ackFor(d *dialog, invite *sipmsg.Request) *sipmsg.Request {
	ack := d.request(s.agent, sipmsg.ACK, invite.CSeq().SeqNo)
	copyCredentials(ack, invite)
	ack.SetBody(nil)
	ack.SetDestination(s.agent.hopOf(d))
	return ack
}

// endSurplus acknowledges a further leg and ends it. Its BYE is repeated until it
// is answered, also when this session is over.
func (s *Session) endSurplus(res *sipmsg.Response) {
	o := s.outbound
	d := dialogFromResponse(res, s.Remote())
	ack := s.ackFor(d, o.inviteOf(res.CSeq().SeqNo).req)
	if o.surplus == nil {
		o.surplus = map[string]*sipmsg.Request{}
	}
	if len(o.surplus) >= maxSurplus {
		s.discardResponse(res, fault{reason: "too many phones answer one call"})
		return
	}
	o.surplus[d.remoteTag] = ack
	s.agent.write(ack)
	s.agent.endLeg(d, s.digest, Cause{})
}

// maxSurplus bounds the legs of one INVITE that are ended; a far end that
// answers more often than that is not forking.
const maxSurplus = 64

// onRefusal decides what a final refusal leads to.
func (s *Session) onRefusal(t *sentInvite, res *sipmsg.Response) {
	if t.abandoned {
		return
	}
	code := res.StatusCode
	by := EndedRemote
	if (code == 401 || code == 407) && s.isInviting() {
		if by = s.onChallenge(res); by == "" {
			s.outbound.retry = s.inviteAgain
			s.input(inRetry)
			return
		}
	}
	s.out.Code, s.out.Reason = code, phraseOf(res)
	s.setExplanation(res)
	s.out.Redirection = redirectionOf(res)
	s.addAttempt(code, s.out.Reason, nil)
	// Only a failure of the machine goes elsewhere: a person's refusal is final, and
	// so is a network's, whatever a gateway made of its code.
	failed := code >= 500 && code < 600 && !blocked(code, s.out.Reason, s.out.Explanation)
	if (failed || by == EndedStaleNonce) && s.isInviting() && s.failOver() {
		return
	}
	s.endedBy(by)
	s.input(inFailure)
}

// onChallenge takes a challenge to the INVITE, and says by what the call ends; empty: it
// is to be sent again with credentials.
func (s *Session) onChallenge(res *sipmsg.Response) EndedBy {
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

// inviteAgain sends the INVITE again to where it was challenged.
func (s *Session) inviteAgain() {
	if to, ok := literal(s.outbound.current().req.Destination()); ok {
		s.invite(to)
	}
}

// sendCancel cancels an INVITE that has been answered provisionally. What comes
// of it is the answer to the INVITE; that to the CANCEL says nothing.
func (s *Session) sendCancel(t *sentInvite) {
	if t.cancelled || t.final {
		return
	}
	t.cancelled = true
	req := cancelOf(t.req)
	appendHeaders(req, s.cause.headers())
	s.transact(req, func(*sipmsg.Response, error) {})
}

// cancelOf builds the CANCEL of an INVITE (RFC 3261 §9.1).
func cancelOf(invite *sipmsg.Request) *sipmsg.Request {
	req := sipmsg.NewRequest(sipmsg.CANCEL, invite.Recipient)
	req.AppendHeader(invite.Via().Clone())
	sipmsg.CopyHeaders("Route", invite, req)
	forwards := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	req.AppendHeader(sipmsg.HeaderClone(invite.From()))
	req.AppendHeader(sipmsg.HeaderClone(invite.To()))
	req.AppendHeader(sipmsg.HeaderClone(invite.CallID()))
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sipmsg.CANCEL})
	req.SetBody(nil)
	req.SetTransport("UDP")
	req.SetDestination(invite.Destination())
	return req
}

// nextHop is the address that a request of the dialog goes to.
func (s *Session) nextHop() string { return s.agent.hopOf(s.dialog) }

// hopOf is the next hop of a dialog. A name that is not at hand yet, or an address
// that cannot be reached, gives way to where messages came from: a request inside
// a dialog does not wait for DNS.
func (a *Agent) hopOf(d *dialog) string {
	if host, port := d.nextHop(); host != "" {
		ap, ok := a.resolver.cached(joinHostPort(host, port))
		if ok && (len(d.routes) > 0 || !behindNAT(ap.Addr(), d.source)) {
			return ap.String()
		}
	}
	return d.source.String()
}

func joinHostPort(host string, port int) string {
	if port == 0 {
		if _, ok := literal(host); ok {
			port = defaultPort
		} else {
			return host
		}
	}
	if len(host) > 0 && host[0] != '[' && isIPv6(host) {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(port)
}

func isIPv6(host string) bool {
	ap, ok := literal(host)
	return ok && ap.Addr().Is6()
}

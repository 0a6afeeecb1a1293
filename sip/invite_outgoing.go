package sip

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// outbound is what a session has of a call that it places. Owned by whoever does the session's jobs.
type outbound struct {
	Outgoing
	routes  []route         // to the trunk, those not tried yet
	route   route           // the one being tried
	at      Target          // what its hop means
	addrs   []targetAddress // its addresses, those not tried yet
	seq     uint32
	invites []*sentInvite
	retry   func()      // what inRetry is to do
	large   largeInvite // to this address
	offer   []byte      // of the last INVITE

	requestURI *sipmsg.Uri // of a redirection that is followed, else nil
	redirected []string    // the URIs of those that were followed

	auth    digestAttempts // of the INVITE, on this target
	answer  Answered
	ack     *sipmsg.Request            // of the leg that answered
	surplus map[string]*sipmsg.Request // ACKs of further legs that answered, by their tag
	early   map[string]*earlyDialog    // by tag

	progress bool // a provisional response other than 100 has come
	ringing  bool // a 180 has come
}

type sentInvite struct {
	*clientTransaction
	responded bool // a response came: CANCEL may be sent
	cancelled bool
	abandoned bool // another was sent instead
	final     bool // it has its final response
}

const (
	ringLimitDefault  = 3 * time.Minute // RFC 3261 timer C
	setupLimitDefault = time.Minute
	maxAddresses      = 4 // tried of one name
)

func newOutbound(a *Agent, o Outgoing) *Session {
	callID := a.credentials.callID(o.Trunk)
	s := newSession(a, callID, a.signer.callerTag(callID))
	s.from, s.to = o.From, o.To
	s.outbound = &outbound{Outgoing: o, surplus: map[string]*sipmsg.Request{}}
	s.digest = newDigestSession(o.Trunk)
	s.state = stateCalling
	s.out.InviteSentAt = time.Now()
	if o.Trunk != nil {
		s.out.Trunk = o.Trunk.Name
	}
	return s
}

func (s *Session) begin() {
	if s.state != stateCalling {
		return
	}
	o := s.outbound
	if err := o.check(); err != nil {
		s.endedBy(EndedLocal)
		s.out.Err = fmt.Errorf("place a call: %w", err)
		s.input(inLost)
		return
	}
	s.deadlines.set(dueSetup, cmp.Or(o.SetupLimit, setupLimitDefault))
	o.routes = usable(s.agent.callRoutes(o.Trunk), func(r route) Health { return s.agent.Health(o.Trunk.Target(r.hop)) })
	if len(o.routes) == 0 {
		s.out.Retryable = true
		s.endedBy(EndedOutOfService)
		s.out.Err = s.agent.outOfServiceError(o.Trunk)
		s.input(inLost)
		return
	}
	s.nextTarget()
}

// check refuses settings that would not make a valid INVITE.
func (o *outbound) check() error {
	switch {
	case o.Trunk == nil:
		return errors.New("no trunk is given")
	case len(o.Trunk.Targets) == 0:
		return fmt.Errorf("trunk %q has no targets; it needs at least one host:port", o.Trunk.Name)
	case o.Trunk.Transport != Auto && !slices.Contains(Transports(), cmp.Or(o.Trunk.Transport, UDP)):
		return fmt.Errorf("trunk %q: transport %q is not one of %v", o.Trunk.Name, o.Trunk.Transport, Transports())
	case o.To == "":
		return errors.New("no number is given to call")
	}
	for _, f := range []struct{ field, value string }{{"From", o.From}, {"To", o.To}, {"Display", o.Display},
		{"FromHost", o.FromHost}, {"Domain", o.Trunk.Domain}, {"FromDomain", o.Trunk.FromDomain}, {"Username", o.Trunk.Username}, {"AuthUser", o.Trunk.AuthUser}} {
		if hasControl(f.value) {
			return fmt.Errorf("%s %q has a line break or another control character", f.field, f.value)
		}
	}
	for _, domain := range []string{o.Trunk.Domain, o.Trunk.FromDomain, o.FromHost} {
		if strings.ContainsAny(domain, " <>@;?\"") {
			return fmt.Errorf("domain %q: it must be a host name or host:port", domain)
		}
	}
	return CheckHeaders(o.headers("example.invalid"))
}

// nextTarget looks up the next target of the trunk and calls it.
func (s *Session) nextTarget() {
	o := s.outbound
	o.route, o.routes = o.routes[0], o.routes[1:]
	s.out.Target = o.route.hop
	o.requestURI = nil
	s.lookUp(o.Trunk.Target(o.route.hop))
}

// lookUp looks up a target, and calls it.
func (s *Session) lookUp(target Target) {
	s.outbound.at = target
	if ap, ok := literal(target.Address, target.Transport); ok {
		s.onAddresses([]netip.AddrPort{ap}, nil)
		return
	}
	s.agent.background(func() {
		addrs, err := s.agent.Resolve(s.agent.ctx, target)
		s.post(func() { s.onAddresses(addrs, err) })
	})
}

func (s *Session) onAddresses(addrs []netip.AddrPort, err error) {
	if s.state != stateCalling {
		return
	}
	o := s.outbound
	o.addrs = o.route.addresses(s.agent.resolver.tried(o.at, addrs))
	if len(o.addrs) == 0 {
		s.targetFailed(err)
		return
	}
	o.addrs = usable(o.addrs, s.agent.health.of)
	if len(o.addrs) == 0 {
		s.targetFailed(s.agent.outOfServiceError(o.Trunk))
		return
	}
	s.nextAddress()
}

func (s *Session) nextAddress() {
	o := s.outbound
	to := o.addrs[0]
	o.addrs = o.addrs[1:]
	o.at.Transport = to.transport
	s.agent.guard.trust(to.addr.Addr())
	s.remote.Store(&to.addr)
	next := s.agent.hopTo(o.at, to.addr)
	s.agent.health.claim(next.address())
	o.large = largeInvite{}
	s.invite(next)
}

func (s *Session) invite(to hop) {
	o := s.outbound
	s.dropOffer(noSuchCall) // of a leg of the INVITE before
	for _, e := range o.early {
		o.seq = max(o.seq, e.dialog.localSeq) // the CSeq numbers go on
	}
	o.seq++
	o.early = map[string]*earlyDialog{}
	o.makeOffer(to)
	t, req := &sentInvite{}, s.inviteRequest(to, o.seq)
	o.invites = append(o.invites, t)
	s.digest.authorize(req, &o.auth)
	s.out.Credentials = len(o.auth.sent) > 0
	raw := encode(req)
	if next := s.hopOfInvite(to, len(raw)); next != to {
		to, req = next, s.moved(req, next)
		raw = encode(req)
	}
	s.refresh.local = o.offer
	s.out.Address, s.out.Transport = to.addr, to.transport.protocol()
	if o.failsOver() {
		s.deadlines.set(dueFirstResponse, failoverTime*s.agent.t1)
	} else {
		s.deadlines.stop(dueFirstResponse)
	}
	t.clientTransaction = s.agent.transact(&clientTransaction{req: req, raw: raw, to: to, session: s, failover: o.failsOver(), done: func(_ *response, err error) {
		if err != nil && t == o.current() {
			s.noResponse(err)
		}
	}})
}

// failoverTime is how long a target may take to its first response where the call has another
// one, in T1: the INVITE has been sent three times by then.
const failoverTime = 6

func (o *outbound) hasNextTarget() bool { return len(o.addrs) > 0 || len(o.routes) > 0 }

// failsOver says whether the call goes on elsewhere if the INVITE has no response.
func (o *outbound) failsOver() bool {
	return (o.hasNextTarget() || o.Alternative) && o.Trunk.Failover != FailoverNever
}

// mayFailOver says whether the trunk still allows another INVITE.
func (o *outbound) mayFailOver() bool {
	switch o.Trunk.Failover {
	case FailoverNever:
		return o.current() == nil
	case FailoverBeforeRinging:
		return !o.ringing
	}
	return !o.progress
}

// current is the INVITE whose answer counts, nil before the first.
func (o *outbound) current() *sentInvite {
	if len(o.invites) == 0 {
		return nil
	}
	return o.invites[len(o.invites)-1]
}

func (o *outbound) inviteOf(seq uint32) *sentInvite {
	for _, t := range o.invites {
		if t.req.CSeq().SeqNo == seq {
			return t
		}
	}
	return nil
}

func (s *Session) inviteRequest(to hop, seq uint32) *sipmsg.Request {
	o, a := s.outbound, s.agent
	host, port := o.Trunk.host(o.route.target)
	parties := o.parties(sipmsg.Uri{Scheme: schemeOf(to), Host: host, Port: port})
	parties.from.Params = tagged(s.key.localTag)
	recipient, routes := loose(*cmp.Or(o.requestURI, &parties.to.Address), o.Trunk.preloaded(o.at, a.serviceRoute(o.Trunk)))
	req := a.newRequest(sipmsg.INVITE, recipient, requestHead{
		via: a.via(to, newBranch()), routes: routes, callID: s.key.callID, cseq: seq, from: &parties.from, to: &parties.to,
	})
	appendHeaders(req, a.targetHeaders(to, parties.from.Address.User, o.Trunk))
	if o.large.least {
		req.RemoveHeader("User-Agent")
		req.RemoveHeader("Allow")
	}
	appendHeaders(req, s.refresh.request(o.Trunk.SessionTimer))
	appendHeaders(req, a.securityHeaders(o.Trunk))
	appendHeaders(req, parties.headers)
	setBody(req, accepted, o.offer)
	return req
}

// makeOffer makes the offer of an INVITE to a hop.
func (o *outbound) makeOffer(to hop) {
	if o.Offer != nil {
		o.offer = o.Offer(OfferFor{To: to.addr.Addr(), Least: o.large.least})
	}
}

// schemeOf is the scheme of the URIs of a request outside a dialog.
func schemeOf(to hop) string {
	if to.isSecure() {
		return "sips"
	}
	return "sip"
}

// hopTo is the way to an address of a target.
func (a *Agent) hopTo(t Target, addr netip.AddrPort) hop {
	over := a.resolver.transport(t)
	to := hop{transport: a.transports[over], addr: addr}
	if over == TLS {
		to.peer = t.peer
	}
	return to
}

// splitDomain parts "host" or "host:port"; the port is 0 if there is none, or no number.
func splitDomain(domain string) (string, int) {
	host, digits, err := net.SplitHostPort(domain)
	if err != nil {
		return trimBrackets(domain), 0
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return host, 0
	}
	return host, int(port)
}

// lostBy is what ends a session whose request had no response, or was not sent.
func lostBy(err error) EndedBy {
	if errors.Is(err, errTimeout) {
		return EndedNoReply
	}
	return EndedTransport
}

// noResponse takes an INVITE that had no response in time, or could not be sent.
func (s *Session) noResponse(err error) {
	reason := "no response"
	if !errors.Is(err, errTimeout) {
		reason = err.Error()
	}
	if s.backToUDP(err) {
		return
	}
	o := s.outbound
	s.agent.noteFailure(o.Trunk, o.route.hop, o.current().to, failure{reason: reason})
	s.targetFailed(err)
}

// targetFailed goes on to the next address or target, if there is one.
func (s *Session) targetFailed(err error) {
	s.addAttempt(0, "", err)
	if s.state == stateCalling && s.failOver() {
		return
	}
	s.endedBy(lostBy(err))
	if s.out.Err == nil {
		s.out.Err = err
	}
	s.input(inLost)
}

func (s *Session) addAttempt(code int, reason string, err error) {
	s.out.Attempts = append(s.out.Attempts, Attempt{Target: s.outbound.route.hop, Code: code, Reason: reason, Err: err})
}

// failOver goes on to the next address or target, if the trunk allows it and there is one.
func (s *Session) failOver() bool {
	o := s.outbound
	if !o.mayFailOver() {
		return false
	}
	if !o.hasNextTarget() {
		s.out.Retryable = true
		return false
	}
	if t := o.current(); t != nil {
		t.abandoned = true
		s.agent.forget(t.clientTransaction)
	}
	o.retry = s.nextTarget
	if len(o.addrs) > 0 {
		o.retry = s.nextAddress
	}
	s.digest, o.auth = newDigestSession(o.Trunk), digestAttempts{}
	s.input(inRetry)
	return true
}

// setupLimit ends a call that has not rung in time.
func (s *Session) setupLimit() {
	if t := s.outbound.current(); t != nil && t.responded {
		s.endedBy(EndedSetupLimit)
	} else {
		s.endedBy(EndedNoReply)
		s.addAttempt(0, "", errTimeout)
		if t != nil {
			s.agent.noteFailure(s.outbound.Trunk, s.outbound.route.hop, t.to, failure{reason: "no response"})
		}
	}
	s.input(inLimit)
}

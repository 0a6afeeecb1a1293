package sip

import (
	"errors"
	"net/netip"

	sipmsg "github.com/emiago/sipgo/sip"
)

// maxUDPRequest is the size in bytes above which a request goes over TCP where the target
// has it, since the path may carry no longer datagram (RFC 3261 §18.1.1).
const maxUDPRequest = 1300

// LargeRequests is the transport of requests that are too large for UDP, to targets over
// UDP.
type LargeRequests string

// The values of LargeRequests. The first is the default.
const (
	LargeAuto LargeRequests = "auto" // TCP if DNS names a server over TCP for the target, else UDP
	LargeTCP  LargeRequests = "tcp"  // TCP, at the address and port of the target
	LargeUDP  LargeRequests = "udp"
)

// LargeRequestsValues lists all of them, the default first.
func LargeRequestsValues() []LargeRequests { return []LargeRequests{LargeAuto, LargeTCP, LargeUDP} }

// largeInvite is what the INVITE to one address has come to that is too large for UDP.
type largeInvite struct {
	refused bool // the target answered 513
	over    bool // a connection was tried
	udp     hop  // the hop in whose place it was
	least   bool // what it can do without is left out
}

// streamHop is the way to a trunk's target over TCP in place of UDP, ok false if it has none that
// is known.
func (a *Agent) streamHop(t *Trunk, target string, udp hop) (hop, bool) {
	stream := hop{transport: a.transports[TCP]}
	switch {
	case udp.transport.protocol() != UDP || t.LargeRequests == LargeUDP:
		return hop{}, false
	case t.LargeRequests == LargeTCP:
		stream.addr = udp.addr
		return stream, true
	}
	for _, addr := range a.resolver.streams(t.Target(target)) {
		if stream.addr == (netip.AddrPort{}) || addr.Addr() == udp.addr.Addr() {
			stream.addr = addr
		}
	}
	return stream, stream.addr.IsValid()
}

// streamInDialog is the way over TCP to where requests of a dialog go over UDP, ok false if none
// is known: the trunk names it, or DNS does for a target at the same address.
func (a *Agent) streamInDialog(d *dialog, udp hop) (hop, bool) {
	if d.trunk == nil {
		return hop{}, false
	}
	for _, target := range d.trunk.CallHops() {
		if stream, ok := a.streamHop(d.trunk, target, udp); ok && stream.addr.Addr() == udp.addr.Addr() {
			return stream, true
		}
	}
	return hop{}, false
}

// hopOfInvite is where an INVITE goes: over TCP if it is too large for UDP, or has been
// refused as such, and the target has TCP. Without TCP it goes over UDP all the same.
func (s *Session) hopOfInvite(to hop, size int) hop {
	large := &s.outbound.large
	if large.over || size <= maxUDPRequest && !large.refused {
		return to
	}
	stream, ok := s.agent.streamHop(s.outbound.Trunk, s.outbound.route.hop, to)
	if !ok {
		if to.transport.protocol() == UDP {
			s.agent.log.Warn("an INVITE is too large for UDP on some paths: offer fewer codecs and header fields, or write large_requests: tcp if the trunk takes TCP",
				"trunk", s.out.Trunk, "target", s.out.Target, "bytes", size, "limit", maxUDPRequest)
		}
		return to
	}
	large.over, large.udp = true, to
	s.agent.guard.trust(stream.addr.Addr())
	s.remote.Store(&stream.addr)
	return stream
}

// backToUDP sends an INVITE over UDP whose connection could not be opened (RFC 3261
// §18.1.1), and reports whether it does.
func (s *Session) backToUDP(err error) bool {
	large := &s.outbound.large
	if !large.udp.addr.IsValid() || errors.Is(err, ErrConnectionLost) || s.state != stateCalling {
		return false
	}
	udp := large.udp
	large.udp = hop{}
	s.agent.log.Warn("an INVITE that is too large for UDP goes over UDP, since no TCP connection could be opened", "trunk", s.out.Trunk, "target", s.out.Target, "error", err)
	s.remote.Store(&udp.addr)
	s.outbound.current().abandoned = true
	s.outbound.retry = func() { s.invite(udp) }
	s.input(inRetry)
	return true
}

// tooLarge takes a 513, and reports whether the INVITE is sent again for it: over TCP where the
// target has that, and once without what it can do without.
func (s *Session) tooLarge(t *sentInvite, res *response) bool {
	large := &s.outbound.large
	if res.code != 513 || !s.isInviting() {
		return false
	}
	_, stream := s.agent.streamHop(s.outbound.Trunk, s.outbound.route.hop, t.to)
	switch {
	case stream && !large.over:
		large.refused = true
	case !large.least:
		large.least = true
		s.addAttempt(res.code, res.phrase, nil)
		s.out.Attempts[len(s.out.Attempts)-1].Shortened = true
	default:
		return false
	}
	s.outbound.retry = func() { s.invite(t.to) }
	s.input(inRetry)
	return true
}

// moved is an INVITE for another hop, with the credentials that it has.
func (s *Session) moved(req *sipmsg.Request, to hop) *sipmsg.Request {
	s.outbound.makeOffer(to)
	next := s.inviteRequest(to, req.CSeq().SeqNo)
	copyCredentials(next, req)
	return next
}

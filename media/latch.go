package media

import "net/netip"

// learnAfter is how many packets in sequence of one source a latch wants to see
// before it believes that the far end sends from there.
const learnAfter = 3

// latch decides whose packets a port takes and where it sends: symmetric RTP
// (RFC 4961), bounded so that nobody else can take a stream over or listen in.
//
// Packets of the negotiated address are always taken. Another source is learned
// once, while nothing has been taken yet, from packets in sequence, and only if
// it has the negotiated IP address or that address cannot be reached from where
// we are: a private one seen from a public one. From then on the latch is shut
// until the far end negotiates another address.
type latch struct {
	expected  netip.AddrPort // negotiated; not valid before that
	taken     netip.AddrPort // not valid until the first packet is taken
	candidate netip.AddrPort // the source being watched
	ssrc      uint32
	seq       uint16
	seen      int
}

// expect sets the negotiated address and opens the latch if it is a new one.
func (l *latch) expect(addr netip.AddrPort) {
	if addr != l.expected {
		*l = latch{expected: addr}
	}
}

// shut reports whether the far end's source is settled.
func (l *latch) shut() bool { return l.taken.IsValid() }

// target is where to send.
func (l *latch) target() netip.AddrPort {
	if l.shut() {
		return l.taken
	}
	return l.expected
}

// admit reports whether a packet of the source is the far end's.
func (l *latch) admit(from netip.AddrPort, ssrc uint32, seq uint16) bool {
	switch {
	case from == l.taken || from == l.expected:
		l.taken = from
		return true
	case l.shut() || !l.expected.IsValid() || !l.plausible(from.Addr()):
		return false
	}
	if from != l.candidate || ssrc != l.ssrc || seq != l.seq+1 {
		l.seen = 0
	}
	l.candidate, l.ssrc, l.seq = from, ssrc, seq
	if l.seen++; l.seen < learnAfter {
		return false
	}
	l.taken = from
	return true
}

// plausible reports whether the far end may send from the address.
func (l *latch) plausible(from netip.Addr) bool {
	said := l.expected.Addr()
	return from == said || (hidden(said) && !hidden(from))
}

// hidden reports whether an address means nothing outside its own network
// (RFC 1918, RFC 6598, loopback, link-local).
func hidden(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || shared.Contains(a)
}

var shared = netip.MustParsePrefix("100.64.0.0/10")

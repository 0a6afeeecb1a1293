package media

import "net/netip"

// origin is how the source of an RTP packet relates to what is known of the far
// end. Origins are ordered: a lower one is more trusted.
type origin uint8

const (
	// originStated: the address and port that the SDP states.
	originStated origin = iota
	// originHost: another port of the stated address, or any port of the address
	// that the SDP came from by SIP.
	originHost
	// originPrivate: another private address, while the stated one is private too.
	originPrivate
	// originOther: every other address.
	originOther
	origins
)

// originOf sorts a source. signalling may be the zero Addr.
func originOf(source, stated netip.AddrPort, signalling netip.Addr) origin {
	switch from := source.Addr(); {
	case source == stated:
		return originStated
	case from == stated.Addr() || from == signalling:
		return originHost
	case isPrivate(stated.Addr()) && isPrivate(from):
		return originPrivate
	default:
		return originOther
	}
}

// isPrivate reports whether an address means nothing outside its own network
// (RFC 1918, RFC 6598, loopback, link-local).
func isPrivate(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || sharedAddressSpace.Contains(a)
}

var sharedAddressSpace = netip.MustParsePrefix("100.64.0.0/10")

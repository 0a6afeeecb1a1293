package media

import "net/netip"

// SourcePolicy says which sources a port accepts beside the address of the SDP. The empty
// policy is SourceAuto.
type SourcePolicy string

// docs/sip.md has the whole table.
const (
	// SourceAuto accepts the SDP's address, the address that the SDP came from, and, if the
	// SDP's is private, other private ones.
	SourceAuto SourcePolicy = "auto"
	// SourceSDP accepts the SDP's address and port alone.
	SourceSDP SourcePolicy = "sdp"
	// SourceAny accepts any address.
	SourceAny SourcePolicy = "any"
)

// SourcePolicies lists the policies.
func SourcePolicies() []SourcePolicy { return []SourcePolicy{SourceAuto, SourceSDP, SourceAny} }

// Sources is what is known of a far end's sources beside its SDP.
type Sources struct {
	Policy SourcePolicy
	// Signalling is the address that the SDP came from by SIP, if known.
	Signalling netip.Addr
	// Reopen lets another source of the SDP's address follow, as a phone that answers does
	// after the network's announcement.
	Reopen bool
}

// evidence is what a source must send before it is accepted.
type evidence uint8

const (
	never       evidence = iota
	atOnce               // nothing
	inSequence           // packets in sequence
	onProbation          // packets in sequence for a while, and no other source that qualifies
)

// evidenceFor is the policy as a table.
func (p SourcePolicy) evidenceFor(o origin) evidence {
	table := [origins]evidence{atOnce, inSequence, onProbation, never}
	switch p {
	case SourceSDP:
		table = [origins]evidence{atOnce, never, never, never}
	case SourceAny:
		table = [origins]evidence{atOnce, inSequence, onProbation, onProbation}
	}
	return table[o]
}

// origin is the relation of a source to the far end's known addresses, the most trusted
// first.
type origin uint8

const (
	// originStated: the SDP's address and port.
	originStated origin = iota
	// originHost: another port of the SDP's address, or any of the address that the SDP came
	// from.
	originHost
	// originPrivate: another private address, while the SDP's is private too.
	originPrivate
	// originOther: every other address.
	originOther
	origins
)

// originOf classifies a source. signalling may be the zero Addr.
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

// isPrivate reports whether an address has no meaning outside its network (RFC 1918,
// RFC 6598, loopback, link-local).
func isPrivate(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || sharedAddressSpace.Contains(a)
}

var sharedAddressSpace = netip.MustParsePrefix("100.64.0.0/10")

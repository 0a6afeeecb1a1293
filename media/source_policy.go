package media

import "net/netip"

// SourcePolicy says which sources, beside the address that the SDP states, the
// packets of a far end may come from. SourceAuto, the empty policy, is the default.
type SourcePolicy string

// The policies. docs/sip.md has the whole table.
const (
	// SourceAuto takes the stated address, the address that the SDP came from, and,
	// if the stated address is private, other private ones.
	SourceAuto SourcePolicy = "auto"
	// SourceSDP takes the stated address and port alone.
	SourceSDP SourcePolicy = "sdp"
	// SourceAny takes any address.
	SourceAny SourcePolicy = "any"
)

// SourcePolicies lists the policies.
func SourcePolicies() []SourcePolicy { return []SourcePolicy{SourceAuto, SourceSDP, SourceAny} }

// Sources is what is known of where a far end's packets come from, beside its SDP.
type Sources struct {
	Policy SourcePolicy
	// Signalling is the address that the SDP came from by SIP; the zero Addr if that
	// is not known.
	Signalling netip.Addr
	// Reopen says that from now on somebody else may send at the same stated
	// address, as a phone that answers does after the network's announcement.
	Reopen bool
}

// evidence is what a source has to show before its packets are taken.
type evidence uint8

const (
	never       evidence = iota
	atOnce               // nothing
	inSequence           // packets in sequence
	onProbation          // packets in sequence for a while, and nobody else who could be it
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

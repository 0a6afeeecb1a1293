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

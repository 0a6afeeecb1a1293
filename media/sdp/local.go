package sdp

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
)

// Local is our side of an offer or answer.
type Local struct {
	// Addr is where we want to receive RTP.
	Addr netip.AddrPort
	// Other is where we can receive RTP in the other IP version: an offer of that is answered
	// with it, and an answer of that is accepted. Not valid: the other version is refused.
	Other netip.AddrPort
	// Origin is the address of the o= line, which stays the same in a session (RFC 3264 §8); not
	// valid: that of Addr.
	Origin netip.Addr
	// Codecs in order of preference; empty means DefaultCodecs.
	Codecs []Codec
	// SessionID and Version of the o= line. Version rises by one with every changed
	// description of a session (RFC 3264 §8).
	SessionID, Version uint64
	// Direction from our point of view; empty means SendRecv.
	Direction Direction
	// SRTP says whether the stream is encrypted, and Crypto has our key of each suite that is
	// offered and accepted, the preferred first.
	SRTP   SRTPPolicy
	Crypto []Crypto
	// Encrypted says that the call has agreed on SRTP: plain RTP is refused from then on.
	Encrypted bool
	// Least leaves out of offers what a far end knows without it: codecs without a payload type
	// of their own, unless there are no others, the names of those that have one, and attributes
	// that say the default.
	Least bool
	// Resolve returns an address of a host that the far end's SDP names; nil: a host name is an
	// error. Hosts lists those that may be asked for.
	Resolve func(Host) (netip.Addr, error)
}

func (l Local) origin() netip.Addr {
	if l.Origin.IsValid() {
		return l.Origin
	}
	return l.Addr.Addr()
}

// codecs is the effective list.
func (l Local) codecs() []Codec {
	list := l.Codecs
	if len(list) == 0 {
		list = DefaultCodecs()
	}
	if !l.Least || !slices.ContainsFunc(list, Codec.isStatic) {
		return list
	}
	var least []Codec
	for _, c := range list {
		onClock := func(o Codec) bool { return o.isStatic() && o.Rate == c.Rate }
		if c.isStatic() || c.IsEvent() && slices.ContainsFunc(list, onClock) {
			least = append(least, c)
		}
	}
	return least
}

// toward is our address beside one of the far end: that of its IP version, or Addr if it is
// unspecified, which is a hold. It is false if we have none of that version.
func (l Local) toward(remote netip.Addr) (netip.AddrPort, bool) {
	switch {
	case remote.IsUnspecified() || sameVersion(remote, l.Addr.Addr()):
		return l.Addr, true
	case l.Other.IsValid() && sameVersion(remote, l.Other.Addr()):
		return l.Other, true
	}
	return netip.AddrPort{}, false
}

// versionError is ErrAddress with the two versions.
func (l Local) versionError(remote netip.Addr) error {
	theirs, ours := "IPv6", "IPv4"
	if remote.Unmap().Is4() {
		theirs, ours = ours, theirs
	}
	return fmt.Errorf("%w: %s is of %s, and ours is of %s alone", ErrAddress, remote, theirs, ours)
}

func sameVersion(a, b netip.Addr) bool { return a.Unmap().Is4() == b.Unmap().Is4() }

// addressOf returns the far end's RTP address.
func (l Local) addressOf(m Media) (netip.Addr, error) {
	switch {
	case m.Addr.IsValid():
		return m.Addr, nil
	case l.Resolve == nil || !hostName.MatchString(m.Host):
		return netip.Addr{}, fmt.Errorf("connection address %.40q: want an IP address or a host name", m.Host)
	}
	addr, err := l.Resolve(Host{m.Host, m.ipv6})
	if err != nil {
		return netip.Addr{}, fmt.Errorf("connection address %.40q: %w", m.Host, err)
	}
	return addr.Unmap(), nil
}

// hostName is a name that may be resolved (RFC 1123 §2.1).
var hostName = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z.-]{0,251}[0-9A-Za-z])?\.?$`)

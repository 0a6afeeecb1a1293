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
	// Codecs in order of preference; empty means DefaultCodecs.
	Codecs []Codec
	// EventPT overrides the payload type of telephone events in Codecs, if not 0.
	EventPT uint8
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
	// Resolve returns an address of a host name in the far end's SDP; nil: a host name is an
	// error.
	Resolve func(host string) (netip.Addr, error)
}

// codecs is the effective list, with EventPT applied.
func (l Local) codecs() []Codec {
	list := slices.Clone(l.Codecs)
	if len(list) == 0 {
		list = DefaultCodecs()
	}
	for i := range list {
		if list[i].IsEvent() && l.EventPT != 0 {
			list[i].PayloadType = l.EventPT
		}
	}
	return list
}

// reaches reports whether both addresses have the same IP version. An unspecified address is
// a hold.
func (l Local) reaches(to netip.Addr) bool {
	return to.IsUnspecified() || to.Unmap().Is4() == l.Addr.Addr().Unmap().Is4()
}

// addressOf returns the far end's RTP address.
func (l Local) addressOf(m Media) (netip.Addr, error) {
	switch {
	case m.Addr.IsValid():
		return m.Addr, nil
	case l.Resolve == nil || !hostName.MatchString(m.Host):
		return netip.Addr{}, fmt.Errorf("connection address %.40q: want an IP address or a host name", m.Host)
	}
	addr, err := l.Resolve(m.Host)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("connection address %.40q: %w", m.Host, err)
	}
	return addr.Unmap(), nil
}

// hostName is a name that may be resolved (RFC 1123 §2.1).
var hostName = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z.-]{0,251}[0-9A-Za-z])?\.?$`)

package sdp

import (
	"cmp"
	"net/netip"
	"strings"
	"time"
)

// Media is one m= line of a session description with its attributes.
type Media struct {
	// Kind is the media type: audio, video, image, application …
	Kind string
	// Port is 0 for a stream that is refused or switched off.
	Port uint16
	// Protocol is the transport, such as RTP/AVP.
	Protocol string
	// Formats as written on the m= line.
	Formats []string
	// Host is the connection address as written, Addr the same as an address, not valid for a
	// name.
	Host string
	Addr netip.Addr
	// Codecs are the formats with a known encoding, by an rtpmap or a static payload type.
	Codecs []Codec
	// Direction as its writer sees it; SendRecv if there is none.
	Direction Direction
	// PTime and MaxPTime are 0 if there is none.
	PTime, MaxPTime time.Duration

	// Crypto are the crypto attributes that can be used.
	Crypto []Crypto

	ipv6       bool              // the address type of the connection address is IP6
	maps       []Codec           // the rtpmaps
	parameters map[string]string // the fmtp attributes, by format
	unusable   []string          // why other crypto attributes cannot be used
}

// profile is the protocol in upper case, without the F of the feedback profile, which
// differs only in RTCP (RFC 4585, RFC 5124).
func (m Media) profile() string { return strings.TrimSuffix(strings.ToUpper(m.Protocol), "F") }

// isAudio reports whether the line is audio in RTP, encrypted or not.
func (m Media) isAudio() bool {
	return strings.EqualFold(m.Kind, "audio") && (m.profile() == "RTP/AVP" || m.isSecure() || m.overDTLS())
}

// isSecure reports whether the line is SRTP with keys in the description (RFC 4568).
func (m Media) isSecure() bool { return m.profile() == "RTP/SAVP" }

// overDTLS reports whether the line is SRTP with keys of DTLS (RFC 5764 §8).
func (m Media) overDTLS() bool { return m.profile() == "UDP/TLS/RTP/SAVP" }

// direction is what the far end allows. An address of 0.0.0.0 is the hold of RFC 2543
// (RFC 3264 §8.4).
func (m Media) direction() Direction {
	if m.Addr.IsValid() && m.Addr.IsUnspecified() {
		return m.Direction.and(SendOnly)
	}
	return m.Direction
}

// packetTime is the packet time to send with.
func (m Media) packetTime() time.Duration {
	const usual, least, most = 20 * time.Millisecond, 10 * time.Millisecond, 60 * time.Millisecond
	t := cmp.Or(m.PTime, usual)
	if m.MaxPTime > 0 {
		t = min(t, m.MaxPTime)
	}
	return min(max(t, least), most)
}

// Direction is that of the audio (RFC 3264 §5.1), as the description's writer sees it.
type Direction string

// The directions of RFC 8866 §6.7. The default is SendRecv.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// Sends reports whether the direction's owner sends.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly || d == "" }

// Receives reports whether the direction's owner receives.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly || d == "" }

// reversed is the direction as the other side sees it.
func (d Direction) reversed() Direction { return directionOf(d.Receives(), d.Sends()) }

// and is what both directions allow, as the same side sees them.
func (d Direction) and(other Direction) Direction {
	return directionOf(d.Sends() && other.Sends(), d.Receives() && other.Receives())
}

func directionOf(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	}
	return Inactive
}

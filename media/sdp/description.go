package sdp

import (
	"net/netip"
	"strings"
	"time"
)

// Description is a session description as the far end wrote it, reduced to what
// offer and answer need.
type Description struct {
	// SessionID and Version of the o= line, as text: gateways send numbers of any
	// size and sign. Both are empty if there is no usable o= line.
	SessionID, Version string
	// Media in the order of the m= lines, which is what ties an answer to its
	// offer (RFC 3264 §6).
	Media []Media
}

// Media is one m= line with what applies to it.
type Media struct {
	// Kind is the media type: audio, video, image, application …
	Kind string
	// Port is 0 for a stream that is refused or switched off.
	Port uint16
	// Protocol is the transport, such as RTP/AVP.
	Protocol string
	// Formats as written on the m= line.
	Formats []string
	// Host is the connection address as written; Addr is it as an address, and
	// not valid if Host is a name or is missing.
	Host string
	Addr netip.Addr
	// Codecs are the formats whose encoding is known: by an rtpmap, or by the
	// static payload types of RFC 3551.
	Codecs []Codec
	// Direction from the point of view of whoever wrote it, SendRecv if unsaid.
	Direction Direction
	// PTime and MaxPTime are 0 if unsaid.
	PTime, MaxPTime time.Duration
}

// plainAudio reports whether the line asks for what we do: unencrypted audio in
// RTP. The feedback profile differs only in RTCP (RFC 4585) and is taken too.
func (m Media) plainAudio() bool {
	plain := strings.EqualFold(m.Protocol, "RTP/AVP") || strings.EqualFold(m.Protocol, "RTP/AVPF")
	return strings.EqualFold(m.Kind, "audio") && plain
}

// direction is what the far end allows. An address of 0.0.0.0 is the hold of
// RFC 2543: whoever writes it receives nothing (RFC 3264 §8.4).
func (m Media) direction() Direction {
	if m.Addr.IsValid() && m.Addr.IsUnspecified() {
		return m.Direction.and(SendOnly)
	}
	return m.Direction
}

// packetTime is how much sound to put into one packet sent to the far end.
func (m Media) packetTime() time.Duration {
	const usual, least, most = 20 * time.Millisecond, 10 * time.Millisecond, 60 * time.Millisecond
	t := m.PTime
	if t <= 0 {
		t = usual
	}
	if m.MaxPTime > 0 {
		t = min(t, m.MaxPTime)
	}
	return min(max(t, least), most)
}

// Direction says which way sound flows (RFC 3264 §5.1), always from the point
// of view of whoever wrote the description that carries it.
type Direction string

// The four directions of RFC 8866 §6.7. A description that names none means
// SendRecv.
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

// reversed is the same flow seen from the other side.
func (d Direction) reversed() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	case Inactive:
		return Inactive
	default:
		return SendRecv
	}
}

// and is the flow that both directions allow, both from the same side.
func (d Direction) and(other Direction) Direction {
	sends := d.Sends() && other.Sends()
	receives := d.Receives() && other.Receives()
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	default:
		return Inactive
	}
}

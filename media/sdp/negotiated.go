package sdp

import (
	"net/netip"
	"time"
)

// Negotiated is what an offer and its answer agree on, from our point of view.
type Negotiated struct {
	// Remote is where the far end wants to receive RTP. Its address is
	// unspecified (0.0.0.0) on the old kind of hold (RFC 3264 §8.4).
	Remote netip.AddrPort
	// Codec is what we send: name and clock as agreed, the payload type being
	// the one that the far end wants to receive.
	Codec Codec
	// EventPT is the payload type for telephone events that we send; the far end
	// sends its own under the payload type that we named in our description.
	// HasEvents is false when the far end takes none.
	EventPT   uint8
	HasEvents bool
	// LocalEventPT is the payload type under which we are sent telephone events:
	// the one in our own description.
	LocalEventPT uint8
	// PTime is how much sound the far end wants in one packet: 10–60 ms.
	PTime time.Duration
	// Direction from our point of view.
	Direction Direction
}

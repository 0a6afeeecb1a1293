package sdp

import (
	"errors"
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
	// Receive are the audio codecs of our own description: the far end may send any
	// of them, under these payload types (RFC 3264 §5.1).
	Receive []Codec
	// EventPT is the payload type for telephone events that we send, and EventRate
	// their clock in Hz; the far end sends its own under the payload type that we
	// named in our description. HasEvents is false when the far end takes none.
	EventPT   uint8
	EventRate int
	HasEvents bool
	// LocalEventPT is the payload type under which we are sent telephone events:
	// the one in our own description, 0 if it names none; LocalEventRate is their
	// clock in Hz. We may be sent them though the far end takes none: what we have
	// offered we are ready to receive (RFC 3264 §5.1).
	LocalEventPT   uint8
	LocalEventRate int
	// PTime is how much sound the far end wants in one packet: 10–60 ms.
	PTime time.Duration
	// Direction from our point of view.
	Direction Direction
}

// Why no stream comes about. All of them call for 488 Not Acceptable Here when
// an offer is being answered, and for the end of the call when an answer is.
var (
	// ErrNoAudio: no m= line asks for unencrypted audio on a port.
	ErrNoAudio = errors.New("no plain RTP audio on offer")
	// ErrRefused: the answer switches our stream off (RFC 3264 §6: port 0).
	ErrRefused = errors.New("the answer refuses the audio stream")
	// ErrAddress: the far end wants its sound at an address of the other family,
	// IPv6 for one of ours that is IPv4 or the reverse.
	ErrAddress = errors.New("the audio stream has no address of our IP version")
	// ErrNoCodec: the two sides have no encoding in common.
	ErrNoCodec = errors.New("no common codec")
)

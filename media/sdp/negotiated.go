package sdp

import (
	"errors"
	"net/netip"
	"time"
)

// Negotiated is the result of an offer and its answer, as we see it.
type Negotiated struct {
	// Remote is the far end's RTP address; 0.0.0.0 or :: on the old kind of hold (RFC 3264 §8.4).
	Remote netip.AddrPort
	// Local is the address of our own description.
	Local netip.AddrPort
	// Codec is what we send, under the far end's payload type and with its parameters.
	Codec Codec
	// Receive are the audio codecs of our own description: the far end may send any
	// of them, under these payload types (RFC 3264 §5.1).
	Receive []Codec
	// EventPT is the payload type of the telephone events that we send, and EventRate their
	// clock in Hz. HasEvents is false when the far end accepts none.
	EventPT   uint8
	EventRate int
	HasEvents bool
	// LocalEvents are the telephone events of our own description: what we have offered we
	// receive, also if the far end accepts none (RFC 3264 §5.1).
	LocalEvents []Codec
	// PTime is the packet time that the far end wants: 10–60 ms.
	PTime time.Duration
	// Direction as we see it.
	Direction Direction
	// SRTP has suite and keys of an encrypted stream; the zero SRTP is plain RTP.
	SRTP SRTP
}

// Why there is no stream: 488 Not Acceptable Here to an offer, the end of the call after an
// answer.
var (
	// ErrNoAudio: no m= line is audio in RTP on a port.
	ErrNoAudio = errors.New("no RTP audio on offer")
	// ErrRefused: the answer switches our stream off (RFC 3264 §6: port 0).
	ErrRefused = errors.New("the answer refuses the audio stream")
	// ErrAddress: the far end's address is of an IP version that we have no address of.
	ErrAddress = errors.New("the audio stream has no address of our IP version")
	// ErrNoCodec: the two sides have no encoding in common.
	ErrNoCodec = errors.New("no common codec")
)

package sdp

import "errors"

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

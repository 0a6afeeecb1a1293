package sdp

import (
	"slices"
	"strings"
)

// Codec is one entry of a media description's format list.
type Codec struct {
	// Name is the encoding name of the rtpmap, in any case (RFC 8866 §6.6).
	Name string
	// PayloadType is 0–127.
	PayloadType uint8
	// Rate is the RTP clock in Hz.
	Rate int
}

// Encoding names of DefaultCodecs.
const (
	PCMU           = "PCMU"
	PCMA           = "PCMA"
	TelephoneEvent = "telephone-event"
)

// DefaultCodecs is the default offer: G.711 under its static payload types (RFC 3551 §6), and
// telephone events (RFC 4733) under 101.
func DefaultCodecs() []Codec {
	return []Codec{
		{Name: PCMU, PayloadType: 0, Rate: 8000},
		{Name: PCMA, PayloadType: 8, Rate: 8000},
		{Name: TelephoneEvent, PayloadType: 101, Rate: 8000},
	}
}

// IsEvent reports whether the codec carries telephone events instead of audio.
func (c Codec) IsEvent() bool { return strings.EqualFold(c.Name, TelephoneEvent) }

// isAudioOf reports whether a payload type is received as audio whatever a description
// says: it is one of ours, or a static one of G.711.
func isAudioOf(ours []Codec, payloadType uint8) bool {
	return slices.ContainsFunc(append(DefaultCodecs(), ours...), func(c Codec) bool {
		return !c.IsEvent() && c.PayloadType == payloadType
	})
}

// same reports whether both name one encoding, whatever its payload type.
func (c Codec) same(other Codec) bool {
	return strings.EqualFold(c.Name, other.Name) && c.Rate == other.Rate
}

// static are the payload types of audio that need no rtpmap (RFC 3551 §6, table 4).
var static = map[uint8]Codec{
	0: {PCMU, 0, 8000}, 3: {"GSM", 3, 8000}, 4: {"G723", 4, 8000}, 5: {"DVI4", 5, 8000}, 6: {"DVI4", 6, 16000},
	7: {"LPC", 7, 8000}, 8: {PCMA, 8, 8000}, 9: {"G722", 9, 8000}, 10: {"L16", 10, 44100}, 11: {"L16", 11, 44100},
	12: {"QCELP", 12, 8000}, 13: {"CN", 13, 8000}, 14: {"MPA", 14, 90000}, 15: {"G728", 15, 8000},
	16: {"DVI4", 16, 11025}, 17: {"DVI4", 17, 22050}, 18: {"G729", 18, 8000},
}

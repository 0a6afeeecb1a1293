package sdp

import "strings"

// Codec is one entry of a media description's format list.
type Codec struct {
	// Name is the encoding name of the rtpmap: PCMU, PCMA or telephone-event
	// among our own; case does not matter (RFC 8866 §6.6).
	Name string
	// PayloadType is 0–127.
	PayloadType uint8
	// Rate is the RTP clock in Hz.
	Rate int
}

// Encoding names that Ringflow speaks.
const (
	PCMU           = "PCMU"
	PCMA           = "PCMA"
	TelephoneEvent = "telephone-event"
)

// DefaultCodecs is what Ringflow offers: both laws of G.711 under their static
// payload types (RFC 3551 §6) and telephone events of RFC 4733 under 101.
func DefaultCodecs() []Codec {
	return []Codec{
		{Name: PCMU, PayloadType: 0, Rate: 8000},
		{Name: PCMA, PayloadType: 8, Rate: 8000},
		{Name: TelephoneEvent, PayloadType: 101, Rate: 8000},
	}
}

// IsEvent reports whether the codec carries telephone events instead of sound.
func (c Codec) IsEvent() bool { return strings.EqualFold(c.Name, TelephoneEvent) }

// meansSound reports whether the payload type is a static one of our sound, which is
// heard as that whatever a description says.
func (c Codec) meansSound() bool {
	_, known := static[c.PayloadType]
	return known
}

// same reports whether both name one encoding, whatever its payload type.
func (c Codec) same(other Codec) bool {
	return strings.EqualFold(c.Name, other.Name) && c.Rate == other.Rate
}

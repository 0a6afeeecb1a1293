package sdp

import (
	"fmt"
	"slices"
	"strconv"
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
	// Channels stand behind the clock in the rtpmap; 0 and 1 are left out.
	Channels int
	// Parameters are the fmtp attribute, "name=value;name=value": what the writer of the
	// description wants to receive.
	Parameters string
}

// Parameter is the number of a parameter of the fmtp attribute; false if it has none.
func (c Codec) Parameter(name string) (value int, ok bool) {
	for parameter := range strings.SplitSeq(c.Parameters, ";") {
		key, text, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			value, err := strconv.Atoi(strings.TrimSpace(text))
			return value, err == nil
		}
	}
	return 0, false
}

// write writes the attributes of the codec.
func (c Codec) write(b *strings.Builder) {
	fmt.Fprintf(b, "a=rtpmap:%d %s/%d", c.PayloadType, c.Name, c.Rate)
	if c.Channels > 1 {
		fmt.Fprintf(b, "/%d", c.Channels)
	}
	b.WriteString("\r\n")
	if c.Parameters != "" {
		fmt.Fprintf(b, "a=fmtp:%d %s\r\n", c.PayloadType, c.Parameters)
	}
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
	return []Codec{{Name: PCMU, PayloadType: 0, Rate: 8000}, {Name: PCMA, PayloadType: 8, Rate: 8000}, Events(101, 8000)}
}

// Events are telephone events on a clock in Hz: of them the DTMF digits alone (RFC 4733 §3.2).
func Events(payloadType uint8, clock int) Codec {
	return Codec{Name: TelephoneEvent, PayloadType: payloadType, Rate: clock, Parameters: "0-15"}
}

// IsEvent reports whether the codec carries telephone events instead of audio.
func (c Codec) IsEvent() bool { return strings.EqualFold(c.Name, TelephoneEvent) }

// isStatic reports whether the payload type says what the codec is.
func (c Codec) isStatic() bool { return c.same(static[c.PayloadType]) }

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
var static = func() map[uint8]Codec {
	types := map[uint8]Codec{}
	for _, c := range []Codec{
		{PayloadType: 0, Name: PCMU, Rate: 8000}, {PayloadType: 3, Name: "GSM", Rate: 8000}, {PayloadType: 4, Name: "G723", Rate: 8000},
		{PayloadType: 5, Name: "DVI4", Rate: 8000}, {PayloadType: 6, Name: "DVI4", Rate: 16000}, {PayloadType: 7, Name: "LPC", Rate: 8000},
		{PayloadType: 8, Name: PCMA, Rate: 8000}, {PayloadType: 9, Name: "G722", Rate: 8000}, {PayloadType: 10, Name: "L16", Rate: 44100, Channels: 2},
		{PayloadType: 11, Name: "L16", Rate: 44100}, {PayloadType: 12, Name: "QCELP", Rate: 8000}, {PayloadType: 13, Name: "CN", Rate: 8000},
		{PayloadType: 14, Name: "MPA", Rate: 90000}, {PayloadType: 15, Name: "G728", Rate: 8000}, {PayloadType: 16, Name: "DVI4", Rate: 11025},
		{PayloadType: 17, Name: "DVI4", Rate: 22050}, {PayloadType: 18, Name: "G729", Rate: 8000},
	} {
		types[c.PayloadType] = c
	}
	return types
}()

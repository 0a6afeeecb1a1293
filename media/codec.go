package media

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ringflow/media/sdp"
)

// codec is one coding of audio, immutable: a value in a file codec_x.go, and a line
// of codecs.
type codec struct {
	sdp.Codec              // encoding name, payload type, RTP clock, parameters
	bytesPerMS int         // of payload, as it is sent where the far end wants no less
	silence    byte        // of which a payload of silence consists, unless it is framed
	wideband   bool        // G.107 does not rate it
	g711       *companding // nil for all else
	framed     *framing    // nil: a payload may be cut and joined anywhere
	encoder    func(encoding) encoder
	decoder    func() decoder
}

// framing is a codec whose payloads are frames, each of which says how long it lasts.
type framing struct {
	units func(payload []byte) uint32 // timestamp units; 0: it is no payload of the codec
	// adapt is how the codec is sent to a far end with the parameters, and relayed whether that
	// takes all that another one may send by our description.
	adapt   func(wanted sdp.Codec) (rate int)
	relayed func(wanted sdp.Codec) bool
}

// codecs are all of them. PCMU and PCMA are what every far end is offered unless its
// trunk names others.
var codecs = []*codec{pcmu, pcma, g722, opus}

// encoder makes payload of one stream of samples at 8 kHz. It returns the bytes written; 0
// while it waits for more samples.
type encoder interface {
	encode(pcm []int16, out []byte) int
}

// decoder makes samples at 8 kHz of the payloads of one stream, in their order. It returns
// the samples written.
type decoder interface {
	decode(payload []byte, out []int16) int
}

// recoverer is a decoder that makes samples of the packet before from a payload that has them
// again; none if it has not.
type recoverer interface {
	recover(payload []byte, out []int16) int
}

// encoding is how a port sends a codec.
type encoding struct {
	*codec
	rate   int   // bytes a millisecond
	period int64 // the packet time in ticks of a framed codec; 0: a payload may be cut anywhere
}

// encodingFor is how a codec is sent to a far end that wants it with the parameters, in
// packets of the period.
func (c *codec) encodingFor(wanted sdp.Codec, period int64) encoding {
	if c.framed == nil {
		return encoding{codec: c, rate: c.bytesPerMS}
	}
	return encoding{codec: c, rate: c.framed.adapt(wanted), period: period}
}

// usual is how the codec is sent where the far end wants nothing else.
func (c *codec) usual() encoding { return c.encodingFor(c.Codec, cycle) }

// size is that of the payload of so many ticks, in bytes.
func (e encoding) size(ticks int64) int { return int(ticks) * e.rate }

// codecFor returns the codec of an encoding name, nil if there is none.
func codecFor(name string) *codec {
	for _, c := range codecs {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	return nil
}

// CodecNames lists the codecs, in lower case.
func CodecNames() []string {
	names := make([]string, len(codecs))
	for i, c := range codecs {
		names[i] = strings.ToLower(c.Name)
	}
	return names
}

// eventTypeWide is the payload type under which telephone events are offered on the clock
// of a codec that has not 8000 Hz.
const eventTypeWide = 110

// Formats are the codecs of the names, in their order, and telephone events on the clock
// of each: what an offer lists. No names at all are sdp.DefaultCodecs. It returns an error
// for a name that is not one of CodecNames, in any case.
func Formats(names []string) ([]sdp.Codec, error) {
	formats := sdp.DefaultCodecs()
	if len(names) == 0 {
		return formats, nil
	}
	events := formats[len(formats)-1:]
	formats = nil
	for _, name := range names {
		c := codecFor(name)
		if c == nil {
			return nil, fmt.Errorf("codec %q: want one of %s", name, strings.Join(CodecNames(), ", "))
		}
		formats = append(formats, c.Codec)
		if !slices.ContainsFunc(events, func(e sdp.Codec) bool { return e.Rate == c.Rate }) {
			events = append(events, sdp.Events(eventTypeWide, c.Rate))
		}
	}
	return append(formats, events...), nil
}

// units is how long a payload lasts, in timestamp units of RTP.
func (c *codec) units(payload []byte) uint32 {
	if c.framed != nil {
		return c.framed.units(payload)
	}
	return uint32(len(payload) * c.Rate / 1000 / c.bytesPerMS)
}

// duration is a number of timestamp units as a time.
func (c *codec) duration(units uint32) time.Duration {
	return time.Duration(units) * time.Second / time.Duration(c.Rate)
}

// unitsIn is a time in timestamp units of a clock in Hz. It does not overflow in the life of
// a process.
func unitsIn(d time.Duration, clock int) int64 {
	return int64(d/time.Second)*int64(clock) + int64(d%time.Second)*int64(clock)/int64(time.Second)
}

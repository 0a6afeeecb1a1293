package media

import (
	"fmt"
	"strings"

	"ringflow/media/sdp"
)

// codec is one encoding of audio, immutable: a value in a file codec_x.go, and a line
// of codecs. Streams of it have an RTP clock of 8000 Hz and a fixed bit rate.
type codec struct {
	sdp.Codec              // encoding name, static payload type (RFC 3551 §6), RTP clock
	bytesPerMS int         // of payload
	silence    byte        // of which a payload of silence consists
	wideband   bool        // G.107 does not rate it
	g711       *companding // nil for all else
	encoder    func() encoder
	decoder    func() decoder
}

// codecs are all of them. PCMU and PCMA are what every far end is offered unless its
// trunk names others.
var codecs = []*codec{pcmu, pcma, g722}

// encoder makes payload of one stream of samples at 8 kHz. It returns the bytes written.
type encoder interface {
	encode(pcm []int16, out []byte) int
}

// decoder makes samples at 8 kHz of the payloads of one stream, in their order. It returns
// the samples written.
type decoder interface {
	decode(payload []byte, out []int16) int
}

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

// Formats are the codecs of the names, in their order, and telephone events: what an
// offer lists. No names at all are sdp.DefaultCodecs. It returns an error for a name
// that is not one of CodecNames, in any case.
func Formats(names []string) ([]sdp.Codec, error) {
	formats := sdp.DefaultCodecs()
	if len(names) == 0 {
		return formats, nil
	}
	events := formats[len(formats)-1]
	formats = nil
	for _, name := range names {
		c := codecFor(name)
		if c == nil {
			return nil, fmt.Errorf("codec %q: want one of %s", name, strings.Join(CodecNames(), ", "))
		}
		formats = append(formats, c.Codec)
	}
	return append(formats, events), nil
}

// units is how long a payload lasts, in timestamp units of RTP.
func (c *codec) units(bytes int) uint32 { return uint32(bytes * sampleRate / 1000 / c.bytesPerMS) }

package media

import (
	"strings"

	"github.com/zaf/g711"

	"ringflow/media/sdp"
)

// law is one of the two encodings of ITU-T G.711.
type law uint8

const (
	ulaw law = iota // PCMU
	alaw            // PCMA
)

// silence is the encoding of a zero sample, by law.
var silence = [2]byte{ulaw: 0xFF, alaw: 0xD5}

// across turns a byte of one law into the other, by the law it comes from.
var across = crossTable()

// linear turns a byte into a 16-bit sample, by law.
var linear = linearTable()

func crossTable() (t [2][256]byte) {
	for i := range 256 {
		t[ulaw][i] = g711.Ulaw2AlawFrame(byte(i))
		t[alaw][i] = g711.Alaw2UlawFrame(byte(i))
	}
	return t
}

func linearTable() (t [2][256]int16) {
	for i := range 256 {
		t[ulaw][i] = g711.DecodeUlawFrame(byte(i))
		t[alaw][i] = g711.DecodeAlawFrame(byte(i))
	}
	return t
}

// encode turns linear samples into bytes of the law.
func (l law) encode(pcm []int16) []byte {
	out := make([]byte, len(pcm))
	for i, s := range pcm {
		if l == alaw {
			out[i] = g711.EncodeAlawFrame(s)
		} else {
			out[i] = g711.EncodeUlawFrame(s)
		}
	}
	return out
}

// transcode turns bytes of law l into the other law, in place.
func (l law) transcode(b []byte) {
	t := &across[l]
	for i, v := range b {
		b[i] = t[v]
	}
}

// lawOf is the law of a negotiated codec.
func lawOf(c sdp.Codec) law {
	if strings.EqualFold(c.Name, sdp.PCMA) {
		return alaw
	}
	return ulaw
}

package media

import (
	"github.com/zaf/g711"

	"ringflow/media/sdp"
)

// pcmu and pcma are ITU-T G.711 with µ-law and A-law companding: a byte for each
// sample, without state.
var (
	pcmu = newG711(sdp.Codec{Name: sdp.PCMU, PayloadType: 0, Rate: 8000}, 0xFF, g711.EncodeUlawFrame, g711.DecodeUlawFrame, g711.Ulaw2AlawFrame)
	pcma = newG711(sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}, 0xD5, g711.EncodeAlawFrame, g711.DecodeAlawFrame, g711.Alaw2UlawFrame)
)

// companding is the encoder and decoder of one of the two.
type companding struct {
	compress func(int16) uint8
	linear   [256]int16 // by byte
	cross    [256]byte  // the same sample in the other law, by byte
}

func newG711(c sdp.Codec, silence byte, compress func(int16) uint8, expand func(uint8) int16, cross func(uint8) uint8) *codec {
	table := &companding{compress: compress}
	for i := range table.linear {
		table.linear[i], table.cross[i] = expand(byte(i)), cross(byte(i))
	}
	return &codec{
		Codec: c, bytesPerMS: 8, silence: silence, g711: table,
		encoder: func(encoding) encoder { return table },
		decoder: func() decoder { return table },
	}
}

func (t *companding) encode(pcm []int16, out []byte) int {
	n := min(len(pcm), len(out))
	for i, s := range pcm[:n] {
		out[i] = t.compress(s)
	}
	return n
}

func (t *companding) decode(payload []byte, out []int16) int {
	n := min(len(payload), len(out))
	for i, v := range payload[:n] {
		out[i] = t.linear[v]
	}
	return n
}

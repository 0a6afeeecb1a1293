// Package audio holds the arithmetic of what a phone says and hears: the two
// laws of ITU-T G.711, tones, the Goertzel filter, correlation and WAV files.
// It knows no packet and no clock. All audio is 8,000 samples a second, mono.
//
// Read g711.go, tone.go, measure.go, wav.go.
package audio

// Codec is a G.711 companding law, named by its static RTP payload type.
type Codec uint8

// The two laws (RFC 3551 table 4).
const (
	MuLaw Codec = 0
	ALaw  Codec = 8
)

var tables = buildTables()

type codecTables struct {
	decode map[Codec]*[256]int16
	encode map[Codec]*[65536]byte
}

// Encode compands one sample.
func (l Codec) Encode(sample int16) byte { return tables.encode[l][uint16(sample)] }

// Decode expands one byte.
func (l Codec) Decode(b byte) int16 { return tables.decode[l][b] }

// EncodeAll compands a run of samples.
func (l Codec) EncodeAll(samples []int16) []byte {
	table := tables.encode[l]
	out := make([]byte, len(samples))
	for i, s := range samples {
		out[i] = table[uint16(s)]
	}
	return out
}

// DecodeAll expands a run of bytes.
func (l Codec) DecodeAll(companded []byte) []int16 {
	table := tables.decode[l]
	out := make([]int16, len(companded))
	for i, b := range companded {
		out[i] = table[b]
	}
	return out
}

func buildTables() codecTables {
	t := codecTables{decode: map[Codec]*[256]int16{}, encode: map[Codec]*[65536]byte{}}
	for law, expand := range map[Codec]func(byte) int16{MuLaw: expandMu, ALaw: expandA} {
		var decode [256]int16
		for b := range decode {
			decode[b] = expand(byte(b))
		}
		t.decode[law] = &decode
	}
	var mu, a [65536]byte
	for s := -32768; s < 32768; s++ {
		mu[uint16(int16(s))] = compressMu(s)
		a[uint16(int16(s))] = compressA(s)
	}
	t.encode[MuLaw], t.encode[ALaw] = &mu, &a
	return t
}

// expandMu follows G.711 table 2: the complemented byte is sign, 3 bits of
// segment, 4 of step; 132 is the bias in 16-bit units.
func expandMu(b byte) int16 {
	b = ^b
	magnitude := (int(b&0x0F)<<3+132)<<(b>>4&7) - 132
	if b&0x80 != 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

func compressMu(sample int) byte {
	sign := byte(0)
	if sample < 0 {
		sample, sign = -sample, 0x80
	}
	sample = min(sample, 32635) + 132
	segment := 7
	for segment > 0 && sample < 1<<(segment+7) {
		segment--
	}
	return ^(sign | byte(segment)<<4 | byte(sample>>(segment+3))&0x0F)
}

// expandA follows G.711 table 1: even bits are inverted.
func expandA(b byte) int16 {
	b ^= 0x55
	magnitude, segment := int(b&0x0F)<<4+8, b>>4&7
	if segment > 0 {
		magnitude = (magnitude + 256) << (segment - 1)
	}
	if b&0x80 == 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

func compressA(sample int) byte {
	sign := byte(0x80)
	if sample < 0 {
		sample, sign = -sample-1, 0
	}
	sample >>= 3
	segment := 0
	for limit := 32; segment < 7 && sample >= limit; limit <<= 1 {
		segment++
	}
	shift := max(segment, 1)
	return (sign | byte(segment)<<4 | byte(sample>>shift)&0x0F) ^ 0x55
}

package media

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Sample formats of a WAV file (RFC 2361).
const (
	wavPCM        = 1
	wavFloat      = 3
	wavALaw       = 6
	wavULaw       = 7
	wavExtensible = 0xFFFE
)

// wav is a WAV file taken apart.
type wav struct {
	format, channels, bits int
	rate                   int
	data                   []byte
}

// decodeWAV reads a WAV file as 8 kHz samples.
func decodeWAV(file []byte) ([]int16, error) {
	w, err := parseWAV(file)
	if err != nil {
		return nil, err
	}
	frame := w.channels * w.bits / 8
	frames := len(w.data) / frame
	if frames == 0 {
		return nil, fmt.Errorf("%w: the WAV has %d bytes of data, and a sample takes %d", ErrNoSound, len(w.data), frame)
	}
	if err := checkLength(frames, w.rate); err != nil {
		return nil, err
	}
	sample := w.sampler()
	mono := func(i int) float64 {
		var sum float64
		for c := range w.channels {
			sum += sample(w.data[i*frame+c*w.bits/8:])
		}
		return sum / float64(w.channels)
	}
	if w.rate == sampleRate {
		pcm := make([]int16, frames)
		for i := range pcm {
			pcm[i] = clip(mono(i))
		}
		return pcm, nil
	}
	r := newResampler(w.rate)
	block := make([]float32, 0, 4096)
	for i := range frames {
		if block = append(block, float32(mono(i))); len(block) == cap(block) {
			r.push(block)
			block = block[:0]
		}
	}
	r.push(block)
	return r.finish(), nil
}

// parseWAV finds the format and the sound. It is tolerant: chunks may come in
// any order and number, odd ones with or without their padding byte at the end,
// and a length beyond the file, as streaming writers leave it, means the rest of
// the file. So does a length of 0, unless whole chunks follow to the end: that
// writer was done, and had no sound.
func parseWAV(file []byte) (w wav, err error) {
	seen := false
	for at := 12; at+8 <= len(file); {
		id, size := string(file[at:at+4]), int64(binary.LittleEndian.Uint32(file[at+4:]))
		body := file[at+8:]
		if id == "data" && (size == 0 && !wholeChunks(body) || size > int64(len(body))) {
			size = int64(len(body))
		}
		size = min(size, int64(len(body)))
		body = body[:size]
		switch id {
		case "fmt ":
			if err := w.readFormat(body); err != nil {
				return w, err
			}
			seen = true
		case "data":
			if len(w.data) == 0 {
				w.data = body
			}
		}
		at += 8 + int(size+size%2)
	}
	if !seen {
		return w, fmt.Errorf("%w: WAV without a format", ErrSound)
	}
	return w, nil
}

// wholeChunks reports whether b is chunks and nothing else; the last may lack its
// padding.
func wholeChunks(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 8 {
			return false
		}
		for _, c := range b[:4] {
			if c < ' ' || c > '~' {
				return false
			}
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		if b = b[8:]; size > int64(len(b)) {
			return false
		}
		b = b[min(size+size%2, int64(len(b))):]
	}
	return true
}

func (w *wav) readFormat(b []byte) error {
	if len(b) < 16 {
		return fmt.Errorf("%w: WAV format of %d bytes, want 16 at least", ErrSound, len(b))
	}
	w.format = int(binary.LittleEndian.Uint16(b))
	w.channels = int(binary.LittleEndian.Uint16(b[2:]))
	rate := binary.LittleEndian.Uint32(b[4:])
	w.bits = int(binary.LittleEndian.Uint16(b[14:]))
	if w.format == wavExtensible && len(b) >= 26 {
		w.format = int(binary.LittleEndian.Uint16(b[24:])) // the sub-format begins with the plain code
	}
	if w.channels < 1 || w.channels > 8 {
		return fmt.Errorf("%w: %d channels, want 1–8", ErrSound, w.channels)
	}
	if err := checkRate(int(min(rate, math.MaxInt32))); err != nil {
		return err
	}
	w.rate = int(rate)
	if w.sampler() == nil {
		return fmt.Errorf("%w: WAV format %d of %d bits, want PCM of 8, 16, 24 or 32, float of 32 or 64, A-law or µ-law of 8",
			ErrSound, w.format, w.bits)
	}
	return nil
}

// sampler reads one sample on the scale of 16 bits; nil for formats unknown.
func (w *wav) sampler() func([]byte) float64 {
	le := binary.LittleEndian
	switch [2]int{w.format, w.bits} {
	case [2]int{wavPCM, 8}:
		return func(b []byte) float64 { return (float64(b[0]) - 128) * 256 }
	case [2]int{wavPCM, 16}:
		return func(b []byte) float64 { return float64(int16(le.Uint16(b))) }
	case [2]int{wavPCM, 24}:
		return func(b []byte) float64 {
			return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 16)
		}
	case [2]int{wavPCM, 32}:
		return func(b []byte) float64 { return float64(int32(le.Uint32(b))) / (1 << 16) }
	case [2]int{wavFloat, 32}:
		return func(b []byte) float64 { return finite(float64(math.Float32frombits(le.Uint32(b)))) }
	case [2]int{wavFloat, 64}:
		return func(b []byte) float64 { return finite(math.Float64frombits(le.Uint64(b))) }
	case [2]int{wavALaw, 8}:
		return func(b []byte) float64 { return float64(linear[alaw][b[0]]) }
	case [2]int{wavULaw, 8}:
		return func(b []byte) float64 { return float64(linear[ulaw][b[0]]) }
	}
	return nil
}

// finite brings a floating-point sample to the scale of 16 bits; one that is no
// number is silence, one far out of range is held at twice full scale.
func finite(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -2), 2) * (math.MaxInt16 + 1)
}

// EncodeWAV writes 8 kHz samples as a WAV file of 16 bits, mono.
func EncodeWAV(pcm []int16) []byte {
	const header, bytesPerSample = 44, 2
	size := len(pcm) * bytesPerSample
	b := make([]byte, 0, header+size)
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(header-8+size))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, wavPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, sampleRate)
	b = le.AppendUint32(b, sampleRate*bytesPerSample)
	b = le.AppendUint16(b, bytesPerSample)
	b = le.AppendUint16(b, 8*bytesPerSample)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(size))
	for _, s := range pcm {
		b = le.AppendUint16(b, uint16(s))
	}
	return b
}

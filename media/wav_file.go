package media

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// wav is a WAV file taken apart.
type wav struct {
	format, channels, bits int
	rate                   int
	block                  int        // bytes of a frame, or of a block of ADPCM
	predictors             [][2]int16 // of Microsoft's ADPCM
	samples                int        // of each channel, as the chunk fact says; 0 if nothing does
	data                   []byte
}

// isWAV tells a WAV file, also one of more than 4 GB (EBU Tech 3306).
func isWAV(file []byte) bool {
	return len(file) >= 12 && string(file[8:12]) == "WAVE" && slices.Contains([]string{"RIFF", "RF64", "BW64"}, string(file[:4]))
}

// decodeWAV reads a WAV file as 8 kHz samples.
func decodeWAV(file []byte) ([]int16, error) {
	w, err := parseWAV(file)
	if err != nil {
		return nil, err
	}
	switch w.format {
	case wavMP3, wavMPEG:
		return decodeMP3(w.data)
	case wavIMAADPCM, wavMSADPCM:
		if err := w.expandADPCM(); err != nil {
			return nil, err
		}
	}
	frame := w.channels * w.bits / 8
	frames := len(w.data) / frame
	if frames == 0 {
		return nil, fmt.Errorf("%w: the WAV has %d bytes of data, and a sample takes %d", ErrNoSamples, len(w.data), frame)
	}
	if err := checkLength(frames, w.rate); err != nil {
		return nil, err
	}
	sample := wavSamplers[[2]int{w.format, w.bits}]
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
	var out rateConverter
	block := make([]float32, 0, 4096)
	for i := range frames {
		if block = append(block, float32(mono(i))); len(block) == cap(block) || i == frames-1 {
			if err := out.push(block, w.rate); err != nil {
				return nil, err
			}
			block = block[:0]
		}
	}
	return out.finish(), nil
}

// parseWAV finds the format and the audio. It is tolerant: chunks may come in any
// order and number, odd ones with or without their padding byte, and a length
// beyond the file, as streaming writers leave it, means the rest of the file. So
// does a length of 0, unless whole chunks follow to the end: that writer was done,
// and had no audio. So does one behind which no chunk begins. A file of RF64 has
// its length in a chunk ds64.
func parseWAV(file []byte) (w wav, err error) {
	seen, length64 := false, int64(-1)
	closed := false // whole chunks follow to the end
	for at := 12; at+8 <= len(file); {
		id, size := string(file[at:at+4]), int64(binary.LittleEndian.Uint32(file[at+4:]))
		body := file[at+8:]
		if id == "data" {
			if size == math.MaxUint32 && length64 >= 0 {
				size = length64
			}
			if size > 0 || !closed {
				size = dataSize(body, size)
				closed = closed || size == 0
			}
		}
		size = min(size, int64(len(body)))
		body = body[:size]
		switch id {
		case "fmt ":
			if err := w.readFormat(body); err != nil {
				return w, err
			}
			seen = true
		case "ds64":
			if len(body) >= 16 {
				length64 = int64(min(binary.LittleEndian.Uint64(body[8:]), math.MaxInt64))
			}
		case "fact":
			if len(body) >= 4 {
				w.samples = int(binary.LittleEndian.Uint32(body))
			}
		case "data":
			if len(w.data) == 0 {
				w.data = body
			}
		}
		at += 8 + int(size)
		if size%2 == 1 && (chunkAt(file[min(at+1, len(file)):]) || !chunkAt(file[at:])) {
			at++ // the padding byte
		}
	}
	if !seen {
		return w, fmt.Errorf("%w: WAV without a format", ErrAudio)
	}
	return w, nil
}

// dataSize is how much of body is audio, whose chunk says that it has a size.
func dataSize(body []byte, size int64) int64 {
	all := int64(len(body))
	switch {
	case size > all, size == 0 && !wholeChunks(body):
		return all
	case all-size > 8 && !chunkAt(body[size:]) && !chunkAt(body[size+size%2:]) && !chunkAt(body[size+1:]):
		return all
	}
	return size
}

// knownChunks are those that writers put behind the audio.
var knownChunks = []string{"LIST", "id3 ", "ID3 ", "bext", "fact", "cue ", "smpl", "inst", "JUNK", "junk", "PAD ", "FLLR", "axml", "iXML", "_PMX", "afsp", "PEAK",
	"DISP", "levl", "acid", "minf", "data", "fmt "}

// chunkAt reports whether b begins with a chunk: its name is four printable
// characters, and it is whole, or known by its name.
func chunkAt(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	for _, c := range b[:4] {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return int64(binary.LittleEndian.Uint32(b[4:])) <= int64(len(b)-8) || slices.Contains(knownChunks, string(b[:4]))
}

// wholeChunks reports whether b is chunks and nothing else; the last may lack its
// padding.
func wholeChunks(b []byte) bool {
	for len(b) > 0 {
		if !chunkAt(b) {
			return false
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		if b = b[8:]; size > int64(len(b)) {
			return false
		}
		b = b[min(size+size%2, int64(len(b))):]
	}
	return true
}

// wavSamplers read one sample on the scale of 16 bits, by format and bits.
var wavSamplers = map[[2]int]func(b []byte) float64{
	{wavPCM, 8}:  func(b []byte) float64 { return (float64(b[0]) - 128) * 256 },
	{wavPCM, 16}: func(b []byte) float64 { return float64(int16(binary.LittleEndian.Uint16(b))) },
	{wavPCM, 24}: func(b []byte) float64 {
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 16)
	},
	{wavPCM, 32}: func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 16) },
	{wavFloat, 32}: func(b []byte) float64 {
		return clampFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	},
	{wavFloat, 64}: func(b []byte) float64 { return clampFloat(math.Float64frombits(binary.LittleEndian.Uint64(b))) },
	{wavALaw, 8}:   func(b []byte) float64 { return float64(pcma.g711.linear[b[0]]) },
	{wavULaw, 8}:   func(b []byte) float64 { return float64(pcmu.g711.linear[b[0]]) },
}

// clampFloat brings a floating-point sample to the scale of 16 bits; one that is no
// number is silence, one far out of range is held at twice full scale.
func clampFloat(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -2), 2) * (math.MaxInt16 + 1)
}

// EncodeWAV writes 8 kHz samples as a WAV file of 16 bits, mono.
func EncodeWAV(pcm []int16) []byte {
	const header, bytesPerSample = 44, 2
	size := len(pcm) * bytesPerSample
	le := binary.LittleEndian
	b := append(make([]byte, 0, header+size), "RIFF"...)
	b = le.AppendUint32(b, uint32(header-8+size))
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b, _ = binary.Append(b, le, wavFormat{
		Format: wavPCM, Channels: 1, Rate: sampleRate, BytesPerSecond: sampleRate * bytesPerSample, Block: bytesPerSample, Bits: 8 * bytesPerSample,
	})
	b = le.AppendUint32(append(b, "data"...), uint32(size))
	b, _ = binary.Append(b, le, pcm)
	return b
}

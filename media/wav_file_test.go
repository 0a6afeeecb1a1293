package media_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"ringflow/media"
)

// wavChunks writes a WAV file of chunks as they are.
func wavChunks(magic string, chunks ...[]byte) []byte {
	return append([]byte(magic+"\xff\xff\xff\xffWAVE"), slices.Concat(chunks...)...)
}

// Files as programs write them, whose lengths are wrong, missing or otherPhone, hold
// the same sound to the sample.
func TestWAVsOfManyWriters(t *testing.T) {
	plain := wavFile(1, 16, 1, 8000, sine(500, 8000, -6, 100*time.Millisecond))
	format, data := plain[12:36], plain[44:]
	le := binary.LittleEndian
	want, err := media.DecodePCM(plain)
	if err != nil {
		t.Fatal(err)
	}
	sized := func(id string, size uint32, body []byte) []byte {
		return append(le.AppendUint32([]byte(id), size), body...)
	}
	ds64 := func(size uint64) []byte {
		body := le.AppendUint64(nil, size+72)
		body = le.AppendUint64(body, size)
		return chunk("ds64", append(le.AppendUint64(body, size/2), 0, 0, 0, 0))
	}
	list := chunk("LIST", []byte("INFOISFT\x0e\x00\x00\x00Lavf61.7.100\x00\x00"))
	extensible := func(bits, valid uint16) []byte {
		body := slices.Clone(format[8:])
		le.PutUint16(body, 0xFFFE)
		le.PutUint16(body[14:], bits)
		body = le.AppendUint16(body, 22)
		body = le.AppendUint16(body, valid)
		return chunk("fmt ", append(body, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113))
	}
	// Samples of 20 bits lie in three bytes, those of 24 may lie in four.
	container := func(bytes, bits int) []byte {
		head := slices.Clone(format)
		le.PutUint16(head[8+12:], uint16(bytes))
		le.PutUint16(head[8+14:], uint16(bits))
		var body []byte
		for i := 0; i < len(data); i += 2 {
			body = append(append(body, make([]byte, bytes-2)...), data[i], data[i+1])
		}
		return wavChunks("RIFF", head, chunk("data", body))
	}
	for name, file := range map[string][]byte{
		"LIST first":                  wavChunks("RIFF", list, format, chunk("data", data)),
		"data before LIST":            wavChunks("RIFF", format, chunk("data", data), list),
		"bext, fact and junk":         wavChunks("RIFF", chunk("JUNK", zeros(28)), chunk("bext", zeros(602)), format, chunk("fact", []byte{1, 2, 3, 4}), chunk("data", data)),
		"an odd chunk, not padded":    wavChunks("RIFF", sized("note", 3, []byte("abc")), format, chunk("data", data)),
		"an odd chunk, padded":        wavChunks("RIFF", sized("note", 3, []byte("abc\x00")), format, chunk("data", data)),
		"a length of 0":               wavChunks("RIFF", format, sized("data", 0, data)),
		"a length of 0xFFFFFFFF":      wavChunks("RIFF", format, sized("data", 0xFFFFFFFF, data)),
		"a length of 0x7FFFFFFF":      wavChunks("RIFF", format, sized("data", 0x7FFFFFFF, data)),
		"a length of 0x80000000":      wavChunks("RIFF", format, sized("data", 0x80000000, data)),
		"samples for bytes":           wavChunks("RIFF", format, sized("data", uint32(len(data)/2), data)),
		"a length that is too short":  wavChunks("RIFF", format, sized("data", 100, data)),
		"RF64":                        wavChunks("RF64", ds64(uint64(len(data))), format, sized("data", 0xFFFFFFFF, data), list),
		"BW64":                        wavChunks("BW64", ds64(uint64(len(data))), format, sized("data", 0xFFFFFFFF, data), chunk("axml", []byte("<x/>"))),
		"RF64 that was not closed":    wavChunks("RF64", ds64(0xFFFFFFFFFFFFFFFF), format, sized("data", 0xFFFFFFFF, data)),
		"RF64 small enough for RIFF":  wavChunks("RF64", ds64(0), format, chunk("data", data)),
		"extensible":                  wavChunks("RIFF", extensible(16, 16), chunk("data", data)),
		"20 bits in 24":               container(3, 20),
		"24 bits in 32":               container(4, 24),
		"24 bits":                     container(3, 24),
		"format of 18 bytes":          wavChunks("RIFF", chunk("fmt ", append(slices.Clone(format[8:]), 0, 0)), chunk("data", data)),
		"a second fmt behind":         wavChunks("RIFF", format, chunk("data", data), format),
		"format behind data":          wavChunks("RIFF", chunk("data", data), format),
		"a chunk that is cut, behind": wavChunks("RIFF", format, chunk("data", data), sized("LIST", 500, []byte("INFO"))),
	} {
		pcm, err := media.DecodePCM(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !slices.Equal(pcm, want) {
			t.Errorf("%s: %d samples, want %d, all alike", name, len(pcm), len(want))
		}
	}
}

// The codes of ADPCM give the samples that the rules of each kind say.
func TestADPCMBlocks(t *testing.T) {
	le := binary.LittleEndian
	format := func(kind uint16, channels, block int, more ...byte) []byte {
		b := le.AppendUint16(nil, kind)
		b = le.AppendUint16(b, uint16(channels))
		b = le.AppendUint32(b, 8000)
		b = le.AppendUint32(b, 4000)
		b = le.AppendUint16(b, uint16(block))
		b = le.AppendUint16(b, 4)
		return chunk("fmt ", append(b, more...))
	}
	for name, c := range map[string]struct {
		file []byte
		want []int16
	}{
		// From 100 and step 7: code 4 adds 7 and its eighth, and moves two steps on.
		"IMA": {wavChunks("RIFF", format(0x11, 1, 8), chunk("data", []byte{100, 0, 0, 0, 0x04, 0x0C, 0, 0})),
			[]int16{100, 107, 108, 99, 100, 101, 102, 102, 102}},
		"IMA, two blocks": {wavChunks("RIFF", format(0x11, 1, 8), chunk("fact", []byte{10, 0, 0, 0}), chunk("data", []byte{100, 0, 0, 0, 0x04, 0x0C, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0})),
			[]int16{100, 107, 108, 99, 100, 101, 102, 102, 102, 50}},
		// Predictor 0 repeats the last sample; the code says how many steps of 16 to add.
		"Microsoft": {wavChunks("RIFF", format(2, 1, 9, 4, 0, 16, 0, 1, 0, 0, 1, 0, 0), chunk("data", []byte{0, 16, 0, 100, 0, 50, 0, 0x1F, 0x20})),
			[]int16{50, 100, 116, 100, 132, 132}},
		"Microsoft, linear": {wavChunks("RIFF", format(2, 1, 8), chunk("data", []byte{1, 16, 0, 100, 0, 50, 0, 0x00})),
			[]int16{50, 100, 150, 200}},
	} {
		pcm, err := media.DecodePCM(c.file)
		if err != nil || !slices.Equal(pcm, c.want) {
			t.Errorf("%s: %v and %v, want %v", name, pcm, err, c.want)
		}
	}
	for name, file := range map[string][]byte{
		"blocks of nothing": wavChunks("RIFF", format(0x11, 1, 0), chunk("data", zeros(100))),
		"blocks too small":  wavChunks("RIFF", format(2, 2, 14), chunk("data", zeros(100))),
	} {
		if pcm, err := media.DecodePCM(file); err == nil {
			t.Errorf("%s: %d samples and no error", name, len(pcm))
		}
	}
	// Half an hour and more of it is refused before it is unpacked.
	long := wavChunks("RIFF", format(0x11, 1, 1024), chunk("data", zeros(1803*4000*1024/1020)))
	if pcm, err := media.DecodePCM(long); err == nil {
		t.Errorf("%v of sound is not refused", time.Duration(math.Round(float64(len(pcm))/8000))*time.Second)
	}
}

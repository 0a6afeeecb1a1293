package mp3_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gomp3 "github.com/hajimehoshi/go-mp3"

	"ringflow/media/mp3"
)

const audio = "../../testdata/audio"

// decode decodes each whole frame of a file and says how many were not whole.
func decode(file []byte) (out []float32, rate, damaged int) {
	var d mp3.Decoder
	for at := 0; at < len(file); {
		h, is := mp3.ParseHeader(file[at:])
		if !is || h.Layer != 3 || h.Size <= h.SideSize() || at+h.Size > len(file) {
			at++
			continue
		}
		var whole bool
		before := len(out)
		if out, whole = d.Decode(h, file[at:at+h.Size], out); !whole {
			damaged++
		}
		if len(out)-before != h.Samples {
			panic("a frame has another number of samples than its header says")
		}
		at, rate = at+h.Size, h.Rate
	}
	return out, rate, damaged
}

// Another decoder gives the same samples, where it is right: of MPEG-1, and of
// MPEG-2 but at 22.05 kHz, of which it gets the size of frames wrong.
func TestAnotherDecoderHearsTheSame(t *testing.T) {
	for _, name := range []string{"tone-1000hz-mpeg1-44100-stereo.mp3", "tone-1000hz-mpeg2-16000-mono-32k.mp3"} {
		file, err := os.ReadFile(filepath.Join(audio, name))
		if err != nil {
			t.Fatal(err)
		}
		own, rate, damaged := decode(file)
		d, err := gomp3.NewDecoder(struct{ io.Reader }{bytes.NewReader(file)})
		if err != nil || d.SampleRate() != rate || damaged > 0 {
			t.Fatalf("%s: %v, a rate of %d, %d frames damaged", name, err, rate, damaged)
		}
		raw, err := io.ReadAll(d)
		if err != nil || len(raw) != 4*len(own) {
			t.Fatalf("%s: %v, %d samples, want %d", name, err, len(raw)/4, len(own))
		}
		var audio, off float64
		for i, v := range own {
			left, right := int16(binary.LittleEndian.Uint16(raw[4*i:])), int16(binary.LittleEndian.Uint16(raw[4*i+2:]))
			other := (float64(left) + float64(right)) / 2
			audio += other * other
			off += (float64(v) - other) * (float64(v) - other)
		}
		if db := 10 * math.Log10(audio/off); db < 65 {
			t.Errorf("%s: the two differ by %.1f dB below the audio, want 65 or more", name, db)
		}
	}
}

// The audio of each file is the tone that was encoded, and nothing beside it.
func TestTheToneIsAllThereIs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(audio, "*.mp3"))
	if err != nil || len(files) < 7 {
		t.Fatal(err, files)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pcm, rate, damaged := decode(file)
		if damaged > 0 {
			t.Errorf("%s: %d frames are damaged", name, damaged)
		}
		pcm = pcm[len(pcm)*2/5 : len(pcm)*3/5]
		var s, c, sum float64
		for i, v := range pcm {
			phase := 2 * math.Pi * 1000 * float64(i) / float64(rate)
			s += float64(v) * math.Sin(phase)
			c += float64(v) * math.Cos(phase)
			sum += float64(v) * float64(v)
		}
		tone := 2 * (s*s + c*c) / float64(len(pcm))
		if db := 10 * math.Log10(tone/(sum-tone)); !(db > 30) && sum > tone {
			t.Errorf("%s: what is beside the tone is %.1f dB below it, want 30", name, db)
		}
	}
}

func TestHeadersTellFramesApart(t *testing.T) {
	for _, c := range []struct {
		header string
		want   mp3.Header
	}{
		{"\xff\xfb\x90\xc4", mp3.Header{Version: 1, Layer: 3, Rate: 44100, Channels: 1, Samples: 1152, Size: 417}},
		{"\xff\xfb\x92\x44", mp3.Header{Version: 1, Layer: 3, Rate: 44100, Channels: 2, Samples: 1152, Size: 418}},
		{"\xff\xf3\x80\xc4", mp3.Header{Version: 2, Layer: 3, Rate: 22050, Channels: 1, Samples: 576, Size: 208}},
		{"\xff\xf3\x82\xc4", mp3.Header{Version: 2, Layer: 3, Rate: 22050, Channels: 1, Samples: 576, Size: 209}},
		{"\xff\xe3\x28\xc4", mp3.Header{Version: 25, Layer: 3, Rate: 8000, Channels: 1, Samples: 576, Size: 144}},
		{"\xff\xe3\x20\xc4", mp3.Header{Version: 25, Layer: 3, Rate: 11025, Channels: 1, Samples: 576, Size: 104}},
		{"\xff\xe3\x24\xc4", mp3.Header{Version: 25, Layer: 3, Rate: 12000, Channels: 1, Samples: 576, Size: 96}},
		{"\xff\xfd\x84\xc4", mp3.Header{Version: 1, Layer: 2, Rate: 48000, Channels: 1, Samples: 1152, Size: 384}},
		{"\xff\xff\x44\xc4", mp3.Header{Version: 1, Layer: 1, Rate: 48000, Channels: 1, Samples: 384, Size: 128}},
		{"\xff\xfb\x00\xc4", mp3.Header{Version: 1, Layer: 3, Rate: 44100, Channels: 1, Samples: 1152}},
	} {
		h, is := mp3.ParseHeader([]byte(c.header))
		got := mp3.Header{Version: h.Version, Layer: h.Layer, Rate: h.Rate, Channels: h.Channels, Samples: h.Samples, Size: h.Size}
		if !is || got != c.want {
			t.Errorf("%x: got %+v, want %+v", c.header, got, c.want)
		}
	}
	for _, none := range []string{"", "\xff\xfb\x90", "\xff\xeb\x90\xc4", "\xff\xf9\x90\xc4", "\xff\xfb\xf0\xc4", "\xff\xfb\x9c\xc4", "\xff\xfb\x90\xc6", "\xfe\xfb\x90\xc4"} {
		if h, is := mp3.ParseHeader([]byte(none)); is {
			t.Errorf("%x: it is taken for %+v", none, h)
		}
	}
}

// A frame that borrows from one that is missing is silent, and those behind it
// that have all of theirs audio.
func TestAFrameThatLacksItsBitsIsSilent(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(audio, "tone-1000hz-mpeg2-22050-mono-64k.mp3"))
	if err != nil {
		t.Fatal(err)
	}
	out, _, damaged := decode(file[len(file)/2:])
	if damaged == 0 || damaged > 4 {
		t.Errorf("%d frames lack bits behind the cut, want one to four", damaged)
	}
	for i, v := range out {
		if math.IsNaN(float64(v)) || math.Abs(float64(v)) > 1<<15 {
			t.Fatalf("sample %d is %v", i, v)
		}
	}
}

// A file costs some of the time that it lasts, and no memory for each frame.
func BenchmarkDecode(b *testing.B) {
	file, err := os.ReadFile(filepath.Join(audio, "tone-1000hz-mpeg1-44100-stereo.mp3"))
	if err != nil {
		b.Fatal(err)
	}
	var d mp3.Decoder
	out := make([]float32, 0, 1152)
	b.ReportAllocs()
	frames := 0
	for b.Loop() {
		for at := 0; at < len(file); {
			h, is := mp3.ParseHeader(file[at:])
			if !is || at+h.Size > len(file) {
				break
			}
			out, _ = d.Decode(h, file[at:at+h.Size], out[:0])
			at += h.Size
			frames++
		}
	}
	b.ReportMetric(float64(frames)*1152/44100/b.Elapsed().Seconds(), "×realtime")
}

func FuzzDecoder(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(audio, "*.mp3"))
	for _, name := range files {
		if file, err := os.ReadFile(name); err == nil {
			f.Add(file[:min(len(file), 1500)])
		}
	}
	// Intensity stereo and mixed blocks, which no encoder at hand writes.
	f.Add([]byte("\xff\xfb\x90\x54" + strings.Repeat("\x55", 413) + "\xff\xf3\x80\x54" + strings.Repeat("\xaa", 204)))
	f.Add([]byte("\xff\xe3\x88\x74" + strings.Repeat("\xb6\x6d\xdb", 191)))
	f.Fuzz(func(t *testing.T, file []byte) {
		out, _, _ := decode(file)
		for _, v := range out {
			if math.IsNaN(float64(v)) {
				t.Fatal("a sample is no number")
			}
		}
	})
}

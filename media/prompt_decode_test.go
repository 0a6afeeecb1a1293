package media_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringflow/media"
)

const testAudio = "../testdata/audio"

// Each file holds a tone of 1000 Hz at −10 dBFS, as its name says.
func TestToneFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testAudio, "tone-1000hz-*"))
	if err != nil || len(files) < 14 {
		t.Fatalf("test files: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			pcm, err := media.DecodePCM(read(t, file))
			if err != nil {
				t.Fatal(err)
			}
			middle := pcm[len(pcm)/4 : len(pcm)*3/4]
			if level := media.Goertzel(middle, 1000); math.Abs(level+10) > 0.5 {
				t.Errorf("1000 Hz at %.1f dBFS, want −10", level)
			}
			if level := media.Goertzel(middle, 2000); level > -50 {
				t.Errorf("2000 Hz at %.1f dBFS, want nothing", level)
			}
		})
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wavFile writes a WAV file of one chunk list. Samples are −1 to 1.
func wavFile(format, bits, channels, rate int, samples []float64, chunks ...string) []byte {
	le := binary.LittleEndian
	var data []byte
	for _, v := range samples {
		for range channels {
			switch {
			case format == 3 && bits == 32:
				data = le.AppendUint32(data, math.Float32bits(float32(v)))
			case format == 3:
				data = le.AppendUint64(data, math.Float64bits(v))
			case bits == 8:
				data = append(data, byte(128+v*127))
			default:
				s := int64(v * float64(int64(1)<<(bits-1)-1))
				for shift := 0; shift < bits; shift += 8 {
					data = append(data, byte(s>>shift))
				}
			}
		}
	}
	head := le.AppendUint16(nil, uint16(format))
	head = le.AppendUint16(head, uint16(channels))
	head = le.AppendUint32(head, uint32(rate))
	head = le.AppendUint32(head, uint32(rate*channels*bits/8))
	head = le.AppendUint16(head, uint16(channels*bits/8))
	head = le.AppendUint16(head, uint16(bits))
	out := []byte("RIFF\xff\xff\xff\xffWAVE")
	for _, c := range chunks {
		out = append(out, c...)
	}
	out = append(out, chunk("fmt ", head)...)
	return append(out, chunk("data", data)...)
}

func chunk(id string, body []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func sine(freq float64, rate int, level float64, d time.Duration) []float64 {
	out := make([]float64, int(d.Seconds()*float64(rate)))
	for i := range out {
		out[i] = math.Pow(10, level/20) * math.Sin(2*math.Pi*freq*float64(i)/float64(rate))
	}
	return out
}

func TestWAVFormats(t *testing.T) {
	for _, f := range []struct{ format, bits int }{{1, 8}, {1, 16}, {1, 24}, {1, 32}, {3, 32}, {3, 64}} {
		for _, channels := range []int{1, 2} {
			for _, rate := range []int{8000, 11025, 16000, 22050, 44100, 48000, 96000} {
				t.Run(fmt.Sprintf("%d/%d bit/%d channels/%d Hz", f.format, f.bits, channels, rate), func(t *testing.T) {
					t.Parallel()
					pcm, err := media.DecodePCM(wavFile(f.format, f.bits, channels, rate, sine(700, rate, -6, 250*time.Millisecond)))
					if err != nil {
						t.Fatal(err)
					}
					if len(pcm) < 1999 || len(pcm) > 2001 {
						t.Errorf("%d samples, want 2000", len(pcm))
					}
					if level := media.Goertzel(pcm[200:1800], 700); math.Abs(level+6) > 0.2 {
						t.Errorf("700 Hz at %.2f dBFS, want −6", level)
					}
				})
			}
		}
	}
}

func TestWAVTolerance(t *testing.T) {
	whole := wavFile(1, 16, 1, 8000, sine(500, 8000, -6, 100*time.Millisecond))
	patched := func(length uint32) []byte {
		b := append([]byte(nil), whole...)
		binary.LittleEndian.PutUint32(b[40:], length)
		return b
	}
	extensible := wavFile(1, 16, 1, 8000, sine(500, 8000, -6, 100*time.Millisecond))
	body := append([]byte(nil), extensible[20:36]...)
	binary.LittleEndian.PutUint16(body, 0xFFFE)
	body = append(body, 22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113)
	rewritten := append([]byte("RIFF\x00\x00\x00\x00WAVE"), chunk("fmt ", body)...)
	rewritten = append(rewritten, extensible[36:]...)
	for name, file := range map[string][]byte{
		"plain":                      whole,
		"length 0":                   patched(0),
		"length of a stream":         patched(0xFFFFFFFF),
		"odd chunks and LIST before": wavFile(1, 16, 1, 8000, sine(500, 8000, -6, 100*time.Millisecond), string(chunk("LIST", []byte("INFOabc"))), string(chunk("junk", []byte{1}))),
		"a chunk behind":             append(append([]byte(nil), whole...), chunk("LIST", []byte("INFO"))...),
		"half a chunk behind":        append(append([]byte(nil), whole...), "LIST\xff"...),
		"extensible":                 rewritten,
		"half a sample at the end":   append(append([]byte(nil), patched(0)...), 7),
	} {
		pcm, err := media.DecodePCM(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if level := media.Goertzel(pcm, 500); math.Abs(level+6) > 0.3 {
			t.Errorf("%s: 500 Hz at %.2f dBFS, want −6", name, level)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	whole := wavFile(1, 16, 1, 8000, sine(500, 8000, -6, 100*time.Millisecond))
	for name, file := range map[string][]byte{
		"nothing":            nil,
		"text":               []byte("hello, this is no sound at all"),
		"no sound":           whole[:44],
		"no format":          append([]byte("RIFF\x00\x00\x00\x00WAVE"), whole[36:]...),
		"rate 0":             wavFile(1, 16, 1, 0, sine(1, 8000, 0, time.Millisecond)),
		"rate too high":      wavFile(1, 16, 1, 384000, sine(1, 8000, 0, time.Millisecond)),
		"no channels":        wavFile(1, 16, 0, 8000, sine(1, 8000, 0, time.Millisecond)),
		"nine channels":      wavFile(1, 16, 9, 8000, sine(1, 8000, 0, time.Millisecond)),
		"unknown format":     wavFile(2, 16, 1, 8000, sine(1, 8000, 0, time.Millisecond)),
		"12 bit":             wavFile(1, 12, 1, 8000, nil),
		"MP3 of nothing":     []byte("\xff\xfb\x90\x00"),
		"ID3 of nothing":     []byte("ID3\x03\x00\x00\x7f\x7f\x7f\x7fxx"),
		"MPEG layer II":      []byte("\xff\xfd\x90\x00" + strings.Repeat("\x00", 2000)),
		"free bit rate":      []byte("\xff\xfb\x00\x00" + strings.Repeat("\x00", 2000)),
		"longer than 30 min": wavFile(7, 8, 1, 8000, nil, string(chunk("fmt ", whole[20:36])), string(chunk("data", make([]byte, 2*8000*1801)))),
	} {
		if _, err := media.DecodePCM(file); !errors.Is(err, media.ErrAudio) {
			t.Errorf("%s: error %v, want ErrSound", name, err)
		}
	}
}

// A tone beyond 4 kHz would be folded back into speech: it must be gone.
func TestResamplerLeavesNoAlias(t *testing.T) {
	for _, rate := range []int{11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000} {
		t.Run(strconv.Itoa(rate), func(t *testing.T) {
			t.Parallel()
			for _, freq := range []float64{4400, 5000, 7000, 10000, 20000} {
				if freq >= float64(rate)/2 {
					continue
				}
				pcm, err := media.DecodePCM(wavFile(3, 32, 1, rate, sine(freq, rate, 0, 500*time.Millisecond)))
				if err != nil {
					t.Fatal(err)
				}
				folded := math.Abs(freq - 8000*math.Round(freq/8000))
				if level := media.Goertzel(pcm[400:len(pcm)-400], folded); level > -80 {
					t.Errorf("%.0f Hz at %d Hz: %.1f dBFS at %.0f Hz, want −80 or less", freq, rate, level, folded)
				}
			}
		})
	}
}

func TestResamplerIsFlat(t *testing.T) {
	for _, rate := range []int{11025, 16000, 44100, 48000} {
		t.Run(strconv.Itoa(rate), func(t *testing.T) {
			t.Parallel()
			for _, freq := range []float64{100, 300, 1000, 2000, 3000, 3300} {
				pcm, err := media.DecodePCM(wavFile(3, 32, 1, rate, sine(freq, rate, -6, 500*time.Millisecond)))
				if err != nil {
					t.Fatal(err)
				}
				if level := media.Goertzel(pcm[400:len(pcm)-400], freq); math.Abs(level+6) > 0.4 {
					t.Errorf("%.0f Hz at %d Hz: %.2f dBFS, want −6", freq, rate, level)
				}
			}
		})
	}
}

func TestDCIsBlockedAndNothingClips(t *testing.T) {
	loud := sine(300, 44100, 0, time.Second)
	for i, v := range loud {
		loud[i] = math.Copysign(1, v) // a full-scale square overshoots when filtered
	}
	pcm, err := media.DecodePCM(wavFile(3, 32, 1, 44100, loud))
	if err != nil {
		t.Fatal(err)
	}
	flat := 0
	for i := 1; i < len(pcm); i++ {
		if pcm[i] == pcm[i-1] && (pcm[i] == math.MaxInt16 || pcm[i] == math.MinInt16) {
			flat++
		}
	}
	if flat > 0 {
		t.Errorf("%d samples clip", flat)
	}
	biased := sine(1000, 44100, -12, time.Second)
	for i := range biased {
		biased[i] += 0.3
	}
	if pcm, err = media.DecodePCM(wavFile(3, 32, 1, 44100, biased)); err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, v := range pcm[4000:] {
		sum += float64(v)
	}
	if mean := sum / float64(len(pcm)-4000); math.Abs(mean) > 10 {
		t.Errorf("a mean of %.1f is left of the DC", mean)
	}
}

func TestEncodeWAVRoundTrip(t *testing.T) {
	pcm := media.Tone(-3, 100*time.Millisecond, 440)
	back, err := media.DecodePCM(media.EncodeWAV(pcm))
	if err != nil {
		t.Fatal(err)
	}
	for i := range pcm {
		if pcm[i] != back[i] {
			t.Fatalf("sample %d is %d, was %d", i, back[i], pcm[i])
		}
	}
}

// The prompt of the acceptance flows tells each of its seconds apart.
func TestAcceptancePrompt(t *testing.T) {
	pcm, err := media.DecodePCM(read(t, "../testdata/acceptance/prompt.wav"))
	if err != nil || len(pcm) != 30*8000 {
		t.Fatalf("%d samples, %v", len(pcm), err)
	}
	for i := range 10 {
		tone := pcm[i*3*8000+16000 : i*3*8000+22000]
		if level := media.Goertzel(tone, float64(500+100*i)); math.Abs(level+12) > 1 {
			t.Errorf("second %d: %d Hz at %.1f dBFS, want −12", 3*i+2, 500+100*i, level)
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(testAudio, "*"))
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	f.Add(wavFile(3, 64, 2, 12345, sine(500, 8000, 0, 10*time.Millisecond)))
	f.Fuzz(func(t *testing.T, data []byte) {
		pcm, err := media.DecodePCM(data)
		if err != nil && !errors.Is(err, media.ErrAudio) {
			t.Errorf("error %v, want ErrSound", err)
		}
		if len(pcm) > 30*60*8000+1 || err == nil && len(pcm) == 0 {
			t.Errorf("%d samples", len(pcm))
		}
	})
}

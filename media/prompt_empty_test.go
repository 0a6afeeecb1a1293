package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ringflow/media"
)

// mp3Frame is a whole frame of silence, 64 kbit/s at 44.1 kHz, mono: 1152 samples.
// What stands in its main data is put there.
func mp3Frame(mainData string) string {
	const size, behindSide = 208, 4 + 17
	return "\xff\xfb\x50\xc4" + strings.Repeat("\x00", behindSide-4) + mainData + strings.Repeat("\x00", size-behindSide-len(mainData))
}

// infoFrame is the frame in which LAME tells of so many others and of how many of
// their samples it has added.
func infoFrame(tag string, frames uint32, delay, padding int) string {
	b := binary.BigEndian.AppendUint32([]byte(tag), 0xF)
	b = binary.BigEndian.AppendUint32(b, frames)
	b = append(b, strings.Repeat("\x00", 4+100+4)...)
	b = append(b, "LAME3.100"...)
	b = append(b, strings.Repeat("\x00", 12)...)
	return mp3Frame(string(append(b, byte(delay>>4), byte(delay<<4|padding>>8), byte(padding))))
}

// A file without one sample of sound is no prompt: whoever plays it would play
// nothing and never know.
func TestAFileWithoutAudioIsRefused(t *testing.T) {
	empty := func(format, bits, channels int) string { return string(wavFile(format, bits, channels, 44100, nil)) }
	id3 := "ID3\x03\x00\x00\x00\x00\x00\x10" + strings.Repeat("\x00", 16)
	tagBehind := "TAG" + strings.Repeat("title", 25)
	wave := strings.TrimSuffix(empty(1, 16, 1), string(chunk("data", nil)))
	for name, file := range map[string]string{
		"WAV of no samples":                       empty(1, 16, 1),
		"float WAV of no samples":                 empty(3, 64, 8),
		"WAV of A-law, without samples":           empty(6, 8, 1),
		"header of a WAV only":                    wave,
		"WAV of half a sample":                    wave + string(chunk("data", []byte{7})),
		"WAV of one of two channels":              strings.TrimSuffix(empty(1, 16, 2), string(chunk("data", nil))) + string(chunk("data", []byte{1, 2})),
		"no samples, and a title behind":          empty(1, 16, 1) + string(chunk("LIST", []byte("INFOINAM\x06\x00\x00\x00hello\x00"))),
		"no samples, and two chunks behind":       empty(1, 16, 1) + string(chunk("LIST", []byte("INFO"))) + "id3 \x03\x00\x00\x00abc",
		"no samples, and an empty chunk":          empty(1, 16, 1) + "junk\x00\x00\x00\x00",
		"a length of 4 GB, and nothing":           wave + "data\xff\xff\xff\xff",
		"a length of 100, and nothing":            wave + "data\x64\x00\x00\x00",
		"sound in a chunk of another name":        wave + string(chunk("Data", make([]byte, 1600))),
		"two empty chunks of data":                empty(1, 16, 1) + string(chunk("data", nil)),
		"ID3 only":                                id3,
		"ID3 in front and behind":                 id3 + tagBehind,
		"ID3 of more than the file":               "ID3\x03\x00\x00\x7f\x7f\x7f\x7f" + mp3Frame(""),
		"the header of a frame":                   mp3Frame("")[:4],
		"half a frame":                            mp3Frame("")[:104],
		"ID3, then half a frame":                  id3 + mp3Frame("")[:104],
		"an info frame only":                      infoFrame("Info", 0, 576, 1152),
		"an info frame of variable bit rate only": infoFrame("Xing", 44, 576, 1000),
		"a VBRI frame only":                       "\xff\xfb\x50\xc4" + strings.Repeat("\x00", 32) + "VBRI" + strings.Repeat("\x00", 168),
		"ID3, info frame and title":               id3 + infoFrame("Info", 0, 0, 0) + tagBehind,
		"info frame cut in the middle":            infoFrame("Info", 44, 0, 0)[:100],
		"one frame that is delay and padding":     infoFrame("Info", 1, 576, 576) + mp3Frame(""),
		"frames that are all padding":             id3 + infoFrame("Info", 2, 1105, 1199) + mp3Frame("") + mp3Frame(""),
	} {
		pcm, err := media.DecodePCM([]byte(file))
		if !errors.Is(err, media.ErrNoSamples) || !errors.Is(err, media.ErrAudio) {
			t.Errorf("%s: %d samples, error %v, want ErrNoSound", name, len(pcm), err)
		}
	}
}

// Silence is sound, and so is one sample: somebody may want a pause.
func TestSilenceIsAudio(t *testing.T) {
	second := make([]float64, 44100)
	for name, c := range map[string]struct {
		file  []byte
		lasts time.Duration
	}{
		"a second of nothing, 8 kHz":    {media.EncodeWAV(make([]int16, 8000)), time.Second},
		"a second of nothing, 44.1 kHz": {wavFile(1, 16, 2, 44100, second), time.Second},
		"samples that are no numbers":   {append(wavFile(3, 32, 1, 8000, nil)[:40], chunk("data", bytes.Repeat([]byte{0xff}, 4*8000))...), time.Second},
		"one sample":                    {media.EncodeWAV([]int16{0}), time.Second / 8000},
		"one sample of 44.1 kHz":        {wavFile(1, 16, 1, 44100, second[:1]), time.Second / 8000},
		"no length, and silence":        {append(wavFile(1, 16, 1, 8000, nil), make([]byte, 16000)...), time.Second},
		"an empty chunk, then one":      {append(wavFile(1, 16, 1, 8000, nil), chunk("data", make([]byte, 16000))...), time.Second},
		"frames of silence":             {[]byte(mp3Frame("") + mp3Frame("") + mp3Frame("")), 3 * 1152 * time.Second / 44100},
		"info, then frames of silence":  {[]byte(infoFrame("Info", 3, 576, 1152) + mp3Frame("") + mp3Frame("") + mp3Frame("")), (3*1152 - 576 - 1152) * time.Second / 44100},
		"info without LAME":             {[]byte(mp3Frame("Xing\x00\x00\x00\x00") + mp3Frame("")), 1152 * time.Second / 44100},
		"a frame that sounds like info": {[]byte(mp3Frame("") + mp3Frame("Info")), 2 * 1152 * time.Second / 44100},
	} {
		p, err := media.LoadPrompt(c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if off := (p.Duration() - c.lasts).Abs(); off > 2*time.Second/8000 {
			t.Errorf("%s: it lasts %v, want %v", name, p.Duration(), c.lasts)
		}
	}
}

// A file that was cut, or whose header says more than there is, is played as far as
// it goes: only what has nothing at all is refused.
func TestWhateverIsDecodedHasASample(t *testing.T) {
	for _, whole := range [][]byte{
		read(t, testAudio+"/tone-1000hz-mpeg1-44100-stereo.mp3"), read(t, testAudio+"/tone-1000hz-mpeg2-22050-mono-64k.mp3"), read(t, testAudio+"/tone-1000hz-48000-24bit-stereo.wav"),
	} {
		for _, n := range []int{0, 1, 4, 12, 36, 43, 44, 45, 46, 47, 80, 100, 417, 418, 419, 420, 626, 627, 700, 1000, 2000} {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				pcm, err := media.DecodePCM(whole[:min(n, len(whole))])
				if (err == nil) != (len(pcm) > 0) || err != nil && !errors.Is(err, media.ErrAudio) {
					t.Errorf("%d samples and %v", len(pcm), err)
				}
			})
		}
	}
}

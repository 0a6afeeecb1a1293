package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/media"
)

func mp3Tone(t *testing.T, kind string) []byte {
	t.Helper()
	return read(t, testAudio+"/tone-1000hz-"+kind+".mp3")
}

// id3v2 is a tag with so many bytes, and a footer or not.
func id3v2(size int, footer bool) []byte {
	length := []byte{byte(size >> 21 & 0x7F), byte(size >> 14 & 0x7F), byte(size >> 7 & 0x7F), byte(size & 0x7F)}
	flags := byte(0)
	if footer {
		flags = 0x10
	}
	// What looks like a frame stands in it, as in the picture of a cover.
	body := append([]byte("APIC\x00\x00\x00\x00\x00\x00\xff\xfb\x90\xc4\xff\xfd\x90\xc4"), make([]byte, size)...)[:size]
	out := append(append([]byte("ID3\x04\x00"), flags), length...)
	out = append(out, body...)
	if footer {
		out = append(append(append(out, "3DI\x04\x00"...), flags), length...)
	}
	return out
}

// ape is an APEv2 tag: a header, if it stands in front, one item, and a footer.
func ape(front bool) []byte {
	item := append([]byte{20, 0, 0, 0, 0, 0, 0, 0}, "Cover\x00\xff\xfb\x90\xc4\xff\xfb\x90\xc4............"...)
	edge := func(flags uint32) []byte {
		le := binary.LittleEndian
		out := le.AppendUint32([]byte("APETAGEX"), 2000)
		out = le.AppendUint32(out, uint32(len(item)+32))
		out = le.AppendUint32(out, 1)
		out = le.AppendUint32(out, flags)
		return append(out, make([]byte, 8)...)
	}
	if !front {
		return append(item, edge(1<<31)...)
	}
	return slices.Concat(edge(1<<31|1<<29), item, edge(1<<31))
}

func zeros(n int) []byte { return make([]byte, n) }

// junk is bytes that are no sound, 0xFF among them.
func junk(n int) []byte {
	out, seed := make([]byte, n), uint32(1)
	for i := range out {
		seed = seed*1664525 + 1013904223
		if out[i] = byte(seed >> 24); seed>>16&15 == 0 {
			out[i] = 0xFF
		}
	}
	return out
}

var (
	id3v1    = append([]byte("TAG"), bytes.Repeat([]byte("t"), 125)...)
	id3v1Ext = append([]byte("TAG+"), bytes.Repeat([]byte("t"), 223)...)
	lyrics   = []byte("LYRICSBEGININD0000200EAL00005Words000021LYRICS200")
)

// Whatever stands before the first frame of a file or behind the last, the sound
// is the same, to the sample.
func TestDataAroundAnMP3IsNoAudio(t *testing.T) {
	for _, kind := range []string{"mpeg2-22050-mono-32k", "mpeg25-8000-mono", "mpeg25-11025-mono"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			plain := mp3Tone(t, kind)
			want, err := media.DecodePCM(plain)
			if err != nil {
				t.Fatal(err)
			}
			for name, file := range map[string][]byte{
				"zeros in front":                slices.Concat(zeros(3000), plain),
				"one zero in front":             slices.Concat(zeros(1), plain),
				"junk in front":                 slices.Concat(junk(5000), plain),
				"0xFF in front":                 slices.Concat(bytes.Repeat([]byte{0xFF}, 700), plain),
				"half a frame in front":         slices.Concat(plain[200:300], plain),
				"a line of text in front":       slices.Concat([]byte("<!-- sound -->\r\n"), plain),
				"an APE tag in front":           slices.Concat(ape(true), plain),
				"an ID3v2 tag":                  slices.Concat(id3v2(3000, false), plain),
				"an ID3v2 tag and its footer":   slices.Concat(id3v2(3000, true), plain),
				"an empty ID3v2 tag":            slices.Concat(id3v2(0, false), plain),
				"three ID3v2 tags":              slices.Concat(id3v2(10, false), id3v2(300, true), id3v2(2000, false), plain),
				"an ID3v2 tag and padding":      slices.Concat(id3v2(100, false), zeros(2048), plain),
				"an ID3v2 tag, padding and APE": slices.Concat(id3v2(100, false), zeros(77), ape(true), plain),
				"an ID3v1 tag in front":         slices.Concat(id3v1, plain),
				"an ID3v1 tag behind":           slices.Concat(plain, id3v1),
				"its extension too":             slices.Concat(plain, id3v1Ext, id3v1),
				"an APE tag behind":             slices.Concat(plain, ape(false)),
				"an APE tag with its header":    slices.Concat(plain, ape(true), id3v1),
				"lyrics behind":                 slices.Concat(plain, lyrics, id3v1),
				"an ID3v2 tag behind":           slices.Concat(plain, id3v2(500, true)),
				"zeros behind":                  slices.Concat(plain, zeros(5000)),
				"junk behind":                   slices.Concat(plain, junk(5000)),
				"half a frame behind":           slices.Concat(plain, plain[:40]),
				"everything":                    slices.Concat(id3v2(100, true), ape(true), zeros(9), plain, zeros(9), ape(false), lyrics, id3v1),
				"in a WAV":                      wavOf(0x55, plain),
			} {
				got, err := media.DecodePCM(file)
				if err != nil {
					t.Errorf("%s, %s: %v", kind, name, err)
				} else if !slices.Equal(got, want) {
					t.Errorf("%s, %s: %d samples, want the %d of the file alone", kind, name, len(got), len(want))
				}
			}
		})
	}
}

// wavOf puts sound of a format into a WAV.
func wavOf(format uint16, data []byte) []byte {
	head := binary.LittleEndian.AppendUint16(nil, format)
	head = append(head, 1, 0, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 65, 0, 0, 0, 2, 0, 0x40, 1)
	return append(append([]byte("RIFF\xff\xff\xff\xffWAVE"), chunk("fmt ", head)...), chunk("data", data)...)
}

// level is that of 1000 Hz, and of what is not, in dBFS, in steps of 20 ms.
func levels(pcm []int16) (tone, rest []float64) {
	for at := 0; at+160 <= len(pcm); at += 160 {
		window := pcm[at : at+160]
		var sum float64
		for _, v := range window {
			sum += float64(v) * float64(v)
		}
		level := media.Goertzel(window, 1000)
		amplitude := math.Pow(10, level/20) * math.MaxInt16
		tone = append(tone, level)
		rest = append(rest, 10*math.Log10(max(sum/160-amplitude*amplitude/2, 1e-9)/(math.MaxInt16*math.MaxInt16/2)))
	}
	return tone, rest
}

// A file that was cut anywhere is played from its first whole frame to its last,
// and nothing of it is noise.
func TestAnMP3ThatWasCutIsPlayed(t *testing.T) {
	for _, kind := range []string{"mpeg1-44100-stereo", "mpeg2-22050-mono-64k", "mpeg25-11025-mono", "mpeg25-8000-joint"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			plain := mp3Tone(t, kind)
			whole, err := media.DecodePCM(plain)
			if err != nil {
				t.Fatal(err)
			}
			for _, tenth := range []int{1, 2, 3, 5, 7, 9} {
				at := len(plain)*tenth/10 + tenth
				for name, file := range map[string][]byte{"behind": plain[:at], "in front": plain[at:]} {
					pcm, err := media.DecodePCM(file)
					if err != nil {
						if len(file) > len(plain)/3 {
							t.Errorf("%s cut %s %d: %v", kind, name, at, err)
						}
						continue
					}
					share := float64(len(file)) / float64(len(plain))
					if got := float64(len(pcm)) / float64(len(whole)); math.Abs(got-share) > 0.35 {
						t.Errorf("%s cut %s %d: %d samples of %d", kind, name, at, len(pcm), len(whole))
					}
					tone, rest := levels(pcm)
					for i := range tone {
						// Where it begins and ends, a tone is beside itself.
						if tone[i] > -9 || rest[i] > -14 || rest[i] > -25 && tone[i] > -11 && i > 0 && i < len(tone)-4 {
							t.Errorf("%s cut %s %d: after %d ms the tone is at %.1f dBFS, and beside it are %.1f", kind, name, at, 20*i, tone[i], rest[i])
						}
					}
				}
			}
		})
	}
}

// Files that were joined, of whatever rates and channels, sound one after the
// other, each for as long and as high as it was.
func TestJoinedMP3sAudioEachAtItsRate(t *testing.T) {
	kinds := []string{"mpeg1-44100-stereo", "mpeg2-22050-mono-32k", "mpeg25-8000-mono", "mpeg2-16000-mono-32k", "mpeg25-8000-joint", "mpeg25-12000-mono", "mpeg25-11025-mono"}
	decode := func(file []byte) []int16 {
		t.Helper()
		pcm, err := media.DecodePCM(file)
		if err != nil {
			t.Fatal(err)
		}
		return pcm
	}
	length := map[string]int{} // of each alone
	for _, kind := range kinds {
		length[kind] = len(decode(mp3Tone(t, kind)))
	}
	for i, a := range kinds {
		for _, b := range []string{a, kinds[(i+1)%len(kinds)], kinds[(i+3)%len(kinds)]} {
			first, second := mp3Tone(t, a), mp3Tone(t, b)
			want := length[a] + length[b]
			joints := map[string][]byte{"directly": slices.Concat(first, second)}
			if i == 2 { // the kinds of joints do not depend on the rates
				joints["with a tag between"] = slices.Concat(first, id3v1, id3v2(200, false), second)
				joints["with zeros between"] = slices.Concat(first, zeros(100), second)
				joints["the first cut mid-way"] = slices.Concat(first[:len(first)-60], second)
				joints["the first cut at a tag"] = slices.Concat(first[:len(first)-60], id3v2(200, false), second)
			}
			for name, file := range joints {
				pcm := decode(file)
				if slack := 1600; len(pcm) < want-slack || len(pcm) > want+slack/8 {
					t.Errorf("%s and %s, %s: %d samples, want about %d", a, b, name, len(pcm), want)
				}
				for part, sound := range [2][]int16{pcm[1700 : length[a]-1200], pcm[len(pcm)-length[b]+1200 : len(pcm)-800]} {
					if level := media.Goertzel(sound, 1000); math.Abs(level+10) > 0.7 {
						t.Errorf("%s and %s, %s: 1000 Hz of part %d at %.1f dBFS, want −10", a, b, name, part+1, level)
					}
				}
			}
		}
	}
}

// LAME says how much silence it has put around the sound: the prompt is as long as
// what was encoded, half a second, and begins with it.
func TestTheEncodersSilenceIsCutOff(t *testing.T) {
	for _, kind := range []string{"mpeg25-8000-joint", "mpeg25-12000-mono"} {
		pcm, err := media.DecodePCM(mp3Tone(t, kind))
		if err != nil {
			t.Fatal(err)
		}
		if len(pcm) < 3999 || len(pcm) > 4001 {
			t.Errorf("%s: %d samples, want 4000", kind, len(pcm))
		}
		for name, edge := range map[string][]int16{"beginning": pcm[:80], "end": pcm[len(pcm)-80:]} {
			if level := media.Goertzel(edge, 1000); level < -16 {
				t.Errorf("%s: its %s is at %.1f dBFS: silence", kind, name, level)
			}
		}
	}
	// What follows the frames that LAME has counted is another's.
	twice := infoFrame("Info", 2, 576, 1000) + strings.Repeat(mp3Frame(""), 5)
	p, err := media.LoadPrompt([]byte(twice))
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Duration(2*1152-576-1000+529+3*1152-529) * time.Second / 44100; (p.Duration() - want).Abs() > time.Millisecond {
		t.Errorf("two frames that were counted and three that were not last %v, want %v", p.Duration(), want)
	}
}

// Bytes that changed on the way make noise at the most: never a panic, and no
// more sound than there was.
func TestDamagedMP3sAreDecodedAsFarAsTheyGo(t *testing.T) {
	for _, kind := range []string{"mpeg1-44100-stereo", "mpeg2-22050-mono-64k", "mpeg25-8000-joint", "mpeg25-12000-mono"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			plain := mp3Tone(t, kind)
			whole, err := media.DecodePCM(plain)
			if err != nil {
				t.Fatal(err)
			}
			seed := uint32(7)
			next := func(n int) int {
				seed = seed*1664525 + 1013904223
				return int(seed>>8) % n
			}
			for range 25 {
				file := slices.Clone(plain)
				for range 1 + next(8) {
					file[next(len(file))] ^= byte(1 << next(8))
				}
				pcm, err := media.DecodePCM(file)
				if err != nil && !errors.Is(err, media.ErrAudio) || len(pcm) > 8*len(whole) {
					t.Fatalf("%s: %d samples and %v", kind, len(pcm), err)
				}
			}
		})
	}
}

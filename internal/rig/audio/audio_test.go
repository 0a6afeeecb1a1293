package audio_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"ringflow/internal/rig/audio"
)

func TestG711KnownValuesAndRoundTrip(t *testing.T) {
	for _, c := range []struct {
		law  audio.Codec
		s    int16
		want byte
	}{{audio.MuLaw, 0, 0xFF}, {audio.MuLaw, 32767, 0x80}, {audio.MuLaw, -32768, 0x00}, {audio.MuLaw, -1, 0x7F},
		{audio.ALaw, 0, 0xD5}, {audio.ALaw, 32767, 0xAA}, {audio.ALaw, -32768, 0x2A}, {audio.ALaw, -1, 0x55}} {
		if got := c.law.Encode(c.s); got != c.want {
			t.Errorf("law %d of %d: %#02x, want %#02x", c.law, c.s, got, c.want)
		}
	}
	for _, law := range []audio.Codec{audio.MuLaw, audio.ALaw} {
		for b := 0; b < 256; b++ {
			if got := law.Encode(law.Decode(byte(b))); got != byte(b) && !(law == audio.MuLaw && b == 0x7F) {
				t.Errorf("law %d: %#02x comes back as %#02x", law, b, got)
			}
		}
		for s := -32000; s < 32000; s += 7 {
			if d := math.Abs(float64(law.Decode(law.Encode(int16(s)))) - float64(s)); d > 16+math.Abs(float64(s))/16 {
				t.Fatalf("law %d: %d is off by %v", law, s, d)
			}
		}
	}
}

func repeat(s []int16, n int) (all []int16) {
	for range n {
		all = append(all, s...)
	}
	return all
}

func TestPurityTellsATone(t *testing.T) {
	tone := repeat(audio.Tone(700, 8000), 10)
	heard := audio.MuLaw.DecodeAll(audio.MuLaw.EncodeAll(tone))
	if p := audio.Purity(heard, 700); p < 0.99 {
		t.Errorf("its own tone: %v", p)
	}
	if p := audio.Purity(heard, 710); p > 0.05 {
		t.Errorf("a neighbour: %v", p)
	}
	if p := audio.Purity(make([]int16, 8000), 700); p != 0 {
		t.Errorf("silence: %v", p)
	}
}

func TestAlignFindsThePromptWithGainAndLag(t *testing.T) {
	prompt, heard := make([]int16, 4000), make([]int16, 5000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range prompt {
		prompt[i] = int16(r.IntN(20000) - 10000)
		heard[i+321] = prompt[i] / 2
	}
	lag, c := audio.Align(heard, prompt, 800)
	if lag != 321 || c < 0.99 {
		t.Errorf("lag %d, correlation %v", lag, c)
	}
}

func TestWAVComesBack(t *testing.T) {
	samples := audio.Tone(440, 1000)
	back, err := audio.ReadWAV(audio.WriteWAV(samples))
	if err != nil || len(back) != len(samples) || back[7] != samples[7] {
		t.Errorf("%v, %d samples of %d", err, len(back), len(samples))
	}
}

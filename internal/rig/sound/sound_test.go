package sound_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"ringflow/internal/rig/sound"
)

func TestG711KnownValuesAndRoundTrip(t *testing.T) {
	for _, c := range []struct {
		law  sound.Law
		s    int16
		want byte
	}{{sound.MuLaw, 0, 0xFF}, {sound.MuLaw, 32767, 0x80}, {sound.MuLaw, -32768, 0x00}, {sound.MuLaw, -1, 0x7F},
		{sound.ALaw, 0, 0xD5}, {sound.ALaw, 32767, 0xAA}, {sound.ALaw, -32768, 0x2A}, {sound.ALaw, -1, 0x55}} {
		if got := c.law.Encode(c.s); got != c.want {
			t.Errorf("law %d of %d: %#02x, want %#02x", c.law, c.s, got, c.want)
		}
	}
	for _, law := range []sound.Law{sound.MuLaw, sound.ALaw} {
		for b := 0; b < 256; b++ {
			if got := law.Encode(law.Decode(byte(b))); got != byte(b) && !(law == sound.MuLaw && b == 0x7F) {
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
	tone := repeat(sound.Tone(700, 8000), 10)
	heard := sound.MuLaw.DecodeAll(sound.MuLaw.EncodeAll(tone))
	if p := sound.Purity(heard, 700); p < 0.99 {
		t.Errorf("its own tone: %v", p)
	}
	if p := sound.Purity(heard, 710); p > 0.05 {
		t.Errorf("a neighbour: %v", p)
	}
	if p := sound.Purity(make([]int16, 8000), 700); p != 0 {
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
	lag, c := sound.Align(heard, prompt, 800)
	if lag != 321 || c < 0.99 {
		t.Errorf("lag %d, correlation %v", lag, c)
	}
}

func TestWAVComesBack(t *testing.T) {
	samples := sound.Tone(440, 1000)
	back, err := sound.ReadWAV(sound.WriteWAV(samples))
	if err != nil || len(back) != len(samples) || back[7] != samples[7] {
		t.Errorf("%v, %d samples of %d", err, len(back), len(samples))
	}
}

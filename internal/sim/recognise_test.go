package sim_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringflow/internal/sim"
)

// babble is sound that resembles nothing else, as speech does: noise whose
// loudness and colour change all the time. The same seed babbles the same.
func babble(seed uint64, d time.Duration) []int16 {
	r := rand.New(rand.NewPCG(seed, seed))
	pcm := make([]int16, int(d.Seconds()*8000))
	var low float64
	for i := range pcm {
		colour := 0.55 + 0.4*math.Sin(float64(i)/3000+float64(seed))
		low = colour*low + (1-colour)*r.NormFloat64()
		pcm[i] = int16(6000 * low * (1.2 + math.Sin(float64(i)/1700)))
	}
	return pcm
}

func quiet(d time.Duration) []int16 { return make([]int16, int(d.Seconds()*8000)) }

func TestRecognise(t *testing.T) {
	prompt, other := babble(1, 5*time.Second), babble(2, 5*time.Second)
	second := 8000
	tests := []struct {
		name      string
		recording []int16
		at        time.Duration
		share     float64
	}{
		{"the sound itself", prompt, 0, 1},
		{"after a silence", slices.Concat(quiet(1234*time.Millisecond), prompt), 1234 * time.Millisecond, 1},
		{"before and after other sounds", slices.Concat(other, prompt, other), 5 * time.Second, 1},
		{"half as loud", scaled(prompt, 0.5), 0, 1},
		{"another sound", other, 0, 0},
		{"nothing", nil, 0, 0},
		{"silence", quiet(8 * time.Second), 0, 0},
		{"a packet slipped in", slices.Concat(prompt[:2*second], quiet(20*time.Millisecond), prompt[2*second:]), 0, 1},
		{"a packet lost", slices.Concat(prompt[:3*second], prompt[3*second+160:]), 0, 0.9},
		{"cut off after 3 of its 5 s", slices.Concat(prompt[:3*second], other), 0, 0.58},
		{"backwards", reversed(prompt), 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := sim.Recognise(test.recording, prompt)
			if math.Abs(got.Share-test.share) > 0.1 {
				t.Errorf("share %.2f, want %.2f", got.Share, test.share)
			}
			if d := got.At - test.at; got.Share > 0 && d.Abs() > 21*time.Millisecond {
				t.Errorf("found at %v, want %v", got.At, test.at)
			}
		})
	}
	t.Run("silence is never found", func(t *testing.T) {
		if got := sim.Recognise(prompt, quiet(2*time.Second)); got.Share != 0 {
			t.Errorf("share %.2f, want 0", got.Share)
		}
	})
}

func scaled(pcm []int16, by float64) []int16 {
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = int16(float64(s) * by)
	}
	return out
}

func reversed(pcm []int16) []int16 {
	out := slices.Clone(pcm)
	slices.Reverse(out)
	return out
}

package sim_test

import (
	"fmt"
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

// vowels is a voice that says nothing but vowels: pulses of a wandering pitch
// through a wandering resonance, which look much the same one pulse later.
func vowels(d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*8000))
	var phase, a, b float64
	for i := range pcm {
		t := float64(i) / 8000
		phase += (120 + 25*math.Sin(2*t)) / 8000
		var pulse float64
		if phase >= 1 {
			phase--
			pulse = 6000
		}
		formant := 2 * math.Pi * (2400 + 700*math.Sin(3*t)) / 8000
		a, b = pulse+2*0.97*math.Cos(formant)*a-0.97*0.97*b, a
		pcm[i] = int16(a)
	}
	return pcm
}

func pauseLevel(d time.Duration) []int16 { return make([]int16, int(d.Seconds()*8000)) }

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
		{"after a silence", slices.Concat(pauseLevel(1234*time.Millisecond), prompt), 1234 * time.Millisecond, 1},
		{"before and after other sounds", slices.Concat(other, prompt, other), 5 * time.Second, 1},
		{"half as loud", scaled(prompt, 0.5), 0, 1},
		{"another sound", other, 0, 0},
		{"nothing", nil, 0, 0},
		{"silence", pauseLevel(8 * time.Second), 0, 0},
		{"a packet slipped in", slices.Concat(prompt[:2*second], pauseLevel(20*time.Millisecond), prompt[2*second:]), 0, 1},
		{"a packet lost", slices.Concat(prompt[:3*second], prompt[3*second+160:]), 0, 1},
		{"cut off after 3 of its 5 s", slices.Concat(prompt[:3*second], other), 0, 0.6},
		{"stalled four times in a row", slices.Concat(prompt[:second], pauseLevel(40*time.Millisecond), prompt[second:second+2000],
			pauseLevel(300*time.Millisecond), prompt[second+2000:second+5000], pauseLevel(60*time.Millisecond), prompt[second+5000:second+9000],
			pauseLevel(20*time.Millisecond), prompt[second+9000:]), 0, 0.95},
		{"a packet slipped in four times a second", stuttered(prompt), 0, 0.75},
		{"backwards", reversed(prompt), 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := sim.Recognise(test.recording, prompt)
			if math.Abs(got.Share-test.share) > 0.06 {
				t.Errorf("share %.2f, want %.2f", got.Share, test.share)
			}
			if d := got.At - test.at; got.Share > 0 && d.Abs() > 21*time.Millisecond {
				t.Errorf("found at %v, want %v", got.At, test.at)
			}
		})
	}
	for shift := range 4 {
		t.Run(fmt.Sprintf("a voice, %d samples late", shift), func(t *testing.T) {
			voice := vowels(1600 * time.Millisecond)
			got := sim.Recognise(slices.Concat(other[:second+shift], voice), voice)
			if late := int(got.At.Seconds()*8000+0.5) - second; got.Share != 1 || late != shift {
				t.Errorf("share %.2f, %d samples late", got.Share, late)
			}
		})
	}
	t.Run("silence is never found", func(t *testing.T) {
		if got := sim.Recognise(prompt, pauseLevel(2*time.Second)); got.Share != 0 {
			t.Errorf("share %.2f, want 0", got.Share)
		}
	})
}

// stuttered puts 20 ms of silence in after every 250 ms.
func stuttered(pcm []int16) (out []int16) {
	for part := range slices.Chunk(pcm, 2001) {
		out = slices.Concat(out, part, pauseLevel(20*time.Millisecond))
	}
	return out
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

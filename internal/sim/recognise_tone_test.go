package sim_test

import (
	"slices"
	"testing"
	"time"

	"ringflow/internal/sim"
	"ringflow/media"
)

func TestHasTone(t *testing.T) {
	a, b := media.Tone(-20, time.Second, 440), media.Tone(-20, time.Second, 480)
	chord := make([]int16, len(a))
	for i := range chord {
		chord[i] = a[i] + b[i]
	}
	speech := babble(3, time.Second)
	tests := []struct {
		name      string
		recording []int16
		d         time.Duration
		freqs     []float64
		want      bool
	}{
		{"a tone", a, 900 * time.Millisecond, []float64{440}, true},
		{"not so long", a, 1200 * time.Millisecond, []float64{440}, false},
		{"between speech", slices.Concat(speech, a, speech), 800 * time.Millisecond, []float64{440}, true},
		{"in pieces", slices.Concat(a[:2000], pauseLevel(20*time.Millisecond), a[2000:4000], pauseLevel(40*time.Millisecond), a[4000:]), 800 * time.Millisecond, []float64{440}, true},
		{"a chord", slices.Concat(speech, chord), 800 * time.Millisecond, []float64{440, 480}, true},
		{"one tone of the chord", a, 800 * time.Millisecond, []float64{480}, false},
		{"another tone", a, 200 * time.Millisecond, []float64{350}, false},
		{"speech", speech, 200 * time.Millisecond, []float64{440}, false},
		{"silence", pauseLevel(time.Second), 200 * time.Millisecond, []float64{440}, false},
		{"nothing", nil, 200 * time.Millisecond, []float64{440}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := sim.HasTone(test.recording, test.d, test.freqs...); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

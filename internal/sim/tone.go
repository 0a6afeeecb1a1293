package sim

import (
	"math"
	"time"

	"ringflow/media"
)

// HeardTone says whether a tone, or a chord of several, stands in a recording
// for at least d, heard in steps of 100 ms. What else sounds at the same time may
// hold a quarter of the power.
func HeardTone(recording []int16, d time.Duration, freqs ...float64) bool {
	const window = sampleRate / 10
	const faint = 50 // about −56 dBFS: below it there is nothing to hear
	var run time.Duration
	for ; len(recording) >= window; recording = recording[window:] {
		piece := recording[:window]
		var power float64 // of the tones, each a sine: amplitude² / 2
		for _, f := range freqs {
			amplitude := math.MaxInt16 * math.Pow(10, media.Goertzel(piece, f)/20)
			power += amplitude * amplitude / 2
		}
		level := rms(piece)
		if level > faint && power >= 0.75*level*level {
			run += 100 * time.Millisecond
		} else {
			run = 0
		}
		if run >= d {
			return true
		}
	}
	return false
}

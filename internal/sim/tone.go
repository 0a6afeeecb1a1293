package sim

import (
	"math"
	"time"

	"ringflow/media"
)

// HasTone says whether a tone, or a chord of several, sounds in a recording for
// at least d altogether, listened to in steps of 50 ms: frequencies 20 Hz apart
// are told apart. What else sounds at the same time may hold a quarter of the
// power.
func HasTone(recording []int16, d time.Duration, freqs ...float64) bool {
	const step = 50 * time.Millisecond
	const window = int(step * sampleRate / time.Second)
	const faint = 50 // about −56 dBFS: below it there is nothing to hear
	var heard time.Duration
	for ; len(recording) >= window && heard < d; recording = recording[window:] {
		var power float64 // of the tones, each a sine: amplitude² / 2
		for _, f := range freqs {
			amplitude := math.MaxInt16 * math.Pow(10, media.Goertzel(recording[:window], f)/20)
			power += amplitude * amplitude / 2
		}
		if level := rms(recording[:window]); level > faint && power >= 0.75*level*level {
			heard += step
		}
	}
	return heard >= d
}

package media

import (
	"math"
	"time"
)

// fullScale is the amplitude of a sine at 0 dBFS.
const fullScale = math.MaxInt16

// Tone is a sine of freq Hz at level dBFS (0 is full scale, negative is less),
// lasting d. A frequency of 0 is silence.
func Tone(freq float64, level float64, d time.Duration) []int16 {
	return tones(level, d, freq)
}

// tones is the sum of sines, each at level dBFS, lasting d, clipped to 16 bits.
func tones(level float64, d time.Duration, freqs ...float64) []int16 {
	pcm := make([]int16, d*sampleRate/time.Second)
	amplitude := fullScale * math.Pow(10, level/20)
	for i := range pcm {
		var v float64
		for _, f := range freqs {
			v += amplitude * math.Sin(2*math.Pi*f*float64(i)/sampleRate)
		}
		pcm[i] = clip(v)
	}
	return pcm
}

// clip rounds to the nearest 16-bit sample.
func clip(v float64) int16 {
	return int16(math.Round(min(max(v, math.MinInt16), math.MaxInt16)))
}

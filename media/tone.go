package media

import (
	"math"
	"time"
)

// fullScale is the amplitude of a sine at 0 dBFS.
const fullScale = math.MaxInt16

// Tone is the sum of sines of freqs in Hz, each at level dBFS (0 is full scale, negative is
// less), lasting d, clipped to 16 bits. Without a frequency it is silence.
func Tone(level float64, d time.Duration, freqs ...float64) []int16 {
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

// silenceFloor is the level of digital silence, in dBFS.
const silenceFloor = -200.0

// Goertzel is the level of the sine of freq Hz within pcm, in dBFS: 0 for full scale, −200
// for silence. Its first zero is 8000/len(pcm) Hz away.
func Goertzel(pcm []int16, freq float64) float64 {
	if len(pcm) == 0 {
		return silenceFloor
	}
	w := 2 * math.Pi * freq / sampleRate
	coeff := 2 * math.Cos(w)
	var s1, s2 float64
	for _, v := range pcm {
		s1, s2 = float64(v)+coeff*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - coeff*s1*s2
	amplitude := 2 * math.Sqrt(max(power, 0)) / float64(len(pcm))
	if amplitude == 0 {
		return silenceFloor
	}
	return max(silenceFloor, 20*math.Log10(amplitude/fullScale))
}

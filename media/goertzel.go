package media

import "math"

// silenceFloor is the level reported for no sound at all, in dBFS.
const silenceFloor = -200.0

// Goertzel is the level of the sine of freq Hz within pcm, in dBFS: 0 for a
// full-scale sine of that frequency, about −90 for one of one bit, −200 for
// nothing. The longer pcm is, the narrower it listens: its first zero lies
// 8000/len(pcm) Hz away.
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

package audio

import "math"

// Purity is the part of the samples' energy that lies at the frequency: 1 for
// that very tone, near 0 for silence, speech or another tone (Goertzel).
func Purity(samples []int16, frequency int) float64 {
	energy := 0.0
	w := 2 * math.Cos(2*math.Pi*float64(frequency)/Rate)
	var s1, s2 float64
	for _, x := range samples {
		v := float64(x)
		energy += v * v
		s1, s2 = v+w*s1-s2, s1
	}
	if energy < float64(len(samples)) {
		return 0
	}
	power := s1*s1 + s2*s2 - w*s1*s2
	return 2 * power / (float64(len(samples)) * energy)
}

// Level is the root mean square in dB below full scale; −120 for silence.
func Level(samples []int16) float64 {
	energy := 0.0
	for _, x := range samples {
		energy += float64(x) * float64(x)
	}
	if energy == 0 {
		return -120
	}
	return max(-120, 20*math.Log10(math.Sqrt(energy/float64(len(samples)))/32768))
}

// Correlation of two runs of equal length, from −1 to 1; 0 when either is silent.
func Correlation(a, b []int16) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// Align finds how many samples later the reference begins in the recording,
// from 0 to the reach, and how well all of it then correlates. It tries whole
// frames first, since a sender begins with one, and single samples only when
// none of them fits.
func Align(heard, reference []int16, reach int) (lag int, correlation float64) {
	for _, step := range []int{Frame, 1} {
		for try := 0; try <= reach && try+len(reference) <= len(heard); try += step {
			if c := Correlation(heard[try:try+len(reference)], reference); c > correlation {
				lag, correlation = try, c
			}
		}
		if correlation > 0.95 {
			break
		}
	}
	return lag, correlation
}

package media

import "math"

// Level is how loud audio was, on the scale of RFC 6464: whole dBov from 0, the
// overload point (a sine at full scale has −3), to −127, digital silence.
type Level struct {
	Mean int // of all of it
	Peak int // of its loudest frame
}

// LevelMeter measures the level of audio. Its zero value has measured nothing. It is
// not safe for concurrent use.
type LevelMeter struct {
	energy, peak float64 // sum of squares; mean square of the loudest frame
	samples      int
}

// Add takes the samples of one frame.
func (m *LevelMeter) Add(frame []int16) {
	if len(frame) == 0 {
		return
	}
	var energy float64
	for _, v := range frame {
		energy += float64(v) * float64(v)
	}
	m.energy += energy
	m.samples += len(frame)
	m.peak = max(m.peak, energy/float64(len(frame)))
}

// Level returns the level of all frames so far; false if there were none.
func (m *LevelMeter) Level() (l Level, ok bool) {
	if m.samples == 0 {
		return Level{}, false
	}
	return Level{Mean: dBov(m.energy / float64(m.samples)), Peak: dBov(m.peak)}, true
}

// dBov is a mean square as a level.
func dBov(square float64) int {
	const overload, silence = math.MaxInt16, -127
	return int(math.Round(min(max(10*math.Log10(square/(overload*overload)), silence), 0)))
}

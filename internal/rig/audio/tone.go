package audio

import "math"

// Rate is the number of samples a second of everything in this package.
const Rate = 8000

// Frame is the number of samples in one packet of 20 ms.
const Frame = 160

// ToneStep is the grid, in Hz, on which Tone's frequencies must lie so that
// the loop closes without a click.
const ToneStep = 10

// Tone returns 100 ms of a sine, which repeats seamlessly. The frequency is
// rounded to ToneStep; amplitude is the peak, of 32,767.
func Tone(frequency int, amplitude float64) []int16 {
	frequency = (frequency + ToneStep/2) / ToneStep * ToneStep
	samples := make([]int16, Rate/ToneStep)
	for i := range samples {
		samples[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*float64(frequency)*(float64(i)+0.5)/Rate)))
	}
	return samples
}

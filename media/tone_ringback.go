package media

import (
	"slices"
	"strings"
	"time"
)

// cadence is the ringing tone of some countries (ISO 3166 alpha-2).
type cadence struct {
	countries string
	freqs     []float64       // Hz, sounded together
	times     []time.Duration // in milliseconds: tones and silence in turn
}

// ringbackLevel is the level of each tone, in dBFS (ITU-T Q.35: −15 to −25 dBm0).
const ringbackLevel = -22.0

// cadences are ITU-T E.180 Supplement 2; the first is that of countries it does not name.
var cadences = []cadence{
	{"US CA", []float64{440, 480}, []time.Duration{2000, 4000}},
	{"GB IE NZ", []float64{400, 450}, []time.Duration{400, 200, 400, 2000}},
	{"AU", []float64{400, 425}, []time.Duration{400, 200, 400, 2000}},
	{"IN", []float64{375, 425}, []time.Duration{400, 200, 400, 2000}},
	{"DE CH IT NL BR", []float64{425}, []time.Duration{1000, 4000}},
	{"PT SE", []float64{425}, []time.Duration{1000, 5000}},
	{"AT", []float64{420}, []time.Duration{1000, 5000}},
	{"ES", []float64{425}, []time.Duration{1500, 3000}},
	{"FR", []float64{440}, []time.Duration{1500, 3500}},
	{"JP", []float64{384, 416}, []time.Duration{1000, 2000}},
}

// Ringback is the ringing tone of a country (ISO 3166 alpha-2), looped; of the United States
// for an unknown one.
func Ringback(country string) *Prompt {
	c := cadences[0]
	for _, other := range cadences {
		if slices.Contains(strings.Fields(other.countries), strings.ToUpper(country)) {
			c = other
		}
	}
	var pcm []int16
	for i, d := range c.times {
		freqs := c.freqs
		if i%2 == 1 {
			freqs = nil
		}
		pcm = append(pcm, Tone(ringbackLevel, d*time.Millisecond, freqs...)...)
	}
	return NewPrompt(pcm).Loop()
}

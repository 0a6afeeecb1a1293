package media

import (
	"strings"
	"time"
)

// cadence is a ringing tone: tones, then silence.
type cadence struct {
	freqs   []float64       // Hz, sounded together
	on, off []time.Duration // one after the other
}

// ringbackLevel is the level of each tone, in dBFS (ITU-T Q.35: −15 to −25 dBm0).
const ringbackLevel = -22.0

// cadences are ITU-T E.180 Supplement 2 by ISO 3166 country.
var cadences = map[string]cadence{
	"US": {freqs: []float64{440, 480}, on: ms(2000), off: ms(4000)},
	"CA": {freqs: []float64{440, 480}, on: ms(2000), off: ms(4000)},
	"GB": {freqs: []float64{400, 450}, on: ms(400, 400), off: ms(200, 2000)},
	"IE": {freqs: []float64{400, 450}, on: ms(400, 400), off: ms(200, 2000)},
	"AU": {freqs: []float64{400, 425}, on: ms(400, 400), off: ms(200, 2000)},
	"NZ": {freqs: []float64{400, 450}, on: ms(400, 400), off: ms(200, 2000)},
	"DE": {freqs: []float64{425}, on: ms(1000), off: ms(4000)},
	"AT": {freqs: []float64{420}, on: ms(1000), off: ms(5000)},
	"CH": {freqs: []float64{425}, on: ms(1000), off: ms(4000)},
	"FR": {freqs: []float64{440}, on: ms(1500), off: ms(3500)},
	"ES": {freqs: []float64{425}, on: ms(1500), off: ms(3000)},
	"PT": {freqs: []float64{425}, on: ms(1000), off: ms(5000)},
	"IT": {freqs: []float64{425}, on: ms(1000), off: ms(4000)},
	"NL": {freqs: []float64{425}, on: ms(1000), off: ms(4000)},
	"SE": {freqs: []float64{425}, on: ms(1000), off: ms(5000)},
	"JP": {freqs: []float64{384, 416}, on: ms(1000), off: ms(2000)},
	"BR": {freqs: []float64{425}, on: ms(1000), off: ms(4000)},
	"IN": {freqs: []float64{375, 425}, on: ms(400, 400), off: ms(200, 2000)},
}

// Ringback is the ringing tone of a country (ISO 3166 alpha-2), looped; of the United States
// for an unknown one.
func Ringback(country string) *Prompt {
	c, known := cadences[strings.ToUpper(country)]
	if !known {
		c = cadences["US"]
	}
	var pcm []int16
	for i := range c.on {
		pcm = append(pcm, tones(ringbackLevel, c.on[i], c.freqs...)...)
		pcm = append(pcm, tones(0, c.off[i])...)
	}
	return NewPrompt(pcm).Loop()
}

func ms(n ...int) []time.Duration {
	out := make([]time.Duration, len(n))
	for i, v := range n {
		out[i] = time.Duration(v) * time.Millisecond
	}
	return out
}

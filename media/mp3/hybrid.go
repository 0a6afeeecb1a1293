package mp3

import (
	"math"
	"sync"
)

const (
	subBands     = 32
	linesPerBand = granuleSamples / subBands // 18: also the samples of a sub-band in a granule
	longWindow   = 2 * linesPerBand
	shortWindow  = longWindow / 3
)

// transforms are the cosines and windows of ISO/IEC 11172-3 §2.4.3.4.10.
type transforms struct {
	long    [linesPerBand][linesPerBand]float32 // the half of the outputs that the others mirror
	short   [shortWindow][shortWindow / 2]float32
	windows [4][longWindow]float32 // by kind of block; of short ones the first 12
}

var transformsOnce = sync.OnceValue(func() *transforms {
	t := &transforms{}
	for i := range t.long {
		at := i // outputs 0–8 and 18–26
		if i >= linesPerBand/2 {
			at = i + linesPerBand/2
		}
		for k := range t.long[i] {
			t.long[i][k] = float32(math.Cos(math.Pi / (2 * longWindow) * float64((2*at+1+linesPerBand)*(2*k+1))))
		}
	}
	for i := range t.short {
		for k := range t.short[i] {
			t.short[i][k] = float32(math.Cos(math.Pi / (2 * shortWindow) * float64((2*i+1+shortWindow/2)*(2*k+1))))
		}
	}
	sine := func(i, length int) float32 { return float32(math.Sin(math.Pi / float64(length) * (float64(i) + 0.5))) }
	normal, start, stop := &t.windows[blockNormal], &t.windows[blockStart], &t.windows[blockStop]
	for i := range longWindow / 2 { // the other half mirrors
		mirror := longWindow - 1 - i
		long, edge := sine(i, longWindow), float32(1)
		switch {
		case i < 6:
			edge = 0
		case i < 12:
			edge = sine(i-6, shortWindow)
		}
		normal[i], normal[mirror] = long, long
		start[i], start[mirror] = long, edge
		stop[i], stop[mirror] = edge, long
	}
	for i := range shortWindow {
		t.windows[blockShort][i] = sine(i, shortWindow)
	}
	return t
})

// inverse transforms the 18 lines of a sub-band into 36 values that overlap with
// those of the granules beside it. out is zero before.
func (t *transforms) inverse(lines []float32, block int, out *[longWindow]float32) {
	lines = lines[:linesPerBand]
	window := &t.windows[block]
	if block == blockShort {
		for w := range 3 {
			for i := range shortWindow {
				var sum float32
				for k, c := range t.short[i] {
					sum += lines[3*k+w] * c
				}
				out[6+6*w+i] += sum * window[i]
			}
		}
		return
	}
	const half = linesPerBand / 2
	for i := range half {
		var a, b float32
		for k, v := range lines {
			a += v * t.long[i][k]
			b += v * t.long[half+i][k]
		}
		mirrorA, mirrorB := linesPerBand-1-i, longWindow-1-i
		out[i], out[mirrorA] = a*window[i], -a*window[mirrorA]
		out[linesPerBand+i], out[mirrorB] = b*window[linesPerBand+i], b*window[mirrorB]
	}
}

// hybrid turns the spectrum of a channel into samples of sub-bands, which it adds
// to those of other channels: slots[i][sb].
func (c *channel) hybrid(h Header, g *granule, used int, lines *[granuleSamples]float32, slots *[linesPerBand][subBands]float32, weight float32) {
	t := transformsOnce()
	reduceAliases(h.longLines(g)/linesPerBand, lines)
	filled := min(subBands, (used+linesPerBand-1)/linesPerBand+1) // aliases reach one further
	for sb := range subBands {
		block := g.block
		if g.mixed && sb < h.mixedLines()/linesPerBand {
			block = blockNormal
		}
		var out [longWindow]float32
		if sb < filled {
			t.inverse(lines[sb*linesPerBand:], block, &out)
		}
		for i := range linesPerBand {
			v := (out[i] + c.overlap[sb][i]) * weight
			if sb%2 == 1 && i%2 == 1 { // frequency inversion
				v = -v
			}
			slots[i][sb] += v
		}
		copy(c.overlap[sb][:], out[linesPerBand:])
	}
}

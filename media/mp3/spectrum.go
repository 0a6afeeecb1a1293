package mp3

import "math"

// scale turns quantized lines into a spectrum (ISO/IEC 11172-3 §2.4.3.4.7): each
// band by the gain of the granule and by its scale factor.
func scale(g *granule, f *scaleFactors, bands []band, used int, lines *[granuleSamples]float32) {
	step := float64(g.scaleShift) / 2
	for _, b := range bands {
		if b.from >= used {
			continue
		}
		quarters := float64(g.gain - 210)
		factor := 0
		if b.window < 0 {
			if factor = int(f.long[b.index]); g.preflag {
				factor += pretab[b.index]
			}
		} else {
			quarters -= 8 * float64(g.subblockGain[b.window])
			factor = int(f.short[b.index][b.window])
		}
		gain := float32(math.Exp2(quarters/4 - step*float64(factor)))
		for i := b.from; i < min(b.to, used); i++ {
			lines[i] *= gain
		}
	}
}

// reorder brings the lines of short blocks from window after window to frequency
// after frequency, as the transform takes them.
func reorder(bands []band, lines *[granuleSamples]float32) {
	was := *lines
	for i, b := range bands {
		if b.window < 0 {
			continue
		}
		start := bands[i-b.window].from
		for n := range b.to - b.from {
			lines[start+3*n+b.window] = was[b.from+n]
		}
	}
}

// aliasPairs are the coefficients cs and ca of ISO/IEC 11172-3 Table 3-B.9.
var aliasPairs = func() (out [8][2]float32) {
	for i, c := range [8]float64{-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037} {
		root := math.Sqrt(1 + c*c)
		out[i] = [2]float32{float32(1 / root), float32(c / root)}
	}
	return out
}()

// reduceAliases undoes what neighbouring sub-bands of long blocks share.
func reduceAliases(subBands int, lines *[granuleSamples]float32) {
	for sb := 1; sb < subBands; sb++ {
		for i, c := range aliasPairs {
			low, high := sb*linesPerBand-1-i, sb*linesPerBand+i
			a, b := lines[low], lines[high]
			lines[low], lines[high] = a*c[0]-b*c[1], b*c[0]+a*c[1]
		}
	}
}

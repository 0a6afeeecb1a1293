package mp3

import "math"

// decodeStereo undoes joint stereo (ISO/IEC 11172-3 §2.4.3.4.9, 13818-3 §2.4.3.2), in the
// order in which the lines are coded. bands and factors are those of the right
// channel, used where its zeros begin.
func decodeStereo(h Header, g *granule, f *scaleFactors, bands []band, used int, lines *[2][granuleSamples]float32) {
	const half = math.Sqrt2 / 2
	left, right := &lines[0], &lines[1]
	ms := func(from, to int) {
		for i := from; i < to; i++ {
			left[i], right[i] = (left[i]+right[i])*half, (left[i]-right[i])*half
		}
	}
	if !h.intensity {
		ms(0, granuleSamples)
		return
	}
	// Where the right channel has nothing any more, its factors are positions: in
	// short blocks for each window by itself.
	var silent [4]int // by window, of long blocks at 3: the first band that is empty to the end
	for i, b := range bands {
		w := (b.window + 4) % 4
		for n := b.from; n < min(b.to, used); n++ {
			if right[n] != 0 {
				silent[w] = i + 1
				break
			}
		}
	}
	for i, b := range bands {
		w := (b.window + 4) % 4
		position := noPosition
		if i >= silent[w] && i >= silent[3] {
			position = int(f.position(b))
		}
		if position == noPosition || h.Version == 1 && position >= 7 {
			if h.midSide {
				ms(b.from, b.to)
			}
			continue
		}
		l, r := intensityRatios(h, g, position)
		for n := b.from; n < b.to; n++ {
			left[n], right[n] = left[n]*l, left[n]*r
		}
	}
}

// position is the factor of a band; the highest has none of its own and takes
// that of the one below.
func (f *scaleFactors) position(b band) uint8 {
	if b.window < 0 {
		return f.long[min(b.index, 20)]
	}
	return f.short[min(b.index, 11)][b.window]
}

// intensityRatios is how much of a line goes left and right.
func intensityRatios(h Header, g *granule, position int) (left, right float32) {
	if h.Version == 1 {
		if position == 6 {
			return 1, 0
		}
		ratio := math.Tan(float64(position) * math.Pi / 12)
		return float32(ratio / (1 + ratio)), float32(1 / (1 + ratio))
	}
	step := 0.25 * float64(1+g.scalefacCompress&1)
	if position%2 == 1 {
		return float32(math.Exp2(-step * float64((position+1)/2))), 1
	}
	return 1, float32(math.Exp2(-step * float64(position/2)))
}

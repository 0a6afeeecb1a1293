package mp3

// scaleFactors are the scale factors of a channel. An intensity position of MPEG-2 that
// means none is noPosition.
type scaleFactors struct {
	long  [22]uint8
	short [13][3]uint8
}

const noPosition = 0xFF

// mpeg1Lengths are the bits of a scale factor in the lower and the upper bands, by
// scalefac_compress (ISO/IEC 11172-3 §2.4.2.7).
var mpeg1Lengths = [16][2]int{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {3, 0}, {1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3}, {3, 1}, {3, 2}, {3, 3}, {4, 2}, {4, 3}}

// readMPEG1 reads the scale factors of a granule. What the second takes over from
// the first stays as it is.
func (f *scaleFactors) readMPEG1(r *bitReader, g *granule, second bool, share [4]bool) {
	low, high := mpeg1Lengths[g.scalefacCompress][0], mpeg1Lengths[g.scalefacCompress][1]
	if g.block == blockShort {
		first := 0
		if *f = (scaleFactors{}); g.mixed {
			for i := range 8 {
				f.long[i] = uint8(r.read(low))
			}
			first = 3
		}
		for i := first; i < 12; i++ {
			n := low
			if i >= 6 {
				n = high
			}
			for w := range 3 {
				f.short[i][w] = uint8(r.read(n))
			}
		}
		return
	}
	f.short = [13][3]uint8{}
	f.long[21] = 0
	for group, bounds := range [4][2]int{{0, 6}, {6, 11}, {11, 16}, {16, 21}} {
		if second && share[group] {
			continue
		}
		n := low
		if group >= 2 {
			n = high
		}
		for i := bounds[0]; i < bounds[1]; i++ {
			f.long[i] = uint8(r.read(n))
		}
	}
}

// mpeg2Counts are how many scale factors have each of four lengths, by how
// scalefac_compress is read and by the kind of block: long, short, mixed (ISO/IEC
// 13818-3 §2.4.3.2).
var mpeg2Counts = [6][3][4]int{
	{{6, 5, 5, 5}, {9, 9, 9, 9}, {6, 9, 9, 9}},
	{{6, 5, 7, 3}, {9, 9, 12, 6}, {6, 9, 12, 6}},
	{{11, 10, 0, 0}, {18, 18, 0, 0}, {15, 18, 0, 0}},
	{{7, 7, 7, 0}, {12, 12, 12, 0}, {6, 15, 12, 0}},
	{{6, 6, 6, 3}, {12, 9, 9, 6}, {6, 12, 9, 6}},
	{{8, 8, 5, 0}, {15, 12, 9, 0}, {6, 18, 9, 0}},
}

// mpeg2Lengths takes scalefac_compress apart. positions tells of the right channel
// under intensity stereo, whose factors are places between the channels.
func mpeg2Lengths(compress int, positions bool) (row int, lengths [4]int, preflag bool) {
	switch c := compress; {
	case positions && c/2 < 180:
		c /= 2
		return 3, [4]int{c / 36, c % 36 / 6, c % 6, 0}, false
	case positions && c/2 < 244:
		c = c/2 - 180
		return 4, [4]int{c >> 4 & 3, c >> 2 & 3, c & 3, 0}, false
	case positions:
		c = c/2 - 244
		return 5, [4]int{c / 3, c % 3, 0, 0}, false
	case c < 400:
		return 0, [4]int{(c >> 4) / 5, (c >> 4) % 5, c >> 2 & 3, c & 3}, false
	case c < 500:
		c -= 400
		return 1, [4]int{(c >> 2) / 5, (c >> 2) % 5, c & 3, 0}, false
	default:
		c -= 500
		return 2, [4]int{c / 3, c % 3, 0, 0}, true
	}
}

// readMPEG2 reads the scale factors of the one granule of a frame of MPEG-2.
func (f *scaleFactors) readMPEG2(r *bitReader, g *granule, positions bool) {
	*f = scaleFactors{}
	row, lengths, preflag := mpeg2Lengths(g.scalefacCompress, positions)
	g.preflag = preflag
	kind, long := 0, 22
	if g.block == blockShort {
		if kind, long = 1, 0; g.mixed {
			kind, long = 2, 6
		}
	}
	first := long / 2 // of the short bands: 3 behind long ones, else 0
	i := 0
	for part, count := range mpeg2Counts[row][kind] {
		for range count {
			v := uint8(r.read(lengths[part]))
			if positions && lengths[part] > 0 && int(v) == 1<<lengths[part]-1 {
				v = noPosition
			}
			if s := i - long; i < long {
				f.long[min(i, 21)] = v
			} else if at := first + s/3; at < 13 {
				f.short[at][s%3] = v
			}
			i++
		}
	}
}

// pretab is added to the factors of the upper bands where preflag is set (ISO/IEC
// 11172-3 Table 3-B.6).
var pretab = [22]int{11: 1, 12: 1, 13: 1, 14: 1, 15: 2, 16: 2, 17: 3, 18: 3, 19: 3, 20: 2}

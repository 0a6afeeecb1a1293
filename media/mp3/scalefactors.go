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

// mpeg1Row is the row of MPEG-1 in partCounts.
const mpeg1Row = 6

// partCounts are how many scale factors have each of four lengths, by how
// scalefac_compress is read and by the kind of block: long, short, mixed (ISO/IEC
// 13818-3 §2.4.3.2, 11172-3 §2.4.2.7).
var partCounts = [7][3][4]int{
	{{6, 5, 5, 5}, {9, 9, 9, 9}, {6, 9, 9, 9}},
	{{6, 5, 7, 3}, {9, 9, 12, 6}, {6, 9, 12, 6}},
	{{11, 10, 0, 0}, {18, 18, 0, 0}, {15, 18, 0, 0}},
	{{7, 7, 7, 0}, {12, 12, 12, 0}, {6, 15, 12, 0}},
	{{6, 6, 6, 3}, {12, 9, 9, 6}, {6, 12, 9, 6}},
	{{8, 8, 5, 0}, {15, 12, 9, 0}, {6, 18, 9, 0}},
	mpeg1Row: {{6, 5, 5, 5}, {9, 9, 9, 9}, {8, 9, 9, 9}},
}

// partLengths takes scalefac_compress apart: the row of partCounts, and the bits of a
// factor of each part. positions tells of the right channel under intensity stereo of
// MPEG-2, whose factors are positions between the channels.
func (h Header) partLengths(compress int, positions bool) (row int, lengths [4]int) {
	switch c := compress; {
	case h.Version == 1:
		low, high := mpeg1Lengths[c][0], mpeg1Lengths[c][1]
		return mpeg1Row, [4]int{low, low, high, high}
	case positions && c/2 < 180:
		c /= 2
		return 3, [4]int{c / 36, c % 36 / 6, c % 6, 0}
	case positions && c/2 < 244:
		c = c/2 - 180
		return 4, [4]int{c >> 4 & 3, c >> 2 & 3, c & 3, 0}
	case positions:
		c = c/2 - 244
		return 5, [4]int{c / 3, c % 3, 0, 0}
	case c < 400:
		return 0, [4]int{(c >> 4) / 5, (c >> 4) % 5, c >> 2 & 3, c & 3}
	case c < 500:
		c -= 400
		return 1, [4]int{(c >> 2) / 5, (c >> 2) % 5, c & 3, 0}
	default:
		c -= 500
		return 2, [4]int{c / 3, c % 3, 0, 0}
	}
}

// read reads the scale factors of a granule. What a granule of long blocks shares with the
// one before stays as it is.
func (f *scaleFactors) read(r *bitReader, h Header, g *granule, positions bool) {
	row, lengths := h.partLengths(g.scalefacCompress, positions)
	g.preflag = g.preflag || row == 2 // MPEG-2 has no bit for it
	f.short = [13][3]uint8{}
	kind, long, firstShort := 0, 22, 0
	if g.block == blockShort {
		f.long, g.shared = [22]uint8{}, [4]bool{}
		if kind, long = 1, 0; g.mixed {
			kind, long, firstShort = 2, 6, 3
			if h.Version == 1 {
				long = 8
			}
		}
	}
	i := 0
	for part, count := range partCounts[row][kind] {
		if g.shared[part] {
			i += count
			continue
		}
		for range count {
			v := uint8(r.read(lengths[part]))
			if positions && lengths[part] > 0 && int(v) == 1<<lengths[part]-1 {
				v = noPosition
			}
			if i < long {
				f.long[i] = v
			} else {
				f.short[firstShort+(i-long)/3][(i-long)%3] = v
			}
			i++
		}
	}
}

// pretab is added to the factors of the upper bands where preflag is set (ISO/IEC
// 11172-3 Table 3-B.6).
var pretab = [22]int{11: 1, 12: 1, 13: 1, 14: 1, 15: 2, 16: 2, 17: 3, 18: 3, 19: 3, 20: 2}

package mp3

// granuleSamples is how many samples of a channel a granule holds, and how many
// lines its spectrum has.
const granuleSamples = 576

// Kinds of blocks, by the window of their transform.
const (
	blockNormal = iota
	blockStart
	blockShort
	blockStop
)

// granule is the side information of one granule of a channel.
type granule struct {
	part23Length     int // of scale factors and spectrum, in bits
	bigValues        int // lines
	gain             int
	scalefacCompress int     // how scale factors are coded
	shared           [4]bool // parts of the scale factors that the granule before has too (scfsi)
	block            int
	mixed            bool // the lowest bands of a short block are long
	tables           [3]int
	regions          [3]int // where each table ends, in lines
	subblockGain     [3]int
	preflag          bool
	scaleShift       int // of scale factors: 1 for half steps, 2 for whole ones
	count1TableB     bool
}

// sideInfo is the side information of a frame (ISO/IEC 11172-3 §2.4.1.7, 13818-3
// §2.4.1.7).
type sideInfo struct {
	mainDataBegin int // how many bytes of main data stand in frames before
	granules      [2][2]granule
}

// readSideInfo reads it from b, which holds it all; false if it is damaged.
func readSideInfo(h Header, b []byte) (s sideInfo, ok bool) {
	r := &bitReader{data: b}
	if h.Version == 1 {
		s.mainDataBegin = r.read(9)
		r.read(7 - 2*h.Channels) // private: 5 bits, or 3
		for c := range h.Channels {
			for part := range 4 {
				s.granules[1][c].shared[part] = r.bit() == 1
			}
		}
	} else {
		s.mainDataBegin = r.read(8)
		r.read(h.Channels)
	}
	for g := range h.granules() {
		for c := range h.Channels {
			if !s.granules[g][c].read(r, h) {
				return s, false
			}
		}
	}
	return s, true
}

func (g *granule) read(r *bitReader, h Header) bool {
	g.part23Length, g.bigValues, g.gain = r.read(12), 2*r.read(9), r.read(8)
	g.scalefacCompress = r.read(map[bool]int{true: 4, false: 9}[h.Version == 1])
	long, short := longBands[h.bands], shortBands[h.bands]
	if r.bit() == 1 {
		g.block, g.mixed = r.read(2), r.bit() == 1
		g.tables = [3]int{r.read(5), r.read(5), 0}
		g.subblockGain = [3]int{r.read(3), r.read(3), r.read(3)}
		g.regions = [3]int{int(long[8]), granuleSamples, granuleSamples}
		if g.block == blockShort {
			g.regions[0] = 3 * int(short[3])
		}
		if g.block == blockNormal {
			return false
		}
	} else {
		g.tables = [3]int{r.read(5), r.read(5), r.read(5)}
		first, second := r.read(4)+1, r.read(3)+1
		g.regions = [3]int{int(long[min(first, 22)]), int(long[min(first+second, 22)]), granuleSamples}
	}
	if h.Version == 1 {
		g.preflag = r.bit() == 1
	}
	g.scaleShift = 1 + r.bit()
	g.count1TableB = r.bit() == 1
	return g.bigValues <= granuleSamples
}

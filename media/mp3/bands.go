package mp3

// The bands of scale factors begin at these lines, by rate: three of MPEG-1, three of
// MPEG-2 (ISO/IEC 11172-3 Table 3-B.8, 13818-3 Table B.2), of which the last is also that
// of 11.025 and 12 kHz of MPEG-2.5, and 8 kHz. Those of short blocks count the lines of
// one of the three windows.
var (
	longBands = [7][23]uint16{
		{0, 4, 8, 12, 16, 20, 24, 30, 36, 44, 52, 62, 74, 90, 110, 134, 162, 196, 238, 288, 342, 418, 576},
		{0, 4, 8, 12, 16, 20, 24, 30, 36, 42, 50, 60, 72, 88, 106, 128, 156, 190, 230, 276, 330, 384, 576},
		{0, 4, 8, 12, 16, 20, 24, 30, 36, 44, 54, 66, 82, 102, 126, 156, 194, 240, 296, 364, 448, 550, 576},
		{0, 6, 12, 18, 24, 30, 36, 44, 54, 66, 80, 96, 116, 140, 168, 200, 238, 284, 336, 396, 464, 522, 576},
		{0, 6, 12, 18, 24, 30, 36, 44, 54, 66, 80, 96, 114, 136, 162, 194, 232, 278, 332, 394, 464, 540, 576},
		{0, 6, 12, 18, 24, 30, 36, 44, 54, 66, 80, 96, 116, 140, 168, 200, 238, 284, 336, 396, 464, 522, 576},
		{0, 12, 24, 36, 48, 60, 72, 88, 108, 132, 160, 192, 232, 280, 336, 400, 476, 566, 568, 570, 572, 574, 576},
	}
	shortBands = [7][14]uint16{
		{0, 4, 8, 12, 16, 22, 30, 40, 52, 66, 84, 106, 136, 192},
		{0, 4, 8, 12, 16, 22, 28, 38, 50, 64, 80, 100, 126, 192},
		{0, 4, 8, 12, 16, 22, 30, 42, 58, 78, 104, 138, 180, 192},
		{0, 4, 8, 12, 18, 24, 32, 42, 56, 74, 100, 132, 174, 192},
		{0, 4, 8, 12, 18, 26, 36, 48, 62, 80, 104, 136, 180, 192},
		{0, 4, 8, 12, 18, 26, 36, 48, 62, 80, 104, 134, 174, 192},
		{0, 8, 16, 24, 36, 52, 72, 96, 124, 160, 162, 164, 166, 192},
	}
)

// band is the lines of a spectrum that share a scale factor, in the order in which
// they are coded: those of a short block window by window.
type band struct {
	from, to int
	window   int // of a short block, −1 in a long one
	index    int // of its scale factor
}

// bandsOf lists the bands of a granule.
func (h Header) bandsOf(g *granule, into []band) []band {
	into = into[:0]
	long, short, longLines := longBands[h.bands], shortBands[h.bands], h.longLines(g)
	for i := 0; int(long[i]) < longLines; i++ {
		into = append(into, band{int(long[i]), int(long[i+1]), -1, i})
	}
	for i := range 13 {
		first, width := 3*int(short[i]), int(short[i+1]-short[i])
		if first < longLines {
			continue
		}
		for w := range 3 {
			into = append(into, band{first + w*width, first + (w+1)*width, w, i})
		}
	}
	return into
}

// longLines is how many lines of a granule are of long blocks.
func (h Header) longLines(g *granule) int {
	switch {
	case g.block != blockShort:
		return granuleSamples
	case g.mixed:
		return h.mixedLines()
	}
	return 0
}

// mixedLines is how many lines of a mixed block are long: two of its sub-bands,
// and four at 8 kHz, where the third short band begins later.
func (h Header) mixedLines() int { return 3 * int(shortBands[h.bands][3]) }

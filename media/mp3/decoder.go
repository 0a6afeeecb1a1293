package mp3

// maxReservoir is how many bytes of main data a frame may take from those before
// it.
const maxReservoir = 511

// Decoder decodes the frames of one stream in their order. Its zero value is
// ready. It is not safe for concurrent use.
type Decoder struct {
	reservoir []byte // the last main data, maxReservoir bytes at most
	data      []byte // of the frame, what it borrows in front
	channels  [2]channel
	lines     [2][granuleSamples]float32
	bands     [2][]band
	synthesis synthesis
}

// channel is what of a channel reaches from one granule to the next.
type channel struct {
	factors scaleFactors
	overlap [subBands][linesPerBand]float32
}

// Decode appends the samples of a frame of layer III, h.Samples of them, on the
// scale of 16 bits and not clipped. The frame is whole: h.Size bytes, h as
// ParseHeader read it. A frame that is damaged, or borrows bits from frames that
// were not decoded, as behind a cut, is decoded as far as it can be, and false is
// returned.
func (d *Decoder) Decode(h Header, frame []byte, out []float32) ([]float32, bool) {
	var s sideInfo
	whole := false
	if begin := h.SideSize(); begin <= len(frame) {
		at := HeaderSize
		if h.protected {
			at += 2
		}
		s, whole = readSideInfo(h, frame[at:begin])
		whole = d.prependReservoir(s.mainDataBegin, frame[begin:]) && whole
	}
	r := &bitReader{data: d.data}
	for g := range h.granules() {
		var slots [linesPerBand][subBands]float32
		var used [2]int
		for c := range h.Channels {
			d.lines[c] = [granuleSamples]float32{}
			if whole {
				used[c], whole = d.read(h, &s, g, c, r)
			}
			if !whole {
				d.lines[c], s.granules[g][c] = [granuleSamples]float32{}, granule{}
			}
		}
		d.finish(h, &s, g, used, &slots)
		for i := range slots {
			out = d.synthesis.synthesize(&slots[i], out)
		}
	}
	return out, whole
}

// prependReservoir puts what the frame takes from those before it in front of its own main
// data; false if it is not there.
func (d *Decoder) prependReservoir(n int, own []byte) bool {
	there := n <= len(d.reservoir)
	d.data = d.data[:0]
	if there {
		d.data = append(d.data, d.reservoir[len(d.reservoir)-n:]...)
	}
	d.data = append(d.data, own...)
	d.reservoir = append(d.reservoir, own...)
	if surplus := len(d.reservoir) - maxReservoir; surplus > 0 {
		d.reservoir = append(d.reservoir[:0], d.reservoir[surplus:]...)
	}
	return there
}

// read reads the spectrum of a granule of a channel and scales it.
func (d *Decoder) read(h Header, s *sideInfo, g, c int, r *bitReader) (used int, ok bool) {
	side, f := &s.granules[g][c], &d.channels[c].factors
	end := r.at + side.part23Length
	if end > 8*len(r.data) {
		return 0, false
	}
	if f.read(r, h, side, h.intensity && c == 1 && h.Version != 1); r.at > end {
		return 0, false
	}
	if used, ok = readSpectrum(r, side, end, &d.lines[c]); !ok {
		return 0, false
	}
	r.at = end
	d.bands[c] = h.bandsOf(side, d.bands[c])
	scale(side, f, d.bands[c], used, &d.lines[c])
	return used, true
}

// finish turns the spectra of a granule into samples of sub-bands.
func (d *Decoder) finish(h Header, s *sideInfo, g int, used [2]int, slots *[linesPerBand][subBands]float32) {
	if h.Channels == 2 && (h.midSide || h.intensity) {
		decodeStereo(h, &s.granules[g][1], &d.channels[1].factors, d.bands[1], used[1], &d.lines)
		most := max(used[0], used[1])
		used = [2]int{most, most}
	}
	for c := range h.Channels {
		side := &s.granules[g][c]
		if side.block == blockShort {
			reorder(d.bands[c], &d.lines[c])
			used[c] = granuleSamples // lines of a band have been spread
		}
		d.channels[c].hybrid(h, side, used[c], &d.lines[c], slots, 1/float32(h.Channels))
	}
}

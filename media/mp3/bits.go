package mp3

// bitReader reads a stream of bits, the highest of a byte first. Behind the end are
// zeros.
type bitReader struct {
	data []byte
	at   int // in bits
}

// read returns the next n bits, 25 at most.
func (b *bitReader) read(n int) int {
	var v uint32
	for i := range 4 {
		if at := b.at>>3 + i; at < len(b.data) {
			v |= uint32(b.data[at]) << (24 - 8*i)
		}
	}
	v = v << (b.at & 7) >> (32 - n)
	b.at += n
	return int(v)
}

// bit returns the next bit.
func (b *bitReader) bit() (v int) {
	if at := b.at >> 3; at < len(b.data) {
		v = int(b.data[at] >> (7 - b.at&7) & 1)
	}
	b.at++
	return v
}

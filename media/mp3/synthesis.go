package mp3

import (
	"math"
	"sync"
)

// synthesis is the polyphase filter bank (ISO/IEC 11172-3 §2.4.3.2.2): 32 samples
// of sub-bands become 32 of audio.
type synthesis struct {
	blocks [16][64]float32 // the vector V, newest first from newest on
	newest int
}

// filters are the cosines of its matrix, the half that the other mirrors, and the
// window D.
type filters struct {
	cosines [subBands][subBands / 2]float32
	window  [512]float32
}

var filtersOnce = sync.OnceValue(func() *filters {
	f := &filters{}
	for m := range f.cosines {
		for k := range f.cosines[m] {
			f.cosines[m][k] = float32(math.Cos(float64(m*(2*k+1)) * math.Pi / 64))
		}
	}
	for i := range f.window {
		v := synthesisWindow[min(i, 512-i)]
		if i > 256 && i%64 != 0 {
			v = -v
		}
		f.window[i] = float32(v) / (1 << 16)
	}
	return f
})

// synthesize appends 32 samples on the scale of 16 bits.
func (s *synthesis) synthesize(in *[subBands]float32, out []float32) []float32 {
	f := filtersOnce()
	var sums, differences [subBands / 2]float32
	for k := range sums {
		sums[k], differences[k] = in[k]+in[subBands-1-k], in[k]-in[subBands-1-k]
	}
	s.newest = (s.newest + 15) % 16
	v := &s.blocks[s.newest]
	for m := range subBands {
		half := &sums
		if m%2 == 1 {
			half = &differences
		}
		var c float32
		for k, cosine := range f.cosines[m] {
			c += half[k] * cosine
		}
		// The matrix has 64 rows, and these mirror the 32 cosines.
		if m >= 16 {
			v[m-16] = c
		} else {
			v[48+m] = -c
		}
		v[48-m] = -c
	}
	v[16] = 0
	for j := range subBands {
		var sum float32
		for i := range 8 {
			sum += s.blocks[(s.newest+2*i)%16][j] * f.window[64*i+j]
			sum += s.blocks[(s.newest+2*i+1)%16][32+j] * f.window[64*i+32+j]
		}
		out = append(out, sum*(1<<15))
	}
	return out
}

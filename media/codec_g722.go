package media

import "ringflow/media/sdp"

// g722 is ITU-T G.722 at 64 kbit/s: two sub-bands of ADPCM, of 6 and 2 bits a sample,
// behind a quadrature mirror filter. Its RTP clock is 8000 Hz though it has 16000
// samples a second (RFC 3551 §4.5.2). The blocks are named as in §6.2 of the
// recommendation.
var g722 = &codec{
	Codec:      sdp.Codec{Name: "G722", PayloadType: 9, Rate: 8000},
	bytesPerMS: 8,
	silence:    0xFD, // the smallest difference in both sub-bands, of which the decoder makes zeros
	wideband:   true,
	encoder:    func(encoding) encoder { return &upsampler{next: newG722Stream()} },
	decoder:    func() decoder { return &downsampler{before: newG722Stream()} },
}

// The tables of the recommendation, by the code of a difference or its magnitude.
var (
	g722Filter = [12]int{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}
	// g722Levels are the decision levels of the lower sub-band (Q6).
	g722Levels = [30]int{
		0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650,
		714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	// g722Differences6 and the next are the quantized differences by code (QM6, QM4, QM2);
	// the first four of 6 bits are not sent.
	g722Differences6 = [64]int{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	g722Differences4 = [16]int{0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0}
	g722Differences2 = [4]int{-7408, -1616, 7408, 1616}
	// g722Steps and the next are what a code adds to the logarithmic scale factor (WL, WH).
	g722Steps4 = [16]int{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
	g722Steps2 = [4]int{798, -214, 798, -214}
	// g722Powers are 2^(i/32), scaled by 2048 (ILB).
	g722Powers = [32]int{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
)

// g722Band is the state of one sub-band: the scale factor of its quantizer, and the
// predictor of two poles and six zeros. Histories are newest first.
type g722Band struct {
	logScale, scale int
	minShift        int // of the scale factor: 8 in the lower sub-band, 10 in the higher
	maxLogScale     int
	predicted       int    // S
	zeros           int    // SZ, the part of the zeros in it
	reconstructed   [2]int // R
	partial         [2]int // P, less the part of the poles
	poles           [2]int // A
	zeroTaps        [6]int // B
	differences     [6]int // D
}

// adapt takes the difference that a code stands for, and its step of the scale factor
// (blocks 3 and 4).
func (b *g722Band) adapt(difference, step int) {
	b.logScale = min(max(b.logScale*127>>7+step, 0), b.maxLogScale) // LOGSCL, LOGSCH
	power := g722Powers[b.logScale>>6&31]
	if shift := b.minShift - b.logScale>>11; shift < 0 { // SCALEL, SCALEH
		b.scale = power << -shift << 2
	} else {
		b.scale = power >> shift << 2
	}
	reconstructed := saturate(b.predicted + difference) // RECONS
	partial := saturate(b.zeros + difference)           // PARREC
	b.adaptPoles(partial)
	b.adaptZeros(difference)
	b.reconstructed = [2]int{reconstructed, b.reconstructed[0]} // DELAYA
	b.partial = [2]int{partial, b.partial[0]}
	b.predict()
}

// adaptPoles is UPPOL2 and UPPOL1.
func (b *g722Band) adaptPoles(partial int) {
	same := signs(partial, b.partial[0])
	second := b.poles[1]*32512>>15 + saturate(-same*saturate(4*b.poles[0]))>>7 + 128*signs(partial, b.partial[1])
	second = min(max(second, -12288), 12288)
	limit := 15360 - second
	b.poles = [2]int{min(max(b.poles[0]*32640>>15+192*same, -limit), limit), second}
}

// adaptZeros is UPZERO.
func (b *g722Band) adaptZeros(difference int) {
	step := 128
	if difference == 0 {
		step = 0
	}
	for i, d := range b.differences {
		b.zeroTaps[i] = saturate(b.zeroTaps[i]*32640>>15 + step*signs(d, difference))
	}
	copy(b.differences[1:], b.differences[:])
	b.differences[0] = difference
}

// signs is 1 for two numbers of one sign, else −1.
func signs(a, b int) int { return 1 - 2*int(uint64(a^b)>>63) }

// predict is FILTEP, FILTEZ and PREDIC.
func (b *g722Band) predict() {
	poles, zeros := 0, 0
	for i, r := range b.reconstructed {
		poles += b.poles[i] * saturate(2*r) >> 15
	}
	for i, d := range b.differences {
		zeros += b.zeroTaps[i] * saturate(2*d) >> 15
	}
	b.zeros = saturate(zeros)
	b.predicted = saturate(saturate(poles) + b.zeros)
}

// g722Stream is the encoder or decoder of one stream, of samples at 16 kHz.
type g722Stream struct {
	low, high g722Band
	window    [24]int // of the filter, newest last
}

func newG722Stream() *g722Stream {
	return &g722Stream{
		low:  g722Band{scale: 32, minShift: 8, maxLogScale: 18432},
		high: g722Band{scale: 8, minShift: 10, maxLogScale: 22528},
	}
}

// filter passes two values through the quadrature mirror filter.
func (s *g722Stream) filter(first, second int) (even, odd int) {
	copy(s.window[:], s.window[2:])
	s.window[22], s.window[23] = first, second
	for k, c := range g722Filter {
		odd += s.window[2*k] * c
		even += s.window[2*k+1] * g722Filter[11-k]
	}
	return even, odd
}

// encode writes a byte for each two samples.
func (s *g722Stream) encode(pcm []int16, out []byte) int {
	n := min(len(pcm)/2, len(out))
	for i := range n {
		even, odd := s.filter(int(pcm[2*i]), int(pcm[2*i+1]))
		out[i] = s.low.quantize6((even+odd)>>14) | s.high.quantize2((even-odd)>>14)<<6
	}
	return n
}

// quantize6 quantizes a sample of the lower sub-band with 6 bits (QUANTL).
func (b *g722Band) quantize6(sample int) byte {
	difference := saturate(sample - b.predicted)
	level := magnitude(difference)
	low, high := 1, len(g722Levels) // the first whose level is above
	for low < high {
		if mid := (low + high) / 2; level < g722Levels[mid]*b.scale>>12 {
			high = mid
		} else {
			low = mid + 1
		}
	}
	code := 62 - low
	if difference < 0 {
		if code = 34 - low; low <= 2 {
			code = 64 - low
		}
	}
	b.adapt4(code >> 2)
	return byte(code)
}

// quantize2 quantizes a sample of the higher sub-band with 2 bits (QUANTH).
func (b *g722Band) quantize2(sample int) byte {
	difference := saturate(sample - b.predicted)
	code := 3
	if magnitude(difference) >= 564*b.scale>>12 {
		code = 2
	}
	if difference < 0 {
		code -= 2
	}
	b.adapt2(code)
	return byte(code)
}

// magnitude is that of a difference, as the quantizers compare it.
func magnitude(difference int) int { return difference ^ difference>>63 }

// adapt4 adapts the lower sub-band to a code's upper 4 bits, adapt2 the higher to its 2.
func (b *g722Band) adapt4(code int) { b.adapt(b.scale*g722Differences4[code]>>15, g722Steps4[code]) }
func (b *g722Band) adapt2(code int) { b.adapt(b.scale*g722Differences2[code]>>15, g722Steps2[code]) }

// decode writes two samples for each byte.
func (s *g722Stream) decode(payload []byte, out []int16) int {
	n := min(len(payload), len(out)/2)
	for i, v := range payload[:n] {
		code6, code2 := int(v&0x3F), int(v>>6)
		lower := limit15(s.low.predicted + s.low.scale*g722Differences6[code6]>>15)
		higher := limit15(s.high.predicted + s.high.scale*g722Differences2[code2]>>15)
		s.low.adapt4(code6 >> 2)
		s.high.adapt2(code2)
		first, second := s.filter(lower+higher, lower-higher)
		out[2*i], out[2*i+1] = int16(saturate(first>>11)), int16(saturate(second>>11))
	}
	return 2 * n
}

func saturate(v int) int { return min(max(v, -1<<15), 1<<15-1) }

// limit15 bounds a sample of a sub-band (LIMIT).
func limit15(v int) int { return min(max(v, -1<<14), 1<<14-1) }

package media

import "math"

// halfBandTaps is the length of the filter on either side of its middle, in samples at
// 16 kHz: the slope is some 800 Hz wide.
const halfBandTaps = 31

// halfBand is the low pass at 4 kHz between 8 and 16 kHz, a windowed sinc: the weights
// at odd distances from the middle, where alone it is not zero; in the middle it is 1/2.
var halfBand = func() (out [(halfBandTaps + 1) / 2]float32) {
	for i := range out {
		d := float64(2*i + 1)
		out[i] = float32(sinc(d/2) / 2 * kaiser(d/(halfBandTaps+1)))
	}
	return out
}()

// rateBlock is how many samples at 8 kHz are converted at a time.
const rateBlock = 160

// upsampler encodes samples at 8 kHz with a codec of 16 kHz.
type upsampler struct {
	next   encoder
	window [halfBandTaps + 1 + rateBlock]float32 // at 8 kHz, the oldest first
	wide   [2 * rateBlock]int16
}

func (u *upsampler) encode(pcm []int16, out []byte) (n int) {
	const history = halfBandTaps + 1
	for len(pcm) > 0 {
		block := pcm[:min(len(pcm), rateBlock)]
		pcm = pcm[len(block):]
		for i, v := range block {
			u.window[history+i] = float32(v)
		}
		for i := range block {
			middle := i + history/2
			u.wide[2*i] = int16(u.window[middle])
			var sum float32
			for k, weight := range halfBand {
				sum += weight * (u.window[middle-k] + u.window[middle+1+k])
			}
			u.wide[2*i+1] = round16(2 * sum)
		}
		copy(u.window[:history], u.window[len(block):])
		n += u.next.encode(u.wide[:2*len(block)], out[n:])
	}
	return n
}

// downsampler decodes a codec of 16 kHz to samples at 8 kHz.
type downsampler struct {
	before decoder
	window [2*halfBandTaps + 2*rateBlock]float32 // at 16 kHz, the oldest first
	wide   [2 * rateBlock]int16
}

func (d *downsampler) decode(payload []byte, out []int16) (n int) {
	const history = 2 * halfBandTaps
	for len(payload) > 0 {
		block := payload[:min(len(payload), rateBlock)]
		payload = payload[len(block):]
		wide := d.wide[:d.before.decode(block, d.wide[:])]
		for i, v := range wide {
			d.window[history+i] = float32(v)
		}
		for i := 0; i+1 < len(wide) && n < len(out); i += 2 {
			middle := i + 1 + halfBandTaps // with the codec and an upsampler, a delay of whole samples at 8 kHz
			sum := d.window[middle] / 2
			for k, weight := range halfBand {
				sum += weight * (d.window[middle-1-2*k] + d.window[middle+1+2*k])
			}
			out[n] = round16(sum)
			n++
		}
		copy(d.window[:history], d.window[len(wide):])
	}
	return n
}

// round16 rounds to the nearest sample of 16 bits.
func round16(v float32) int16 {
	return int16(min(max(math.Floor(float64(v)+0.5), math.MinInt16), math.MaxInt16))
}

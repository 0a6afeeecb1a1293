package media

import "encoding/binary"

// Blocks of ADPCM in WAV files: each begins anew, so that a damaged one costs
// nothing but itself (RIFF Multimedia Data Standards Update 3.0, 1994).

// imaSteps are the step sizes of IMA ADPCM, and imaMoves how a code of three bits
// moves along them.
var (
	imaSteps = [89]int{
		7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
		130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166,
		1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845,
		8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
	}
	imaMoves = [8]int{-1, -1, -1, -1, 2, 4, 6, 8}
)

// decodeIMA appends the samples of a block, channel by channel in turn. The block
// begins with a sample and a step of each channel; then come eight codes of one
// channel and eight of the next.
func decodeIMA(block []byte, channels int, out []int16) []int16 {
	if len(block) < 4*channels {
		return out
	}
	type state struct{ sample, step int }
	var states [8]state
	for c := range channels {
		head := block[4*c:]
		states[c] = state{int(int16(binary.LittleEndian.Uint16(head))), min(int(head[2]), len(imaSteps)-1)}
		out = append(out, int16(states[c].sample))
	}
	for body := block[4*channels:]; len(body) >= 4*channels; body = body[4*channels:] {
		at := len(out)
		out = append(out, make([]int16, 8*channels)...)
		for c := range channels {
			s := &states[c]
			for i := range 8 {
				code := int(body[4*c+i/2]>>(4*(i%2))) & 15
				step := imaSteps[s.step]
				move := step >> 3
				for bit := range 3 {
					if code>>(2-bit)&1 == 1 {
						move += step >> bit
					}
				}
				if code&8 != 0 {
					move = -move
				}
				s.sample = saturate(s.sample + move)
				s.step = min(max(s.step+imaMoves[code&7], 0), len(imaSteps)-1)
				out[at+i*channels+c] = int16(s.sample)
			}
		}
	}
	return out
}

// msMoves is how a code changes the step of Microsoft's ADPCM, in 1/256.
var msMoves = [16]int{230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230}

// decodeMS does the same with a block of Microsoft's ADPCM, whose predictors stand
// in the format of the file.
func decodeMS(block []byte, channels int, predictors [][2]int16, out []int16) []int16 {
	if len(block) < 7*channels {
		return out
	}
	type state struct {
		predictor          [2]int16
		step, last, before int
	}
	states := make([]state, channels)
	word := func(at, c int) int {
		return int(int16(binary.LittleEndian.Uint16(block[at*channels+2*c:])))
	}
	for c := range states {
		states[c] = state{predictors[min(int(block[c]), len(predictors)-1)], word(1, c), word(3, c), word(5, c)}
	}
	for _, at := range [2]int{5, 3} {
		for c := range states {
			out = append(out, int16(word(at, c)))
		}
	}
	c := 0
	for _, pair := range block[7*channels:] {
		for _, code := range [2]int{int(pair >> 4), int(pair & 15)} {
			s := &states[c]
			guess := (s.last*int(s.predictor[0]) + s.before*int(s.predictor[1])) >> 8
			s.before, s.last = s.last, saturate(guess+(code^8-8)*s.step) // the code is signed
			s.step = min(max(s.step*msMoves[code]/256, 16), 1<<20)
			out = append(out, int16(s.last))
			c = (c + 1) % channels
		}
	}
	return out
}

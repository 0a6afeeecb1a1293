package media

import (
	"math"
	"math/big"
	"time"
)

const (
	// resampleSpan is the length of the filter in samples of the slower rate: with
	// resampleBeta its slope is some 700 Hz wide at 8 kHz.
	resampleSpan = 64
	// resampleBeta shapes the Kaiser window: about 90 dB of stop band.
	resampleBeta = 9.0
	// resampleCut is the middle of the slope, relative to half the slower rate: flat to 3.3 kHz
	// and gone by 4 kHz at 8 kHz.
	resampleCut = 0.91
	// dcPole sets the corner of the DC block, at about 20 Hz of 8 kHz.
	dcPole = 0.984
)

// resampler converts audio of one rate to 8 kHz: a polyphase filter, then a DC block.
// Output sample n is at input position n·down/up, the sum of the inputs around it weighted
// by the filter.
type resampler struct {
	*polyphase
	input []float32 // from position `first` on
	first int
	total int // inputs pushed
	done  int // outputs made
	out   []float32

	lastIn, lastOut float64 // of the DC block
}

// polyphase is a Kaiser-windowed sinc for one rate: up sets of weights, computed when
// first needed.
type polyphase struct {
	up, down int
	half     int     // inputs on either side of a position
	cut      float64 // cycles per input sample
	bank     [][]float32
}

func newPolyphase(rate int) *polyphase {
	g := int(new(big.Int).GCD(nil, nil, big.NewInt(sampleRate), big.NewInt(int64(rate))).Int64())
	slow := float64(min(rate, sampleRate))
	return &polyphase{
		up: sampleRate / g, down: rate / g,
		half: int(math.Ceil(resampleSpan / 2 * float64(rate) / slow)),
		cut:  resampleCut * slow / 2 / float64(rate),
		bank: make([][]float32, sampleRate/g),
	}
}

// push takes samples on the scale of 16 bits.
func (r *resampler) push(block []float32) {
	r.input = append(r.input, block...)
	r.total += len(block)
	r.produce(r.total - r.half)
}

// produce computes the outputs before the input position.
func (r *resampler) produce(before int) {
	for r.done*r.down/r.up < before {
		center := r.done * r.down / r.up
		weights := r.weights(r.done * r.down % r.up)
		from := center - r.half + 1 - r.first
		var sum float32
		for i, v := range r.input[from : from+len(weights)] {
			sum += v * weights[i]
		}
		r.lastOut = float64(sum) - r.lastIn + dcPole*r.lastOut
		r.lastIn = float64(sum)
		r.out = append(r.out, float32(r.lastOut))
		r.done++
	}
	if drop := r.done*r.down/r.up - r.half - r.first; drop > 0 {
		r.input = append(r.input[:0], r.input[drop:]...)
		r.first += drop
	}
}

// weights are those of positions phase/up behind an input, for inputs from half−1 before it
// to half behind it. Their sum is one at every rate.
func (r *polyphase) weights(phase int) []float32 {
	if w := r.bank[phase]; w != nil {
		return w
	}
	exact := make([]float64, 2*r.half)
	var sum float64
	for i := range exact {
		distance := float64(i-r.half+1) - float64(phase)/float64(r.up)
		exact[i] = sinc(2*r.cut*distance) * kaiser(distance/float64(r.half))
		sum += exact[i]
	}
	w := make([]float32, len(exact))
	for i, v := range exact {
		w[i] = float32(v / sum)
	}
	r.bank[phase] = w
	return w
}

// flush returns the output to its end.
func (r *resampler) flush() []float32 {
	r.input = append(r.input, make([]float32, 2*r.half)...) // silence behind the end
	r.produce(r.total)
	return r.out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x, from −1 to 1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(resampleBeta*math.Sqrt(1-x*x)) / bessel(resampleBeta)
}

// bessel is the modified Bessel function of the first kind of order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for n := 1.0; term > sum*1e-12; n++ {
		term *= x * x / (4 * n * n)
		sum += term
	}
	return sum
}

// rateConverter resamples blocks of various rates to 8 kHz. Blocks of 8 kHz keep their
// samples.
type rateConverter struct {
	out     []float32
	current *resampler // of the rate now; nil at 8 kHz
	filters map[int]*polyphase
	rate    int // 0: there was no audio
	length  time.Duration
}

// push adds samples of a rate, on the scale of 16 bits. The block is not kept.
func (j *rateConverter) push(block []float32, rate int) error {
	if len(block) == 0 {
		return nil
	}
	if rate != j.rate {
		if err := checkRate(rate); err != nil {
			return err
		}
		j.flush()
		if j.rate = rate; rate != sampleRate {
			if j.filters == nil {
				j.filters = map[int]*polyphase{}
			}
			if j.filters[rate] == nil {
				j.filters[rate] = newPolyphase(rate)
			}
			f := j.filters[rate]
			j.current = &resampler{polyphase: f, first: -f.half, input: make([]float32, f.half)} // silence before the beginning
		}
	}
	if j.length += time.Duration(len(block)) * time.Second / time.Duration(rate); j.length > maxAudio+time.Second {
		return errTooLong
	}
	if j.current == nil {
		j.out = append(j.out, block...)
	} else {
		j.current.push(block)
	}
	return nil
}

func (j *rateConverter) flush() {
	if j.current != nil {
		j.out = append(j.out, j.current.flush()...)
		j.current = nil
	}
}

// finish returns all of it, attenuated if it would clip.
func (j *rateConverter) finish() []int16 {
	j.flush()
	gain, peak := 1.0, 0.0
	for _, v := range j.out {
		peak = max(peak, math.Abs(float64(v)))
	}
	if peak > math.MaxInt16 {
		gain = math.MaxInt16 / peak
	}
	pcm := make([]int16, len(j.out))
	for i, v := range j.out {
		pcm[i] = clip(float64(v) * gain)
	}
	return pcm
}

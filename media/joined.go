package media

import (
	"math"
	"time"
)

// rateConverter is sound that comes in blocks of whatever rates, resampled to 8 kHz.
// Blocks of 8 kHz keep their samples.
type rateConverter struct {
	out        []float32
	current    *resampler         // of the rate now; nil at 8 kHz
	resamplers map[int]*resampler // the last of each rate, whose weights the next one takes over
	rate       int
	length     time.Duration
}

// push takes samples on the scale of 16 bits, of a rate. The block is not kept.
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
			j.current = j.resampler(rate)
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

func (j *rateConverter) resampler(rate int) *resampler {
	if j.resamplers == nil {
		j.resamplers = map[int]*resampler{}
	}
	if before := j.resamplers[rate]; before != nil {
		j.resamplers[rate] = before.reset()
	} else {
		j.resamplers[rate] = newResampler(rate)
	}
	return j.resamplers[rate]
}

// empty reports whether nothing was pushed.
func (j *rateConverter) empty() bool { return j.rate == 0 }

func (j *rateConverter) flush() {
	if j.current != nil {
		j.out = append(j.out, j.current.flush()...)
		j.current = nil
	}
}

// finish returns all of it, turned down if it would clip.
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

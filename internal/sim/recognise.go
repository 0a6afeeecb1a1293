package sim

import (
	"cmp"
	"math"
	"slices"
	"time"

	"ringflow/media"
)

// Parameters of the recognition, in samples at 8 kHz unless said otherwise.
const (
	sampleRate     = 8000
	chunk          = sampleRate * 200 / 1000 // so long that no two of a speech are alike
	piece          = sampleRate * 100 / 1000 // the unit of Share
	maxSlip        = sampleRate * 25 / 1000  // a packet more or less between two pieces
	maxGap         = sampleRate * 500 / 1000 // silence of a stalled sender
	minCorrelation = 0.95                    // correlation that counts as the same; G.711 alone costs 0.001
	pauseLevel     = 0.1                     // of the prompt's own level: a pause is below
	decimation     = 4                       // of the first search
	maxAnchors     = 8                       // chunks to search for before a prompt is not found
)

// Match is the position and completeness of a prompt in a recording.
type Match struct {
	// At is the beginning of the prompt in the recording, if Share > 0.
	At time.Duration
	// Share is the part of the prompt, 0 to 1, that is in the recording in order, in pieces of
	// 100 ms, pauses not counted.
	Share float64
}

// Recognise finds a prompt in a recording by correlation: both 16-bit linear at 8 kHz, the
// prompt at least 200 ms long. Gaps of up to half a second of a stalled sender cost only the
// pieces that they cut. A steady tone correlates everywhere: use HasTone for tones.
func Recognise(recording, prompt []int16) Match {
	start, offset, found := anchor(recording, prompt)
	if !found {
		return Match{}
	}
	level := rms(prompt)
	var before, after []int // pieces that are no pause, from the anchor outwards
	for at := 0; at+piece <= len(prompt); at += piece {
		switch l := rms(prompt[at : at+piece]); {
		case l < pauseLevel*level || l == 0:
		case at < start:
			before = append(before, at)
		default:
			after = append(after, at)
		}
	}
	slices.Reverse(before)
	later, _ := follow(recording, prompt, after, offset, 1)
	earlier, first := follow(recording, prompt, before, offset, -1)
	return Match{
		At:    time.Duration(first) * time.Second / sampleRate,
		Share: float64(later+earlier) / float64(len(before)+len(after)),
	}
}

// follow counts the pieces that are at the offset of the one before, or a gap away: later in
// the forward direction (1), earlier backwards (−1). It returns the last offset.
func follow(recording, prompt []int16, pieces []int, offset, direction int) (found, last int) {
	for _, at := range pieces {
		p, expected := prompt[at:at+piece], at+offset
		position, like := best(recording, p, expected-maxSlip, expected+maxSlip)
		if like < minCorrelation {
			near, far := expected+direction*maxSlip, expected+direction*maxGap
			position, like = best(recording, p, min(near, far), max(near, far))
		}
		if like >= minCorrelation {
			found++
			offset = position - at
		}
	}
	return found, offset
}

// anchor finds one chunk of the prompt in the recording, one of the loudest. It returns its
// position in the prompt, and how much later it is in the recording.
func anchor(recording, prompt []int16) (start, offset int, found bool) {
	var chunks []int
	for at := 0; at+chunk <= len(prompt); at += chunk {
		chunks = append(chunks, at)
	}
	slices.SortStableFunc(chunks, func(a, b int) int {
		return cmp.Compare(rms(prompt[b:b+chunk]), rms(prompt[a:a+chunk]))
	})
	thin := decimate(recording)
	for _, at := range chunks[:min(maxAnchors, len(chunks))] {
		if position, like := locate(recording, thin, prompt[at:at+chunk]); like >= minCorrelation {
			return at, position - at, true
		}
	}
	return 0, 0, false
}

// locate finds the best correlation of a chunk: on every fourth sample first, the chunk in
// four shifts, then exactly.
func locate(recording, thin, prompt []int16) (int, float64) {
	position, most := 0, -1.0
	for shift := range decimation {
		at, like := best(thin, decimate(prompt[shift:]), 0, len(thin))
		if like > most {
			position, most = at*decimation-shift, like
		}
	}
	return best(recording, prompt, position-decimation, position+decimation)
}

// best returns the position from–to with the highest normalised correlation, −1 to 1. It
// touches its arguments alone, and has too many multiplications for the race detector.
//
//go:norace
func best(recording, prompt []int16, from, to int) (at int, like float64) {
	from, to = max(from, 0), min(to, len(recording)-len(prompt))
	wanted := energy(prompt)
	if wanted == 0 || to < from {
		return 0, -1
	}
	like = -1
	around := energy(recording[from : from+len(prompt)])
	for i := from; i <= to; i++ {
		if i > from {
			out, in := int64(recording[i-1]), int64(recording[i+len(prompt)-1])
			around += in*in - out*out
		}
		if around == 0 {
			continue
		}
		var dot int64
		for j, s := range recording[i : i+len(prompt)] {
			dot += int64(s) * int64(prompt[j])
		}
		if l := float64(dot) / math.Sqrt(float64(around)*float64(wanted)); l > like {
			at, like = i, l
		}
	}
	return at, like
}

func energy(pcm []int16) (sum int64) {
	for _, s := range pcm {
		sum += int64(s) * int64(s)
	}
	return sum
}

// decimate averages groups of samples.
func decimate(pcm []int16) []int16 {
	thin := make([]int16, len(pcm)/decimation)
	for i := range thin {
		sum := 0
		for _, s := range pcm[i*decimation : (i+1)*decimation] {
			sum += int(s)
		}
		thin[i] = int16(sum / decimation)
	}
	return thin
}

func rms(pcm []int16) float64 {
	if len(pcm) == 0 {
		return 0
	}
	return math.Sqrt(float64(energy(pcm)) / float64(len(pcm)))
}

// HasTone reports whether a tone, or a chord of several, is in a recording for at least d
// altogether, in steps of 50 ms and 20 Hz. Other audio may have a quarter of the power.
func HasTone(recording []int16, d time.Duration, freqs ...float64) bool {
	const step = 50 * time.Millisecond
	const window = int(step * sampleRate / time.Second)
	const faint = 50 // about −56 dBFS: silence is below
	var found time.Duration
	for ; len(recording) >= window && found < d; recording = recording[window:] {
		var power float64 // of the tones, each a sine: amplitude² / 2
		for _, f := range freqs {
			amplitude := math.MaxInt16 * math.Pow(10, media.Goertzel(recording[:window], f)/20)
			power += amplitude * amplitude / 2
		}
		if level := rms(recording[:window]); level > faint && power >= 0.75*level*level {
			found += step
		}
	}
	return found >= d
}

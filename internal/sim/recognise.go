package sim

import (
	"cmp"
	"math"
	"slices"
	"time"

	"ringflow/media"
)

// Recognition tuning, in samples at 8 kHz unless said otherwise.
const (
	sampleRate     = 8000
	chunk          = sampleRate * 200 / 1000 // so long that no two of a speech are alike
	piece          = sampleRate * 100 / 1000 // what is told to be heard or not
	maxSlip        = sampleRate * 25 / 1000  // a packet too many or too few between two pieces
	maxGap         = sampleRate * 500 / 1000 // silence put in where the sender's machine stood still
	minCorrelation = 0.95                    // correlation that counts as the same; G.711 alone costs 0.001
	pauseLevel     = 0.1                     // of the sound's own level: below it is a pause
	decimation     = 4                       // one sample in so many, for the first look
	maxAnchors     = 8                       // chunks looked for before a sound counts as not there
)

// Match says where and how completely a sound was found.
type Match struct {
	// At is where in the recording the sound begins; only good if Share > 0.
	At time.Duration
	// Share is the part of the sound, 0 to 1, that was heard in its order,
	// counted in pieces of 100 ms, its pauses left out.
	Share float64
}

// Recognise looks for a sound in a recording by correlation: both 16-bit linear
// at 8 kHz, the sound at least 200 ms long. Gaps of up to half a second that a
// stalled sender left are followed, and cost only the pieces they cut. It tells
// speech from other speech; a steady tone looks like itself wherever one looks,
// so ask HasTone for tones.
func Recognise(recording, sound []int16) Match {
	start, offset, found := anchor(recording, sound)
	if !found {
		return Match{}
	}
	level := rms(sound)
	var before, after []int // where each sounding piece begins, away from the anchor
	for at := 0; at+piece <= len(sound); at += piece {
		switch l := rms(sound[at : at+piece]); {
		case l < pauseLevel*level || l == 0:
		case at < start:
			before = append(before, at)
		default:
			after = append(after, at)
		}
	}
	slices.Reverse(before)
	heard, _ := follow(recording, sound, after, offset, 1)
	earlier, first := follow(recording, sound, before, offset, -1)
	return Match{
		At:    time.Duration(first) * time.Second / sampleRate,
		Share: float64(heard+earlier) / float64(len(before)+len(after)),
	}
}

// follow counts the pieces that are where the place of the one before, offset
// from its own in the sound, lets them be expected, or a gap away from there:
// later when it goes forward (1), earlier when it goes back (−1). It returns the
// last offset.
func follow(recording, sound []int16, pieces []int, offset, direction int) (heard, last int) {
	for _, at := range pieces {
		p, expected := sound[at:at+piece], at+offset
		place, like := best(recording, p, expected-maxSlip, expected+maxSlip)
		if like < minCorrelation {
			near, far := expected+direction*maxSlip, expected+direction*maxGap
			place, like = best(recording, p, min(near, far), max(near, far))
		}
		if like >= minCorrelation {
			heard++
			offset = place - at
		}
	}
	return heard, offset
}

// anchor finds one chunk of the sound anywhere in the recording: the loudest or,
// if that was cut, one of the next. It returns where the chunk stands in the
// sound, and how much later it stands in the recording.
func anchor(recording, sound []int16) (start, offset int, found bool) {
	var chunks []int
	for at := 0; at+chunk <= len(sound); at += chunk {
		chunks = append(chunks, at)
	}
	slices.SortStableFunc(chunks, func(a, b int) int {
		return cmp.Compare(rms(sound[b:b+chunk]), rms(sound[a:a+chunk]))
	})
	thin := decimate(recording)
	for _, at := range chunks[:min(maxAnchors, len(chunks))] {
		if place, like := locate(recording, thin, sound[at:at+chunk]); like >= minCorrelation {
			return at, place - at, true
		}
	}
	return 0, 0, false
}

// locate finds the place that is most like a chunk: on every fourth sample of
// both, the chunk shifted so that in one of four shifts the samples meet, then
// exactly.
func locate(recording, thin, sound []int16) (int, float64) {
	place, most := 0, -1.0
	for shift := range decimation {
		at, like := best(thin, decimate(sound[shift:]), 0, len(thin))
		if like > most {
			place, most = at*decimation-shift, like
		}
	}
	return best(recording, sound, place-decimation, place+decimation)
}

// best returns where between two places, both included, the sound fits best and
// how well: the normalised correlation, −1 to 1. It touches nothing but its
// arguments, and has too many multiplications to be watched for races.
//
//go:norace
func best(recording, sound []int16, from, to int) (at int, like float64) {
	from, to = max(from, 0), min(to, len(recording)-len(sound))
	own := energy(sound)
	if own == 0 || to < from {
		return 0, -1
	}
	like = -1
	around := energy(recording[from : from+len(sound)])
	for i := from; i <= to; i++ {
		if i > from {
			gone, come := int64(recording[i-1]), int64(recording[i+len(sound)-1])
			around += come*come - gone*gone
		}
		if around == 0 {
			continue
		}
		var dot int64
		for j, s := range recording[i : i+len(sound)] {
			dot += int64(s) * int64(sound[j])
		}
		if l := float64(dot) / math.Sqrt(float64(around)*float64(own)); l > like {
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

// decimate keeps the mean of every few samples.
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

// HasTone says whether a tone, or a chord of several, sounds in a recording for
// at least d altogether, listened to in steps of 50 ms: frequencies 20 Hz apart
// are told apart. What else sounds at the same time may hold a quarter of the
// power.
func HasTone(recording []int16, d time.Duration, freqs ...float64) bool {
	const step = 50 * time.Millisecond
	const window = int(step * sampleRate / time.Second)
	const faint = 50 // about −56 dBFS: below it there is nothing to hear
	var heard time.Duration
	for ; len(recording) >= window && heard < d; recording = recording[window:] {
		var power float64 // of the tones, each a sine: amplitude² / 2
		for _, f := range freqs {
			amplitude := math.MaxInt16 * math.Pow(10, media.Goertzel(recording[:window], f)/20)
			power += amplitude * amplitude / 2
		}
		if level := rms(recording[:window]); level > faint && power >= 0.75*level*level {
			heard += step
		}
	}
	return heard >= d
}

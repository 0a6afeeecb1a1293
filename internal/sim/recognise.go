package sim

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Recognition tuning, in samples at 8 kHz unless said otherwise.
const (
	sampleRate = 8000
	chunk      = sampleRate * 400 / 1000 // so long that no two of a speech are alike
	piece      = sampleRate * 100 / 1000 // what is told to be heard or not
	slack      = sampleRate * 25 / 1000  // a packet too many or too few between two pieces
	stall      = sampleRate * 500 / 1000 // silence put in where the sender's machine stood still
	likeness   = 0.95                    // correlation that counts as the same; G.711 alone costs 0.001
	quiet      = 0.1                     // of the sound's own level: below it is a pause
	coarse     = 4                       // one sample in so many, for the first look
	tries      = 3                       // chunks looked for before a sound counts as not there
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
// at 8 kHz, the sound at least 400 ms long. Gaps of up to half a second that a
// stalled sender left are followed, and cost only the pieces they cut. It tells
// speech from other speech; a steady tone looks like itself wherever one looks,
// so ask HeardTone for tones.
func Recognise(recording, sound []int16) Match {
	start, offset, found := anchor(recording, sound)
	if !found {
		return Match{}
	}
	level := rms(sound)
	var before, after []int // where each sounding piece begins, away from the anchor
	for at := 0; at+piece <= len(sound); at += piece {
		switch l := rms(sound[at : at+piece]); {
		case l < quiet*level || l == 0:
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
		place, like := best(recording, p, expected-slack, expected+slack)
		if like < likeness {
			near, far := expected+direction*slack, expected+direction*stall
			place, like = best(recording, p, min(near, far), max(near, far))
		}
		if like >= likeness {
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
	for _, at := range chunks[:min(tries, len(chunks))] {
		if place, like := locate(recording, thin, sound[at:at+chunk]); like >= likeness {
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
	for shift := range coarse {
		at, like := best(thin, decimate(sound[shift:]), 0, len(thin))
		if like > most {
			place, most = at*coarse-shift, like
		}
	}
	return best(recording, sound, place-coarse, place+coarse)
}

// best returns where between two places, both included, the sound fits best and
// how well: the normalised correlation, −1 to 1.
func best(recording, sound []int16, from, to int) (at int, like float64) {
	like = -1
	var norm float64
	for _, s := range sound {
		norm += float64(s) * float64(s)
	}
	if norm == 0 {
		return 0, like
	}
	for i := max(from, 0); i <= min(to, len(recording)-len(sound)); i++ {
		window := recording[i : i+len(sound)]
		var dot, energy int64
		for j, s := range sound {
			w := int64(window[j])
			dot += w * int64(s)
			energy += w * w
		}
		if energy == 0 {
			continue
		}
		if l := float64(dot) / math.Sqrt(float64(energy)*norm); l > like {
			at, like = i, l
		}
	}
	return at, like
}

// decimate keeps the mean of every few samples.
func decimate(pcm []int16) []int16 {
	thin := make([]int16, len(pcm)/coarse)
	for i := range thin {
		sum := 0
		for _, s := range pcm[i*coarse : (i+1)*coarse] {
			sum += int(s)
		}
		thin[i] = int16(sum / coarse)
	}
	return thin
}

func rms(pcm []int16) float64 {
	if len(pcm) == 0 {
		return 0
	}
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

package sim

import (
	"math"
	"slices"
	"time"
)

// Recognition tuning. A chunk is long enough that no other part of a speech looks
// like it; a slip of one packet between two chunks is followed, within one it
// shows as a chunk not heard.
const (
	sampleRate = 8000
	chunk      = sampleRate * 400 / 1000
	slack      = sampleRate * 60 / 1000
	likeness   = 0.9 // of the best alignment: 1 is the same, G.711 alone costs 0.001
	quiet      = 0.1 // of the sound's own level: chunks below it are pauses
	coarse     = 4   // one sample in so many, for the first look
)

// Match says where and how completely a sound was found.
type Match struct {
	// At is where in the recording the sound begins; only good if Share > 0.
	At time.Duration
	// Share is the part of the sound, 0 to 1, that was heard at its place,
	// counted in chunks of 400 ms, its pauses left out.
	Share float64
}

// Recognise looks for a sound in a recording by correlation: both 16-bit linear
// at 8 kHz. It tells speech from other speech; a steady tone looks like itself
// wherever one looks, so take media.Goertzel for tones.
func Recognise(recording, sound []int16) Match {
	level := rms(sound)
	loudest, most := -1, 0.0
	var chunks []int // where each sounding chunk begins
	for at := 0; at+chunk <= len(sound); at += chunk {
		l := rms(sound[at : at+chunk])
		if l < quiet*level || l == 0 {
			continue
		}
		chunks = append(chunks, at)
		if l > most {
			loudest, most = at, l
		}
	}
	if loudest < 0 {
		return Match{}
	}
	start, found := anchor(recording, sound[loudest:loudest+chunk])
	if !found {
		return Match{}
	}
	offset := start - loudest
	i, _ := slices.BinarySearch(chunks, loudest)
	before := slices.Clone(chunks[:i])
	slices.Reverse(before)
	heard := follow(recording, sound, chunks[i:], offset) + follow(recording, sound, before, offset)
	return Match{
		At:    time.Duration(offset) * time.Second / sampleRate,
		Share: float64(heard) / float64(len(chunks)),
	}
}

// follow counts the chunks that are where their neighbour's place, offset from
// their own in the sound, lets them be expected; a slip moves the expectation.
func follow(recording, sound []int16, chunks []int, offset int) int {
	heard := 0
	for _, at := range chunks {
		place, like := best(recording, sound[at:at+chunk], at+offset-slack, at+offset+slack)
		if like >= likeness {
			heard++
			offset = place - at
		}
	}
	return heard
}

// anchor finds one chunk anywhere: first on every fourth sample of both, then
// exactly around the best few places of that.
func anchor(recording, piece []int16) (int, bool) {
	thin, thinPiece := decimate(recording), decimate(piece)
	at, _ := best(thin, thinPiece, 0, len(thin)-len(thinPiece))
	at, like := best(recording, piece, (at-2)*coarse, (at+2)*coarse)
	return at, like >= likeness
}

// best returns where between two places, both included, the piece fits best and
// how well: the normalised correlation, −1 to 1.
func best(recording, piece []int16, from, to int) (at int, like float64) {
	like = -1
	var norm float64
	for _, s := range piece {
		norm += float64(s) * float64(s)
	}
	for i := max(from, 0); i <= min(to, len(recording)-len(piece)); i++ {
		window := recording[i : i+len(piece)]
		var dot, energy int64
		for j, s := range piece {
			w := int64(window[j])
			dot += w * int64(s)
			energy += w * w
		}
		if energy == 0 || norm == 0 {
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

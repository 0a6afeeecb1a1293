//go:build interop

package main_test

import (
	"math"
	"slices"
	"testing"
	"time"
)

// receivedShare is how much of a sound was heard as it was: of its sixteenths of a
// second those that are there, one after the other. A phone's jitter buffer plays
// earlier or later as it sees fit, and a busy machine sends late, so a part is
// sought around where its neighbour was found, further around if that is missing.
// Pauses count for nothing.
func receivedShare(heard, audio []int16) float64 {
	audible := energy(audio) / float64(len(audio)) * hearingPart / 100
	var parts []int // where they begin
	for i := 0; i+hearingPart <= len(audio); i += hearingPart {
		if energy(audio[i:i+hearingPart]) >= audible {
			parts = append(parts, i)
		}
	}
	// What match finds is right for one part of the sound at least.
	shift, _ := match(heard, audio)
	anchor, most := 0, 0.0
	for n, i := range parts {
		if l := alike(heard, shift+i, audio[i:i+hearingPart]); l > most {
			anchor, most = n, l
		}
	}
	before := slices.Clone(parts[:anchor])
	slices.Reverse(before)
	there := inOrder(heard, audio, before, shift) + inOrder(heard, audio, parts[anchor:], shift)
	return float64(there) / float64(len(parts))
}

// hearingPart is how long the parts of a sound are that are heard or not.
const hearingPart = rate / 16

// inOrder is how many parts of a sound were heard, each near the one before it. The
// shift is how much later than in the sound the first is.
func inOrder(heard, audio []int16, parts []int, shift int) (there int) {
	const near, most = rate / 25, rate / 4
	missing := 0
	for _, i := range parts {
		best, at, away := 0.0, 0, min(near*(1+missing), most)
		for j := shift + i - away; j <= shift+i+away; j++ {
			if l := alike(heard, j, audio[i:i+hearingPart]); l > best {
				best, at = l, j-i
			}
		}
		if missing++; best > 0.9 {
			there, shift, missing = there+1, at, 0
		}
	}
	return there
}

// alike is how much what was heard from a sample on is like a part of a sound.
func alike(heard []int16, at int, part []int16) float64 {
	if at < 0 || at+len(part) > len(heard) {
		return 0
	}
	window := heard[at : at+len(part)]
	e := energy(window)
	if e == 0 {
		return 0
	}
	return dot(window, part) / math.Sqrt(e*energy(part))
}

// TestInteropHeardShare: what was moved is heard, and what is missing, muted or
// another sound is not.
func TestInteropHeardShare(t *testing.T) {
	sent := chirp()
	second := sent[rate : 2*rate]
	for _, c := range []struct {
		name        string
		heard       []int16
		least, most float64
	}{
		{"as it was", sent, 1, 1},
		{"after a pause", slices.Concat(make([]int16, rate), sent), 1, 1},
		{"half as loud", quieter(sent, 2), 1, 1},
		{"10 ms later from the middle on", slices.Concat(sent[:2*rate], make([]int16, rate/100), sent[2*rate:]), 0.97, 1},
		{"a pause of 150 ms in it", slices.Concat(sent[:2*rate], make([]int16, rate*3/20), sent[2*rate:]), 0.95, 1},
		{"a pause of 100 ms in each half second", stuttered(sent, rate/2, rate/10), 0.7, 1},
		{"without its second second", slices.Concat(sent[:rate], sent[2*rate:]), 0, 0.77},
		{"with its second second muted", slices.Concat(sent[:rate], make([]int16, rate), sent[2*rate:]), 0.6, 0.77},
		{"its second second alone", second, 0.22, 0.27},
		{"backwards", backwards(sent), 0, 0.1},
		{"a tone", tone(customerHz, 4*time.Second), 0, 0.1},
		{"nothing", nil, 0, 0},
	} {
		if got := receivedShare(c.heard, sent); got < c.least || got > c.most || math.IsNaN(got) {
			t.Errorf("%s: the share is %.3f, want %g to %g", c.name, got, c.least, c.most)
		}
	}
}

func quieter(pcm []int16, by int16) []int16 {
	out := slices.Clone(pcm)
	for i := range out {
		out[i] /= by
	}
	return out
}

// stuttered has a pause after each so many samples.
func stuttered(pcm []int16, after, pause int) (out []int16) {
	for piece := range slices.Chunk(pcm, after) {
		out = append(append(out, piece...), make([]int16, pause)...)
	}
	return out
}

func backwards(pcm []int16) []int16 {
	out := slices.Clone(pcm)
	slices.Reverse(out)
	return out
}

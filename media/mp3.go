package media

import (
	"errors"
	"fmt"
	"math"

	"ringflow/media/mp3"
)

// decodeMP3 reads an MP3 file as 8 kHz samples: from the first frame of layer III
// on to the last whole one. What stands before, between and behind, such as tags,
// zeros and frames that were cut, is left out. Where one file follows another of
// another rate, the sound is resampled from there on.
//
// Encoders put silence before and behind the sound and say how much: it is cut
// off, so that the prompt is as long as what was encoded.
func decodeMP3(file []byte) ([]int16, error) {
	var out joined
	var d mp3.Decoder
	var s mp3Stream
	var before mp3.Header
	block := make([]float32, 0, 1152)
	whole, sounding := false, 0
	err := eachFrame(file, func(h mp3.Header, frame []byte, follows bool) error {
		whole = true
		if info, is := readInfo(h, frame, !follows); is {
			s, d = info, mp3.Decoder{}
			return nil
		}
		if !follows {
			s, d = mp3Stream{}, mp3.Decoder{}
		} else if !h.Follows(before) {
			d = mp3.Decoder{}
		}
		before = h
		var decoded bool
		if block, decoded = d.Decode(h, frame, block[:0]); decoded {
			sounding++
		}
		for i, v := range block {
			block[i] = min(max(v, math.MinInt16), math.MaxInt16)
		}
		return out.push(s.sound(block), h.Rate)
	})
	switch {
	case err != nil:
		return nil, err
	case !whole && tagSize(file) == 0 && !looksLikeMP3(file):
		return nil, errNoFrame
	case !whole:
		return nil, fmt.Errorf("%w: no frame of the MP3 is whole", ErrNoSound)
	case sounding == 0:
		return nil, fmt.Errorf("%w: no frame of the MP3 could be decoded", ErrNoSound)
	case out.empty():
		return nil, fmt.Errorf("%w: all samples of the MP3 are its encoder's delay and padding", ErrNoSound)
	}
	return out.finish(), nil
}

// errNoFrame is returned for a file in which nothing looks like MP3.
var errNoFrame = errors.New("no frame of MP3")

// looksLikeMP3 reports whether a file begins as one, frames that were cut
// included.
func looksLikeMP3(file []byte) bool {
	_, is := mp3.ParseHeader(file)
	return is
}

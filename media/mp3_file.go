package media

import (
	"fmt"
	"math"
	"time"

	"ringflow/media/mp3"
)

// decodeMP3 reads an MP3 file as 8 kHz samples: from the first frame of layer III
// on to the last whole one. What stands before, between and behind, such as tags,
// zeros and frames that were cut, is left out. Where one file follows another of
// another rate, the audio is resampled from there on.
//
// Encoders put silence before and behind the audio and say how much: it is cut
// off, so that the prompt is as long as what was encoded.
func decodeMP3(file []byte) ([]int16, error) {
	if err := checkFrames(file); err != nil {
		return nil, err
	}
	var out rateConverter
	var d mp3.Decoder
	var s mp3Stream
	var before mp3.Header
	block := make([]float32, 0, 1152)
	whole, decodable := false, false
	_, beginsAsMP3 := mp3.ParseHeader(file) // also with a frame that was cut
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
		block, decoded = d.Decode(h, frame, block[:0])
		decodable = decodable || decoded
		for i, v := range block {
			block[i] = min(max(v, math.MinInt16), math.MaxInt16)
		}
		return out.push(s.trim(block), h.Rate)
	})
	switch {
	case err != nil:
		return nil, err
	case !whole && !beginsAsMP3 && tagSize(file) == 0:
		return nil, errNoFrame
	case !whole:
		return nil, fmt.Errorf("%w: no frame of the MP3 is whole", ErrNoSamples)
	case !decodable:
		return nil, fmt.Errorf("%w: no frame of the MP3 could be decoded", ErrNoSamples)
	case out.rate == 0:
		return nil, fmt.Errorf("%w: all samples of the MP3 are its encoder's delay and padding", ErrNoSamples)
	}
	return out.finish(), nil
}

// checkFrames bounds what a file costs before any of it is decoded: however much of it
// info frames call silence, its frames last no more than twice as long as a prompt may.
func checkFrames(file []byte) error {
	var length time.Duration
	return eachFrame(file, func(h mp3.Header, _ []byte, _ bool) error {
		if length += time.Duration(h.Samples) * time.Second / time.Duration(h.Rate); length > 2*maxAudio {
			return errTooLong
		}
		return nil
	})
}

// errNoFrame is returned for a file in which nothing looks like MP3.
var errNoFrame = fmt.Errorf("%w: no frame of MP3", ErrAudio)

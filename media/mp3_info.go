package media

import (
	"encoding/binary"
	"strings"

	"ringflow/media/mp3"
)

// mp3Stream is what an encoder has said of the frames that follow, and how far
// they have come. The zero value is a stream of which nobody has said a thing.
type mp3Stream struct {
	start, end int // the samples between them are audio
	counted    int // of the frames that were counted; what follows is not theirs
	at         int
}

// decoderDelay is how many samples of a decoder come before the first that was
// encoded: encoders leave them out of the delay that they tell.
const decoderDelay = 528 + 1

// trim returns the part of the next samples of a stream that is audio.
func (s *mp3Stream) trim(block []float32) []float32 {
	from := s.at
	s.at += len(block)
	low, high := min(max(s.start-from, 0), len(block)), len(block)
	if from < s.counted {
		high = min(max(s.end-from, low), len(block))
	}
	return block[low:high]
}

// Where the fields of an info frame of the Xing layout stand, in bytes from its
// tag, and in what LAME and others add behind them.
const (
	infoFlags, infoFields = 4, 8
	lameDelays            = 21
)

// readInfo reads the frame with which many encoders begin a stream to tell of the
// audio in it (Xing, Info and VBRI): it is none itself. One in the midst of others,
// where files were joined, has to count its frames to be taken for one.
func readInfo(h mp3.Header, frame []byte, first bool) (s mp3Stream, is bool) {
	const vbriAt = 4 + 32 // wherever the side information ends
	if len(frame) >= vbriAt+4 && string(frame[vbriAt:vbriAt+4]) == "VBRI" {
		return s, true
	}
	if len(frame) < h.SideSize()+infoFields {
		return s, false
	}
	info := frame[h.SideSize():]
	if tag := string(info[:4]); tag != "Xing" && tag != "Info" {
		return s, false
	}
	flags, fields := binary.BigEndian.Uint32(info[infoFlags:]), info[infoFields:]
	frames := 0
	for bit, size := range [4]int{4, 4, 100, 4} { // frames, bytes, table of contents, quality
		if flags>>bit&1 == 0 {
			continue
		}
		if len(fields) < size {
			return s, first
		}
		if bit == 0 {
			frames = int(binary.BigEndian.Uint32(fields))
		}
		fields = fields[size:]
	}
	if frames == 0 && !first {
		return s, false
	}
	encoder := string(fields[:min(4, len(fields))])
	if len(fields) < lameDelays+3 || !strings.HasPrefix(encoder, "LA") && !strings.HasPrefix(encoder, "Lav") {
		return s, true
	}
	delays := fields[lameDelays:]
	delay, padding := int(delays[0])<<4|int(delays[1])>>4, int(delays[1]&0xF)<<8|int(delays[2])
	s.start = delay + decoderDelay
	s.counted = frames * h.Samples
	s.end = s.start + max(0, s.counted-delay-padding)
	return s, true
}

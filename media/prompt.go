package media

import "time"

// sampleRate is the clock of everything in this package, in Hz.
const sampleRate = 8000

// Prompt is stored sound, encoded once to both laws. It is immutable and shared
// by every port that plays it.
type Prompt struct {
	samples [2][]byte // by law, of equal length
	loop    bool
}

// NewPrompt encodes 8 kHz linear samples. The slice is not kept.
func NewPrompt(pcm []int16) *Prompt {
	return &Prompt{samples: [2][]byte{ulaw: ulaw.encode(pcm), alaw: alaw.encode(pcm)}}
}

// Duration is the length of the prompt, of one turn if it loops.
func (p *Prompt) Duration() time.Duration {
	return time.Duration(len(p.samples[ulaw])) * time.Second / sampleRate
}

// Loop is the same prompt played over and over until it is stopped. An empty
// prompt cannot loop and is returned as it is.
func (p *Prompt) Loop() *Prompt {
	return &Prompt{samples: p.samples, loop: len(p.samples[ulaw]) > 0}
}

// fill copies sound of law l from sample pos on into frame, pads with silence
// behind the end of a prompt that does not loop, and returns the position that
// follows.
func (p *Prompt) fill(frame []byte, l law, pos int) int {
	sound := p.samples[l]
	n := copy(frame, sound[min(pos, len(sound)):])
	pos += n
	for n < len(frame) && p.loop {
		pos = copy(frame[n:], sound)
		n += pos
	}
	for i := n; i < len(frame); i++ {
		frame[i] = silence[l]
	}
	return pos
}

// over reports whether nothing is left to play from sample pos on.
func (p *Prompt) over(pos int) bool { return !p.loop && pos >= len(p.samples[ulaw]) }

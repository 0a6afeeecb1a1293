package media

import (
	"sync"
	"time"
)

// sampleRate is the rate of all linear audio in this package, and the RTP clock, in Hz.
const sampleRate = 8000

// Prompt is stored audio, encoded once for every port that plays it: at once in G.711,
// in another codec when a port that has negotiated it plays the prompt first. Any
// goroutine may use it.
type Prompt struct {
	samples int
	loop    bool
	shared  *encodings // with the looped prompt
}

// encodings are one audio by codec.
type encodings struct {
	mu      sync.Mutex // guards byCodec, and is not held while something is encoded
	byCodec map[*codec][]byte
}

// NewPrompt encodes 8 kHz linear samples. The slice is not kept.
func NewPrompt(pcm []int16) *Prompt {
	byCodec := map[*codec][]byte{pcmu: make([]byte, len(pcm)), pcma: make([]byte, len(pcm))}
	for c, out := range byCodec {
		c.encoder().encode(pcm, out)
	}
	return &Prompt{samples: len(pcm), shared: &encodings{byCodec: byCodec}}
}

// Duration is the length of the prompt, of one round if it loops.
func (p *Prompt) Duration() time.Duration { return time.Duration(p.samples) * time.Second / sampleRate }

// Loop is the same prompt played over and over until it is stopped. An empty
// prompt cannot loop and is returned as it is.
func (p *Prompt) Loop() *Prompt {
	return &Prompt{samples: p.samples, loop: p.samples > 0, shared: p.shared}
}

// encoded returns the prompt in a codec. The first time that takes long but for G.711:
// the goroutine that plays the prompt asks for it before the worker does.
func (p *Prompt) encoded(c *codec) []byte {
	s := p.shared
	s.mu.Lock()
	out, known := s.byCodec[c]
	s.mu.Unlock()
	if known {
		return out
	}
	pcm := make([]int16, p.samples)
	pcmu.decoder().decode(s.byCodec[pcmu], pcm)
	out = make([]byte, p.samples*c.bytesPerMS/(sampleRate/1000))
	out = out[:c.encoder().encode(pcm, out)]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byCodec[c] = out
	return out
}

// emptyPrompt is over at once.
var emptyPrompt = sync.OnceValue(func() *Prompt { return NewPrompt(nil) })

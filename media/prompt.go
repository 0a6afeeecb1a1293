package media

import (
	"sync"
	"time"
)

// sampleRate is the rate of all linear audio in this package, in Hz.
const sampleRate = 8000

// Prompt is stored audio, encoded once for every port that plays it: at once in G.711,
// in another codec when a port that has negotiated it plays the prompt first. Any
// goroutine may use it.
type Prompt struct {
	samples int
	loop    bool
	shared  *encodings // with the looped prompt
}

// encodings are one audio as it is sent.
type encodings struct {
	mu   sync.Mutex // guards what follows, and is not held while something is encoded
	each map[encoding]*encodedAudio
}

// NewPrompt encodes 8 kHz linear samples. The slice is not kept.
func NewPrompt(pcm []int16) *Prompt {
	each := map[encoding]*encodedAudio{}
	for _, e := range []encoding{pcmu.usual(), pcma.usual()} {
		each[e] = newEncodedAudio(e, len(pcm))
		each[e].encode(e, pcm, nil)
	}
	return &Prompt{samples: len(pcm), shared: &encodings{each: each}}
}

// Duration is the length of the prompt, of one round if it loops.
func (p *Prompt) Duration() time.Duration { return time.Duration(p.samples) * time.Second / sampleRate }

// Loop is the same prompt played over and over until it is stopped. An empty
// prompt cannot loop and is returned as it is.
func (p *Prompt) Loop() *Prompt {
	return &Prompt{samples: p.samples, loop: p.samples > 0, shared: p.shared}
}

// encoded returns the prompt as it is sent, of which the beginning is encoded. That takes
// long but for G.711: a worker calls startEncoding instead. The rest follows in a task of the
// plane; without a plane it is waited for.
func (p *Prompt) encoded(e encoding, plane *Plane) *encodedAudio {
	a := p.startEncoding(e, plane)
	<-a.begun
	return a
}

// startEncoding returns the prompt as it is sent, whatever is encoded of it yet, and has a task of
// the plane encode it if nobody has begun to. Without a plane it encodes what nobody has.
func (p *Prompt) startEncoding(e encoding, plane *Plane) *encodedAudio {
	s := p.shared
	s.mu.Lock()
	g711 := s.each[pcmu.usual()].payload
	a, known := s.each[e]
	if !known {
		a = newEncodedAudio(e, p.samples)
		s.each[e] = a
	}
	s.mu.Unlock()
	if known {
		return a
	}
	run := func(stop <-chan struct{}) {
		pcm := make([]int16, p.samples)
		pcmu.decoder().decode(g711, pcm)
		if !a.encode(e, pcm, stop) {
			s.mu.Lock()
			delete(s.each, e) // the next plane begins anew
			s.mu.Unlock()
		}
	}
	if plane == nil {
		run(nil)
	} else {
		plane.tasks.run(run)
	}
	return a
}

// samplesPerTick converts ticks to samples.
const samplesPerTick = sampleRate / ticksPerSecond

// silence is a packet of silence, and more than that of a framed codec.
var silence = sync.OnceValue(func() *Prompt { return NewPrompt(make([]int16, samplesPerTick)) })

// silentPacket is a packet of silence of a framed codec, nil of any other.
func (e encoding) silentPacket() []byte {
	if e.framed == nil {
		return nil
	}
	return silence().encoded(e, nil).payload
}

// emptyPrompt is over at once.
var emptyPrompt = sync.OnceValue(func() *Prompt { return NewPrompt(nil) })

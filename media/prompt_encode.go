package media

import (
	"sync"
	"sync/atomic"
)

// encodedAudio is an audio as it is sent, all of it or the beginning. One goroutine encodes;
// any may read what is ready.
type encodedAudio struct {
	payload []byte
	ready   atomic.Int64  // bytes of it that are encoded
	begun   chan struct{} // closed when there is enough to be played meanwhile
}

// encodedLead is how much of an audio is encoded before it is played, in ticks. An encoder
// makes fifty packets in the time of one.
const encodedLead = 200

func newEncodedAudio(e encoding, samples int) *encodedAudio {
	size := e.size(int64(samples)) / samplesPerTick
	if e.framed != nil { // in whole packets: silence fills the last
		block := int(e.period) * samplesPerTick
		size = (samples + block - 1) / block * e.size(e.period)
	}
	return &encodedAudio{payload: make([]byte, size), begun: make(chan struct{})}
}

// encode encodes the samples, block by block. It reports whether it was not stopped.
func (a *encodedAudio) encode(e encoding, pcm []int16, stop <-chan struct{}) bool {
	begun := sync.OnceFunc(func() { close(a.begun) })
	defer begun()
	block, lead, next := cycle*samplesPerTick, min(e.size(encodedLead), len(a.payload)), e.encoder(e)
	if e.framed != nil {
		block = int(e.period) * samplesPerTick
	}
	size := e.size(int64(block)) / samplesPerTick
	padded := make([]int16, block)
	for at := 0; at < len(a.payload); at += size {
		select {
		case <-stop:
			return false
		default:
		}
		samples := pcm[:min(block, len(pcm))]
		pcm = pcm[len(samples):]
		if e.framed != nil && len(samples) < block {
			clear(padded[copy(padded, samples):])
			samples = padded
		}
		if next.encode(samples, a.payload[at:min(at+size, len(a.payload))]) == 0 && at > 0 {
			copy(a.payload[at:], a.payload[at-size:at]) // the encoder has failed: a frame that can be decoded
		}
		ready := min(at+size, len(a.payload))
		if a.ready.Store(int64(ready)); ready >= lead {
			begun()
		}
	}
	return true
}

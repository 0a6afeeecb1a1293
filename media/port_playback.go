package media

import "sync/atomic"

// Playback is one prompt played to one port. Any goroutine may call its methods.
type Playback struct {
	port     *Port
	done     chan struct{}
	finished atomic.Bool

	// Owned by the port's worker.
	prompt   *Prompt
	audio    *encodedAudio // the prompt as the port sends it
	position int           // in audio, of what comes next
	ended    bool
}

// encode switches the playback to an encoding, to the packet that its time is in. Silence is
// sent until that is encoded. A playback without a port, a short tone, is encoded at once.
func (b *Playback) encode(e encoding) {
	before := 1
	if b.audio != nil {
		before = max(len(b.audio.payload), 1)
	}
	if b.port == nil {
		b.audio = b.prompt.encoded(e, nil)
	} else {
		b.audio = b.prompt.startEncoding(e, b.port.plane)
	}
	b.position = b.position * len(b.audio.payload) / before
	if e.framed != nil {
		b.position -= b.position % e.size(e.period)
	}
}

// fill copies the next audio into frame, in rounds if the prompt loops, and returns how
// much there was: all of it, but at the end, or where the audio is not encoded yet.
func (b *Playback) fill(frame []byte) (n int) {
	ready := int(b.audio.ready.Load())
	for n < len(frame) && !b.over() {
		if b.position >= len(b.audio.payload) {
			b.position = 0
		}
		copied := copy(frame[n:], b.audio.payload[b.position:max(b.position, ready)])
		if copied == 0 {
			break
		}
		n, b.position = n+copied, b.position+copied
	}
	return n
}

// over reports whether nothing is left to play.
func (b *Playback) over() bool { return !b.prompt.loop && b.position >= len(b.audio.payload) }

// Done is closed when the playback is over: sent to its end, stopped, replaced by another,
// or ended by a bridge or the close of the port.
func (b *Playback) Done() <-chan struct{} { return b.done }

// Finished reports whether the prompt was sent to its end. It is final once
// Done is closed.
func (b *Playback) Finished() bool { return b.finished.Load() }

// Stop ends the playback. Nothing of it is sent after Stop has returned.
func (b *Playback) Stop() {
	b.port.do(func(*worker) {
		if b.port.playback == b {
			b.port.stopPlayback()
		}
	})
}

// finish ends the playback, once.
func (b *Playback) finish(finished bool) {
	if !b.ended {
		b.ended = true
		b.finished.Store(finished)
		close(b.done)
	}
}

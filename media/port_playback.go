package media

import "sync/atomic"

// Playback is one prompt played to one port. Any goroutine may call its methods.
type Playback struct {
	port     *Port
	done     chan struct{}
	finished atomic.Bool

	// Owned by the port's worker.
	prompt   *Prompt
	audio    []byte // the prompt in the port's codec
	position int    // in audio, of what comes next
	ended    bool
}

// encode switches the playback to a codec.
func (b *Playback) encode(c *codec) {
	before := max(len(b.audio), 1)
	b.audio = b.prompt.encoded(c)
	b.position = b.position * len(b.audio) / before
}

// fill copies the next audio into frame, in rounds if the prompt loops, and returns how
// much there was.
func (b *Playback) fill(frame []byte) (n int) {
	for n < len(frame) && !b.over() {
		if b.position >= len(b.audio) {
			b.position = 0
		}
		copied := copy(frame[n:], b.audio[b.position:])
		n, b.position = n+copied, b.position+copied
	}
	return n
}

// over reports whether nothing is left to play.
func (b *Playback) over() bool { return !b.prompt.loop && b.position >= len(b.audio) }

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

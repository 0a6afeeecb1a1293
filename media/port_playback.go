package media

import "sync/atomic"

// Playback is one prompt being played to one port. Its methods may be called
// from anywhere, any number of times.
type Playback struct {
	port     *Port
	done     chan struct{}
	finished atomic.Bool

	// Owned by the port's worker.
	prompt   *Prompt
	position int // sample that comes next
	ended    bool
}

// Done is closed when the playback is over: heard to its end, stopped, replaced
// by another, or cut off by a bridge or the close of the port.
func (b *Playback) Done() <-chan struct{} { return b.done }

// Finished reports whether the prompt was sent to its end. It is settled once
// Done is closed.
func (b *Playback) Finished() bool { return b.finished.Load() }

// Stop ends the playback. When it returns no more of it will be sent.
func (b *Playback) Stop() {
	b.port.do(func(*worker) {
		if b.port.playback == b {
			b.port.stopPlayback()
		}
	})
}

// finish settles the playback.
func (b *Playback) finish(finished bool) {
	if !b.ended {
		b.ended = true
		b.finished.Store(finished)
		close(b.done)
	}
}

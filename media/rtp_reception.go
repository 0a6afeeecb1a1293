package media

import "time"

const (
	// maxDropout is the jump in sequence numbers beyond which a source is taken to
	// have started anew (RFC 3550 §A.1).
	maxDropout = 3000
	// reorderWindow is how many sequence numbers back a packet may come and still be told
	// from one that came before.
	reorderWindow = 64
	// minPacketMS is the least audio that a packet carries in any use, in milliseconds.
	minPacketMS = 10
)

// reception counts what a port hears: RFC 3550 §6.4.1 for loss, §A.8 for jitter.
// What it counts of loss and time holds for stretches in which the port reads
// every packet; a stretch ends where the source or its numbers change.
type reception struct {
	received     uint64 // all that were admitted, those of sampled stretches too
	lastReceived time.Duration

	counting bool // a stretch is being counted
	sampled  bool // the kernel lets only some packets through
	ssrc     uint32
	first    uint32 // extended sequence numbers of the stretch
	highest  uint32
	seen     uint64 // bit n: the packet n before the highest has come
	unique   uint64 // packets of the stretch, each once

	counted    uint64 // packets of all stretches
	expected   uint64 // of stretches that are over
	lost       uint64 // of them
	duplicated uint64
	reordered  uint64
	short      uint64

	playout playout
}

// add counts a packet that arrived at the instant now since the epoch. Only
// sound tells of jitter: the packets of one event share a timestamp.
func (r *reception) add(now time.Duration, p packet, c *codec) {
	r.received++
	r.lastReceived = now
	if r.sampled {
		return
	}
	if r.counting && (p.ssrc != r.ssrc || isJump(p.seq, uint16(r.highest))) {
		r.closeInterval()
	}
	r.counted++
	if !r.insert(p) || c == nil {
		return
	}
	if p.to-p.from < minPacketMS*c.bytesPerMS {
		r.short++
	}
	r.playout.add(now, p.ts, p.marker)
}

// insert finds the packet's place in the stretch. It reports false for one that
// has come before, or comes too late for anybody to tell.
func (r *reception) insert(p packet) bool {
	if !r.counting {
		r.counting, r.ssrc, r.seen, r.unique = true, p.ssrc, 1, 1
		r.first, r.highest = uint32(p.seq)+1<<16, uint32(p.seq)+1<<16
		return true
	}
	step := int16(p.seq - uint16(r.highest))
	switch {
	case step > 0:
		r.seen = r.seen<<uint(step) | 1
		r.highest += uint32(step)
	case step <= -reorderWindow:
		r.reordered++
		return false
	default:
		bit := uint64(1) << uint(-step)
		if r.seen&bit != 0 {
			r.duplicated++
			return false
		}
		r.seen |= bit
		r.reordered++
		r.first = min(r.first, r.highest-uint32(-int32(step)))
	}
	r.unique++
	return true
}

// isJump reports whether seq is too far from the highest to be lost or late.
func isJump(seq, highest uint16) bool {
	d := int16(seq - highest)
	return d > maxDropout || d < -maxDropout
}

// setSampled says from now on whether only some packets come through.
func (r *reception) setSampled(on bool) {
	if on != r.sampled {
		r.closeInterval()
		r.sampled = on
	}
}

// closeInterval ends the stretch.
func (r *reception) closeInterval() {
	if r.counting {
		span := r.span()
		r.expected, r.lost = r.expected+span, r.lost+span-r.unique
		r.counting = false
	}
	r.playout.restart()
}

// span is how many packets the far end has sent in the stretch, as far as its
// numbers tell.
func (r *reception) span() uint64 { return uint64(r.highest-r.first) + 1 }

// quality is what the counts say so far.
func (r *reception) quality() Quality {
	q := Quality{
		Counted: r.counted, Expected: r.expected, Lost: r.lost,
		Duplicated: r.duplicated, Reordered: r.reordered, Short: r.short,
		Late: r.playout.late, Jitter: r.playout.jitterTime(r.playout.jitter), JitterMax: r.playout.jitterTime(r.playout.jitterMax),
	}
	if r.counting {
		q.Expected, q.Lost = q.Expected+r.span(), q.Lost+r.span()-r.unique
	}
	return q
}

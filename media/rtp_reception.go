package media

import "time"

const (
	// maxDropout is the jump in sequence numbers beyond which a source has started anew
	// (RFC 3550 §A.1).
	maxDropout = 3000
	// reorderWindow is how many sequence numbers back duplicates are recognised.
	reorderWindow = 64
	// minPacketMS is the least audio of a usual packet, in milliseconds.
	minPacketMS = 10
)

// reception counts received packets: RFC 3550 §6.4.1 for loss, §A.8 for jitter, in intervals
// in which the port reads every packet; an interval ends where the source or its numbers
// change.
type reception struct {
	received     uint64 // all that were admitted, also while sampled
	lastReceived time.Duration

	counting bool // an interval is open
	sampled  bool // the filter passes only some packets
	ssrc     uint32
	first    uint32 // extended sequence numbers of the interval
	highest  uint32
	seen     uint64 // bit n: the packet n before highest has come
	unique   uint64 // packets of the interval, each once

	counted    uint64 // packets of all intervals
	expected   uint64 // of closed intervals
	lost       uint64 // of closed intervals
	duplicated uint64
	reordered  uint64
	short      uint64

	playout playout
}

// add counts a packet that arrived at now; c is nil for one without audio, which says
// nothing of jitter since the packets of an event share a timestamp.
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

// insert counts the packet's number. It reports false for a duplicate, and for one that is
// too late to be told from one.
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

// setSampled sets whether the filter passes only some packets.
func (r *reception) setSampled(on bool) {
	if on != r.sampled {
		r.closeInterval()
		r.sampled = on
	}
}

// closeInterval adds the interval to the sums.
func (r *reception) closeInterval() {
	if r.counting {
		span := r.span()
		r.expected, r.lost = r.expected+span, r.lost+span-r.unique
		r.counting = false
	}
	r.playout.restart()
}

// span is how many packets the interval has, by their numbers.
func (r *reception) span() uint64 { return uint64(r.highest-r.first) + 1 }

// quality sums up closed intervals and the open one.
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

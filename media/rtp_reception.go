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

	sums    Quality // Expected and Lost of closed intervals alone
	playout playout
}

// add counts a packet that arrived at now and lasts units; c is nil for one without audio,
// which says nothing of jitter since the packets of an event share a timestamp.
func (r *reception) add(now time.Duration, p packet, c *codec, units uint32) {
	r.received++
	r.lastReceived = now
	if r.sampled {
		return
	}
	if r.counting && (p.ssrc != r.ssrc || isJump(p.seq, uint16(r.highest))) {
		r.closeInterval()
	}
	r.sums.Counted++
	if !r.insert(p) || c == nil {
		return
	}
	if int(units) < minPacketMS*c.Rate/1000 {
		r.sums.Short++
	}
	r.playout.setClock(c.Rate)
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
		r.sums.Reordered++
		return false
	default:
		bit := uint64(1) << uint(-step)
		if r.seen&bit != 0 {
			r.sums.Duplicated++
			return false
		}
		r.seen |= bit
		r.sums.Reordered++
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
	r.sums, r.counting = r.quality(), false
	r.playout.running = false // the jitter is kept
}

// quality sums up closed intervals and the open one.
func (r *reception) quality() Quality {
	q := r.sums
	q.Late, q.Jitter, q.JitterMax = r.playout.late, r.playout.time(r.playout.jitter), r.playout.time(r.playout.jitterMax)
	if r.counting {
		sent := uint64(r.highest-r.first) + 1 // by their numbers
		q.Expected, q.Lost = q.Expected+sent, q.Lost+sent-r.unique
	}
	return q
}

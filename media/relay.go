package media

import "time"

// shift is what a relayed packet's numbers are moved by, so that a bridge goes
// on with the stream that the port has sent so far. Numbers that are missing or
// out of order stay so: what was lost on one side is lost on the other.
type shift struct {
	ssrc uint32
	last uint16 // highest sequence number that came in
	seq  uint16 // to be added
	ts   uint32 // to be added
}

// begin moves the packet to the place that the stream has come to.
func (s *shift) begin(k packet, out *stream) {
	*s = shift{
		ssrc: k.ssrc, last: k.seq,
		seq: out.header.SequenceNumber - k.seq,
		ts:  out.header.Timestamp - k.ts,
	}
}

// holds reports whether the packet belongs to the run of packets being moved.
func (s *shift) holds(k packet) bool { return s.ssrc == k.ssrc && !jumped(k.seq, s.last) }

// relaySound passes on a packet that the other port of the bridge has heard.
func (p *Port) relaySound(w *worker, now time.Duration, b []byte, k packet, l law) {
	if !p.relays() {
		return
	}
	if l != p.law {
		l.transcode(b[k.from:k.to])
	}
	p.relay(w, now, b, k, p.codec.PayloadType)
}

// relayEvent passes on a telephone event under this side's payload type. To a
// far end that takes none it is left out, without a gap in the numbers.
func (p *Port) relayEvent(w *worker, now time.Duration, b []byte, k packet) {
	if !p.relays() {
		return
	}
	if !p.hasEvents {
		p.shift.seq--
		return
	}
	p.relay(w, now, b, k, p.eventPT)
}

// relays reports whether the bridge may send through this port: its own prompts
// and keys go first.
func (p *Port) relays() bool { return p.sends && p.playback == nil && !p.keys.pending() }

// relay sends the packet with its numbers moved, at once: whoever paced it on
// the other side has done it well enough, and a second clock would only drift.
func (p *Port) relay(w *worker, now time.Duration, b []byte, k packet, payloadType uint8) {
	at := int64(now / tick)
	marker := k.marker
	if !p.relaying || !p.shift.holds(k) {
		p.stream.talk(at)
		p.shift.begin(k, &p.stream)
		p.relaying, marker = true, true
	}
	if int16(k.seq-p.shift.last) > 0 {
		p.shift.last = k.seq
	}
	// The header is at least this long: it goes right before the payload.
	out := b[k.from-headerSize : k.to]
	p.stream.putMoved(out, payloadType, marker, k.seq+p.shift.seq, k.ts+p.shift.ts)
	w.counters.Relayed++
	w.sounded = time.Duration(at) * tick
	p.transmit(w, at, out)
}

package media

import (
	"math/bits"
	"time"
)

// shiftSlip is how far the timestamps of relayed sound may run from the time of its
// arrival in a pause, before they are taken to have begun anew: more than jitter,
// less than a listener overlooks.
const shiftSlip = sampleRate / 5

// shift is what a relayed packet's numbers are moved by, so that a bridge goes
// on with the stream that the port has sent so far. Numbers that are missing or
// out of order stay so: what was lost on one side is lost on the other. Packets that
// the bridge leaves out take no number.
type shift struct {
	ssrc   uint32
	last   uint16 // highest number that came in
	seq    uint16 // to be added to a number after last
	ts     uint32 // to be added
	left   uint64 // bit n: the packet n before last was left out, or came before the run
	astray uint32 // the number that would be the second in a row far back, above astrayKnown; 0: none

	next   uint32        // timestamp at which sound goes on, if it is without a pause
	frame  uint32        // samples of the packet of sound before; 0: none yet
	at     time.Duration // when that came
	paused bool          // packets have been left out since

	events [2]relayedEvent // the latest first
}

// relayedEvent is a press that is relayed, and the timestamp that it has been given.
type relayedEvent struct{ id, ts uint32 }

const astrayKnown = 1 << 16

// begin moves the packet to the place that the stream has come to.
func (s *shift) begin(now time.Duration, k packet, out *stream) {
	*s = shift{
		ssrc: k.ssrc, last: k.seq - 1, left: ^uint64(0),
		seq:  out.header.SequenceNumber - k.seq,
		ts:   out.header.Timestamp - k.ts,
		next: k.ts, at: now, events: s.events,
	}
}

// holds reports whether the packet belongs to the run of packets being moved, by its
// source and number: two in a row that are far back are a source that has started
// anew (RFC 3550 §A.1).
func (s *shift) holds(k packet) bool {
	if s.ssrc != k.ssrc || jumped(k.seq, s.last) {
		return false
	}
	if int16(k.seq-s.last) > -window {
		return true
	}
	again := s.astray == astrayKnown|uint32(k.seq)
	s.astray = astrayKnown | uint32(k.seq+1)
	return !again
}

// continues reports whether a packet of sound that holds goes on where the one
// before has ended, or after a pause of the length that it says. If not, the source's
// clock has begun anew.
func (s *shift) continues(now time.Duration, k packet) bool {
	step := int16(k.seq - s.last)
	if step <= 0 {
		return true
	}
	ahead := int32(k.ts - s.next - uint32(step-1)*s.frame)
	if ahead == 0 {
		return true
	}
	late := int32(k.ts-s.next+s.frame) - int32(samplesIn(now-s.at))
	return -shiftSlip <= ahead && ahead <= shiftSlip || -shiftSlip <= late && late <= shiftSlip
}

// place returns the number that the packet is sent with. It reports false for one
// that is too late to have a place.
func (s *shift) place(seq uint16) (number uint16, ok bool) {
	step := int16(seq - s.last)
	switch {
	case step > 0:
		s.left <<= uint(step)
		s.last = seq
		return seq + s.seq, true
	case step <= -window, s.left>>uint(-step)&1 != 0:
		return 0, false
	}
	between := s.left & (1<<uint(-step) - 1) // what was left out after it
	return seq + s.seq + uint16(bits.OnesCount64(between)), true
}

// sound notes a packet of sound that has been placed.
func (s *shift) sound(now time.Duration, k packet) {
	if k.seq == s.last {
		s.frame = uint32(k.to - k.from)
		s.next, s.at, s.paused = k.ts+s.frame, now, false
	}
}

// leave leaves a packet out, without a gap in the numbers. Once a later one has been
// sent, its number is one that was lost.
func (s *shift) leave(k packet) {
	step := int16(k.seq - s.last)
	if s.ssrc != k.ssrc || step <= 0 || jumped(k.seq, s.last) {
		return
	}
	s.left = s.left<<uint(step) | 1
	s.last = k.seq
	s.seq--
	s.paused = true
}

// event returns the timestamp that a press is relayed with.
func (s *shift) event(id uint32) (ts uint32, known bool) {
	for _, e := range s.events {
		if e.id == id {
			return e.ts, true
		}
	}
	return 0, false
}

// begins notes the timestamp of a press.
func (s *shift) begins(id, ts uint32) {
	s.events[1], s.events[0] = s.events[0], relayedEvent{id: id, ts: ts}
}

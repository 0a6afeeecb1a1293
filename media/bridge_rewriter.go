package media

import (
	"math/bits"
	"time"
)

// maxTimestampSlip is how far the timestamps of relayed sound may run from the time of its
// arrival in a pause, before they are taken to have begun anew: more than jitter,
// less than a listener overlooks.
const maxTimestampSlip = sampleRate / 5

// rewriter is what a relayed packet's numbers are moved by, so that a bridge goes
// on with the stream that the port has sent so far. Numbers that are missing or
// out of order stay so: what was lost on one side is lost on the other. Packets that
// the bridge leaves out take no number.
type rewriter struct {
	ssrc      uint32
	highest   uint16 // highest number that came in
	seqOffset uint16 // to be added to a number after last
	tsOffset  uint32 // to be added
	omitted   uint64 // bit n: the packet n before last was left out, or came before the run
	oldSeq    uint32 // the number that would be the second in a row far back, above oldSeqValid; 0: none

	nextTS      uint32        // timestamp at which sound goes on, if it is without a pause
	frameUnits  uint32        // samples of the packet of sound before; 0: none yet
	lastArrival time.Duration // when that came
	paused      bool          // packets have been left out since

	events [2]relayedPress // the latest first
}

// relayedPress is a press that is relayed, and the timestamp that it has been given.
type relayedPress struct{ id, ts uint32 }

const oldSeqValid = 1 << 16

// start moves the packet to the place that the stream has come to.
func (s *rewriter) start(now time.Duration, k packet, out *stream) {
	*s = rewriter{
		ssrc: k.ssrc, highest: k.seq - 1, omitted: ^uint64(0),
		seqOffset: out.header.SequenceNumber - k.seq,
		tsOffset:  out.header.Timestamp - k.ts,
		nextTS:    k.ts, lastArrival: now, events: s.events,
	}
}

// sameStream reports whether the packet belongs to the run of packets being moved, by its
// source and number: two in a row that are far back are a source that has started
// anew (RFC 3550 §A.1).
func (s *rewriter) sameStream(k packet) bool {
	if s.ssrc != k.ssrc || isJump(k.seq, s.highest) {
		return false
	}
	if int16(k.seq-s.highest) > -reorderWindow {
		return true
	}
	again := s.oldSeq == oldSeqValid|uint32(k.seq)
	s.oldSeq = oldSeqValid | uint32(k.seq+1)
	return !again
}

// continues reports whether a packet of sound that holds goes on where the one
// before has ended, or after a pause of the length that it says. If not, the source's
// clock has begun anew.
func (s *rewriter) continues(now time.Duration, k packet) bool {
	step := int16(k.seq - s.highest)
	if step <= 0 {
		return true
	}
	ahead := int32(k.ts - s.nextTS - uint32(step-1)*s.frameUnits)
	if ahead == 0 {
		return true
	}
	late := int32(k.ts-s.nextTS+s.frameUnits) - int32(samplesIn(now-s.lastArrival))
	return -maxTimestampSlip <= ahead && ahead <= maxTimestampSlip || -maxTimestampSlip <= late && late <= maxTimestampSlip
}

// sequence returns the number that the packet is sent with. It reports false for one
// that is too late to have a place.
func (s *rewriter) sequence(seq uint16) (number uint16, ok bool) {
	step := int16(seq - s.highest)
	switch {
	case step > 0:
		s.omitted <<= uint(step)
		s.highest = seq
		return seq + s.seqOffset, true
	case step <= -reorderWindow, s.omitted>>uint(-step)&1 != 0:
		return 0, false
	}
	between := s.omitted & (1<<uint(-step) - 1) // what was left out after it
	return seq + s.seqOffset + uint16(bits.OnesCount64(between)), true
}

// addAudio notes a packet of sound that has been placed.
func (s *rewriter) addAudio(now time.Duration, k packet, units uint32) {
	if k.seq == s.highest {
		s.frameUnits = units
		s.nextTS, s.lastArrival, s.paused = k.ts+s.frameUnits, now, false
	}
}

// omit leaves a packet out, without a gap in the numbers. Once a later one has been
// sent, its number is one that was lost.
func (s *rewriter) omit(k packet) {
	step := int16(k.seq - s.highest)
	if s.ssrc != k.ssrc || step <= 0 || isJump(k.seq, s.highest) {
		return
	}
	s.omitted = s.omitted<<uint(step) | 1
	s.highest = k.seq
	s.seqOffset--
	s.paused = true
}

// eventTS returns the timestamp that a press is relayed with.
func (s *rewriter) eventTS(id uint32) (ts uint32, known bool) {
	for _, e := range s.events {
		if e.id == id {
			return e.ts, true
		}
	}
	return 0, false
}

// addEvent notes the timestamp of a press.
func (s *rewriter) addEvent(id, ts uint32) {
	s.events[1], s.events[0] = s.events[0], relayedPress{id: id, ts: ts}
}

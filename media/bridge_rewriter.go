package media

import (
	"math/bits"
	"time"
)

// maxTimestampSlip is how far timestamps of relayed audio may run from the time of arrival
// in a pause, in milliseconds, before they count as begun anew: more than jitter.
const maxTimestampSlip = 200

// rewriter maps sequence numbers and timestamps of relayed packets so that they continue
// the port's stream. Loss and reordering stay as they are; omitted packets use no number.
type rewriter struct {
	ssrc      uint32
	highest   uint16 // the highest number received
	seqOffset uint16 // added to a number after highest
	clock     int    // of timestamps received, in Hz
	outClock  int    // of timestamps sent
	firstTS   uint32 // the first timestamp received
	outTS     uint32 // what it is sent as
	omitted   uint64 // bit n: the packet n before highest was omitted, or came before the run
	oldSeq    uint32 // the next number of a sequence far back, with oldSeqValid; 0: none

	nextTS      uint32        // timestamp at which audio continues without a pause
	frameUnits  uint32        // timestamp units of the last audio packet; 0: none yet
	lastArrival time.Duration // of that packet
	paused      bool          // packets have been omitted since

	events [2]relayedPress // the latest first
}

// relayedPress is a relayed press and its timestamp.
type relayedPress struct{ id, ts uint32 }

const oldSeqValid = 1 << 16

// start maps the packet, whose timestamps have the clock in Hz, to the next number and
// timestamp of the stream.
func (s *rewriter) start(now time.Duration, k packet, clock int, out *stream) {
	*s = rewriter{
		ssrc: k.ssrc, highest: k.seq - 1, omitted: ^uint64(0),
		seqOffset: out.header.SequenceNumber - k.seq,
		clock:     clock, outClock: out.clock,
		firstTS: k.ts, outTS: out.header.Timestamp,
		nextTS: k.ts, lastArrival: now, events: s.events,
	}
}

// timestamp is what a timestamp is sent as.
func (s *rewriter) timestamp(ts uint32) uint32 { return s.outTS + s.rescale(ts-s.firstTS) }

// rescale converts a step between timestamps to the clock that is sent.
func (s *rewriter) rescale(step uint32) uint32 {
	if s.clock == s.outClock {
		return step
	}
	return uint32(int64(int32(step)) * int64(s.outClock) / int64(s.clock))
}

// sameStream reports whether the packet belongs to the run, by its source and number: two
// in sequence that are far back are a source that has started anew (RFC 3550 §A.1).
func (s *rewriter) sameStream(k packet) bool {
	if s.ssrc != k.ssrc || isJump(k.seq, s.highest) {
		return false
	}
	if int16(k.seq-s.highest) > -reorderWindow {
		return true
	}
	restarted := s.oldSeq == oldSeqValid|uint32(k.seq)
	s.oldSeq = oldSeqValid | uint32(k.seq+1)
	return !restarted
}

// continues reports whether an audio packet of the run follows the one before, or a pause
// of the length that its timestamp says. If not, the source's clock has begun anew.
func (s *rewriter) continues(now time.Duration, k packet) bool {
	step := int16(k.seq - s.highest)
	if step <= 0 {
		return true
	}
	ahead := int32(k.ts - s.nextTS - uint32(step-1)*s.frameUnits)
	if ahead == 0 {
		return true
	}
	late := int32(k.ts-s.nextTS+s.frameUnits) - int32(unitsIn(now-s.lastArrival, s.clock))
	slip := int32(maxTimestampSlip * s.clock / ticksPerSecond)
	return -slip <= ahead && ahead <= slip || -slip <= late && late <= slip
}

// sequence returns the number to send the packet with; false if it is too late for one.
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
	between := s.omitted & (1<<uint(-step) - 1) // omitted after it
	return seq + s.seqOffset + uint16(bits.OnesCount64(between)), true
}

// addAudio notes an audio packet that is sent.
func (s *rewriter) addAudio(now time.Duration, k packet, units uint32) {
	if k.seq == s.highest {
		s.frameUnits = units
		s.nextTS, s.lastArrival, s.paused = k.ts+s.frameUnits, now, false
	}
}

// omit skips a packet without a gap in the numbers.
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

// eventTS returns the timestamp of a relayed press.
func (s *rewriter) eventTS(id uint32) (ts uint32, known bool) {
	for _, e := range s.events {
		if e.id == id {
			return e.ts, true
		}
	}
	return 0, false
}

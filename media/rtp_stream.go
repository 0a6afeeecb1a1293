package media

import (
	"math/rand/v2"

	"github.com/pion/rtp"
)

// stream is the RTP stream that a port sends: one SSRC for the life of the port, sequence
// numbers without a gap, and timestamps by the clock, over prompts, silence and bridges.
type stream struct {
	header rtp.Header
	clock  int    // of timestamps, in Hz
	base   uint32 // timestamp of tick 0
	marker bool   // the next packet begins a talkspurt
	sent   bool   // a packet has been sent
}

// newStream starts at random values (RFC 3550 §5.1), the number below 2^15: who misses the
// first packets of an encrypted stream still knows its rollover counter (RFC 3711 §3.3.1).
func newStream() stream {
	return stream{
		header: rtp.Header{Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32N(1 << 15))},
		clock:  sampleRate,
		base:   rand.Uint32(),
		marker: true,
	}
}

// startTalkspurt sets the timestamp to that of the tick, never backwards, and the marker
// of the next packet (RFC 3551 §4.1).
func (s *stream) startTalkspurt(now int64) {
	ts := s.base + s.units(now)
	if s.sent && int32(ts-s.header.Timestamp) < 0 {
		ts = s.header.Timestamp
	}
	s.header.Timestamp = ts
	s.marker = true
}

// advance moves the timestamp over ticks.
func (s *stream) advance(ticks int64) { s.header.Timestamp += s.units(ticks) }

// units are so many ticks in timestamp units.
func (s *stream) units(ticks int64) uint32 { return uint32(ticks * int64(s.clock/ticksPerSecond)) }

// setClock changes the clock at a tick, and reports whether it was another. The timestamps
// of one SSRC have one clock (RFC 7160 §4.1).
func (s *stream) setClock(now int64, clock int) bool {
	if clock == s.clock {
		return false
	}
	s.clock, s.base, s.sent = clock, rand.Uint32(), false
	s.header.SSRC = rand.Uint32()
	s.startTalkspurt(now)
	return true
}

// writeHeader writes the header of the next packet into b and counts the packet. The caller
// advances the timestamp.
func (s *stream) writeHeader(b []byte, payloadType uint8) {
	s.header.PayloadType = payloadType
	s.header.Marker = s.marker
	s.marker, s.sent = false, true
	_, _ = s.header.MarshalTo(b) // b always holds headerSize bytes
	s.header.SequenceNumber++
}

// writeRelayedHeader writes the header of a relayed packet. The stream continues behind the
// latest of them.
func (s *stream) writeRelayedHeader(b []byte, payloadType uint8, marker bool, seq uint16, ts, end uint32) {
	h := s.header
	h.PayloadType, h.Marker, h.SequenceNumber, h.Timestamp = payloadType, marker, seq, ts
	_, _ = h.MarshalTo(b)
	s.marker, s.sent = false, true
	if int16(seq-s.header.SequenceNumber) >= 0 {
		s.header.SequenceNumber = seq + 1
	}
	if int32(end-s.header.Timestamp) > 0 {
		s.header.Timestamp = end
	}
}

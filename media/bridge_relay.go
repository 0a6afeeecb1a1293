package media

import (
	"encoding/binary"
	"time"
)

// relayAudio relays a packet that the other port of the bridge has received: its payload of
// so many units, or the samples of that where this side wants another codec.
func (p *Port) relayAudio(w *worker, now time.Duration, b []byte, k packet, c *codec, units uint32, pcm []int16) {
	if !p.mayRelay() {
		return
	}
	out := b[k.from-headerSize : k.to]
	if !p.relaysBytesOf(c) {
		out = p.encode(w, pcm)
	}
	if len(out) == headerSize {
		p.omit(k)
		return
	}
	marker := k.marker || p.rewriter.paused
	if !p.relaying || p.rewriter.clock != c.Rate || !p.rewriter.sameStream(k) || !p.rewriter.continues(now, k) {
		p.startRelay(now, k, c.Rate)
		marker = true
	}
	seq, ok := p.rewriter.sequence(k.seq)
	if !ok {
		return
	}
	p.rewriter.addAudio(now, k, units)
	if c != p.sending.codec {
		if c.g711 != nil && p.sending.g711 != nil {
			for i := k.from; i < k.to; i++ {
				b[i] = c.g711.cross[b[i]]
			}
		}
		units = p.sending.units(out[headerSize:])
	}
	for _, t := range p.taps {
		t.put(now, tapSent, p.sending.codec, out[headerSize:])
	}
	p.relay(w, now, out, p.payloadType, marker, seq, p.rewriter.timestamp(k.ts), units)
}

// relaysBytesOf reports whether payloads of a codec are relayed without decoding.
func (p *Port) relaysBytesOf(c *codec) bool {
	return c == p.sending.codec && p.relayed || c.g711 != nil && p.sending.g711 != nil
}

// encode encodes samples of the other port into a frame with room for a header, which is all
// of it while the encoder waits for more. The frame is valid until the worker encodes again.
func (p *Port) encode(w *worker, pcm []int16) []byte {
	if p.encoder == nil {
		p.encoder = p.sending.encoder(p.sending)
	}
	return w.frame[:headerSize+p.encoder.encode(pcm, w.frame[headerSize:])]
}

// relayEvent relays a telephone event of a press, whose timestamps have the clock, under
// this side's payload type and in its clock. A far end that accepts no events gets none,
// and an event that is no digit is not relayed.
func (p *Port) relayEvent(w *worker, now time.Duration, b []byte, k packet, press *event) {
	if !p.mayRelay() {
		return
	}
	if !p.hasEvents || press.id == 0 {
		p.omit(k)
		return
	}
	marker := k.marker
	if !p.relaying || !p.rewriter.sameStream(k) {
		p.startRelay(now, k, p.peer.sending.Rate)
		marker = true
	}
	seq, ok := p.rewriter.sequence(k.seq)
	if !ok {
		return
	}
	ts, known := p.rewriter.eventTS(press.id)
	switch {
	case known:
	case k.seq != p.rewriter.highest:
		ts = p.rewriter.timestamp(press.lo) // of a press that is over: late, as it came
	default:
		ts = p.eventTimestamp(now, p.rewriter.timestamp(k.ts))
		p.rewriter.events = [2]relayedPress{{press.id, ts}, p.rewriter.events[0]}
	}
	offset := k.ts - press.lo
	switch {
	case press.hasMovingTimestamp() || press.clock != p.eventClock:
		rescaleDurations(b[k.from:k.to], press, offset, p.eventClock)
	default:
		ts += p.rewriter.rescale(offset) // of a later segment
	}
	p.relay(w, now, b[k.from-headerSize:k.to], p.eventPT, marker, seq, ts, uint32(k.to-k.from))
}

// omit skips a packet that is not relayed, without a gap in the numbers.
func (p *Port) omit(k packet) {
	if p.relaying && p.mayRelay() {
		p.rewriter.omit(k)
	}
}

// eventTimestamp is the timestamp of a new press: the relayed one, unless that is not
// later than that of the press before or far from the stream's own; then by the clock.
func (p *Port) eventTimestamp(now time.Duration, ts uint32) uint32 {
	before := p.rewriter.events[0]
	away := int32(ts-p.stream.header.Timestamp) - int32(unitsIn(now-time.Duration(p.lastSent)*tick, p.stream.clock))
	jump := int32(clockJump * p.stream.clock)
	if (before.id == 0 || int32(ts-before.ts) > 0) && -jump <= away && away <= jump {
		return ts
	}
	p.stream.startTalkspurt(int64(now / tick))
	if before.id != 0 && int32(p.stream.header.Timestamp-before.ts) <= 0 {
		p.stream.header.Timestamp = before.ts + 1
	}
	return p.stream.header.Timestamp
}

// rescaleDurations converts the durations of a packet's events to another clock, those of a
// press with a moving timestamp counted from its beginning, up to the longest.
func rescaleDurations(payload []byte, press *event, offset uint32, clock int) {
	for i := 0; i+reportSize <= len(payload); i += reportSize {
		field := payload[i+2 : i+reportSize]
		duration := int64(binary.BigEndian.Uint16(field))
		if i == 0 {
			switch {
			case press.segmented:
				duration += int64(offset)
			case press.hasMovingTimestamp():
				duration = int64(press.length)
			}
		}
		binary.BigEndian.PutUint16(field, uint16(min(duration*int64(clock)/int64(press.clock), maxDuration)))
	}
}

// mayRelay reports whether the port sends relayed packets: not while it sends a prompt or
// digits of its own.
func (p *Port) mayRelay() bool { return p.maySend && p.playback == nil && !p.digitSender.pending() }

// startRelay starts a run of relayed packets at k, whose timestamps have the clock in Hz. It
// continues the stream at the time of the worker's clock.
func (p *Port) startRelay(now time.Duration, k packet, clock int) {
	p.stream.startTalkspurt(int64(now / tick))
	p.rewriter.start(now, k, clock, &p.stream)
	p.relaying = true
}

// relay sends a packet, whose header is written into the first bytes of b, at once: the
// other side has paced it.
func (p *Port) relay(w *worker, now time.Duration, b []byte, payloadType uint8, marker bool, seq uint16, ts, units uint32) {
	at := int64(now / tick)
	p.stream.writeRelayedHeader(b, payloadType, marker, seq, ts, ts+units)
	w.counters.Relayed++
	w.audioAt = time.Duration(at) * tick
	p.transmit(w, at, b)
}

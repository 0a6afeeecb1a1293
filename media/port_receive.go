package media

import (
	"slices"
	"time"

	"ringflow/media/sdp"
)

// receive reads one packet from one of the port's sockets, if there is one.
func (p *Port) receive(w *worker, fd int, now time.Duration) {
	n, errno := receiveFrom(fd, w.buffer[:], &w.from, &w.fromSize)
	if errno != 0 {
		return // no packet after all, or an ICMP error of an earlier one
	}
	w.counters.Received++
	w.counters.ReceivedBytes += uint64(n)
	b := w.buffer[:min(n, len(w.buffer))]
	ok := isPacket(b) && n == len(b) // else it is no RTP, or truncated
	if ok && p.srtp.encrypted() {
		if b, ok = p.srtp.open(w, now, b); !ok {
			p.stats.Unauthenticated++
			w.counters.Unauthenticated++
		}
	}
	var packet packet
	if ok {
		packet, ok = parsePacket(b)
	}
	if !ok {
		p.discard(w)
		return
	}
	if !p.admit(w, now, packet) {
		if p.latch.stated.IsValid() { // before, the far end may have been faster than its SDP
			p.stats.Refused++
			p.stats.RefusedFrom = w.from.addrPort()
		}
		p.discard(w)
		return
	}
	c := p.codecOf(packet.payloadType)
	var units uint32
	if c != nil {
		units = c.units(b[packet.from:packet.to])
	}
	if !p.withinLimit(now, c, units) {
		p.stats.Excess++
		w.counters.Excess++
		return
	}
	if p.reception.received == 0 {
		p.stats.FirstReceived = w.epoch.Add(now)
		close(p.firstPacket)
	}
	p.reception.add(now, packet, c, units)
	if c == nil {
		p.receiveOther(w, now, b, packet)
		return
	}
	for _, t := range p.taps {
		t.put(now, tapReceived, c, b[packet.from:packet.to])
	}
	if p.recording == nil && (p.peer == nil || p.peer.relaysBytesOf(c)) {
		p.decoded = nil // the decoder would miss packets
		p.use(w, now, b, packet, c, units, nil)
		return
	}
	payload := b[packet.from:packet.to]
	if before, pcm := p.recover(w, c, packet, units, payload); pcm != nil {
		p.useRecovered(w, now, b, before, c, units, pcm)
	}
	p.use(w, now, b, packet, c, units, p.decode(w, c, packet, payload))
}

// use records and relays a packet, of whose payload the samples are, if they are needed.
func (p *Port) use(w *worker, now time.Duration, b []byte, k packet, c *codec, units uint32, pcm []int16) {
	if p.recording != nil {
		p.recording.add(now, k, c.Rate, pcm)
	}
	if p.peer != nil {
		p.peer.relayAudio(w, now, b, k, c, units, pcm)
	}
}

// useRecovered is use of a packet that was recovered, of which there are samples alone.
func (p *Port) useRecovered(w *worker, now time.Duration, b []byte, k packet, c *codec, units uint32, pcm []int16) {
	if p.recording != nil {
		p.recording.add(now, k, c.Rate, pcm)
	}
	if p.peer != nil && !p.peer.relaysBytesOf(c) {
		p.peer.relayAudio(w, now, b, k, c, units, pcm)
	}
}

// decode returns the 8 kHz samples of a payload, valid until the worker decodes again; none of
// a packet that was recovered.
func (p *Port) decode(w *worker, c *codec, k packet, payload []byte) []int16 {
	if p.decoded != c {
		p.decoded, p.decoder, p.decodedSSRC = c, c.decoder(), ^k.ssrc
	}
	if p.decodedSSRC != k.ssrc {
		p.decodedSSRC, p.decodedSeq, p.recovered = k.ssrc, k.seq, 0
	}
	switch step := int16(k.seq - p.decodedSeq); {
	case step > 0:
		p.decodedSeq = k.seq
		p.recovered <<= uint(step)
	case step > -64 && p.recovered>>uint(-step)&1 != 0:
		return nil
	}
	return w.pcm[:p.decoder.decode(payload, w.pcm[:])]
}

// recover returns the samples of the packet before k, if that is lost and k has them again.
func (p *Port) recover(w *worker, c *codec, k packet, units uint32, payload []byte) (before packet, pcm []int16) {
	r, can := p.decoder.(recoverer)
	if !can || p.decoded != c || p.decodedSSRC != k.ssrc || int16(k.seq-p.decodedSeq) < 2 || isJump(k.seq, p.decodedSeq) {
		return k, nil
	}
	n := r.recover(payload, w.pcm[:])
	if n == 0 {
		return k, nil
	}
	before = k
	before.seq, before.ts, before.marker = k.seq-1, k.ts-units, false
	p.recovered = p.recovered<<uint(before.seq-p.decodedSeq) | 1
	p.decodedSeq = before.seq
	return before, w.pcm[:n]
}

// receiveOther handles what is no audio: telephone events; comfort noise (RFC 3389) and
// the rest are dropped.
func (p *Port) receiveOther(w *worker, now time.Duration, b []byte, k packet) {
	clock := p.eventTypes.clock(k.payloadType)
	if clock == 0 {
		if p.peer != nil {
			p.peer.omit(k)
		}
		return
	}
	over, press := p.events.packet(now, k, b[k.from:k.to], clock)
	if p.events.presses == 1 {
		p.sendsEvents.Store(true)
	}
	if p.peer != nil {
		p.peer.relayEvent(w, now, b, k, &press)
	}
	for i := range over {
		p.reportDigit(w, &over[i])
	}
}

// discard counts a packet that is not accepted, or no RTP.
func (p *Port) discard(w *worker) {
	p.stats.Discarded++
	w.counters.Discarded++
}

// admit reports whether the latch accepts the packet's source, and sends to a new one.
func (p *Port) admit(w *worker, now time.Duration, k packet) bool {
	took := true
	if p.latch.latched() && w.from.same(&p.remote) {
		p.latch.update(now, k.ssrc, k.seq)
	} else {
		source := w.from.addrPort()
		took = (source == p.latch.stated || !p.plane.local.contains(source)) && p.latch.admit(now, source, k.ssrc, k.seq)
		if took {
			p.sendToward(w.from)
		}
	}
	if stable := p.latch.stable(); stable != p.latchStable {
		p.latchStable = stable
		p.updateFilter()
	}
	return took
}

// withinLimit reports whether the packet is within the rate limit of audio, or of the rest.
func (p *Port) withinLimit(now time.Duration, c *codec, units uint32) bool {
	if c == nil {
		return p.otherLimit.allow(now, limitOther)
	}
	return p.audioLimit.allow(now, max(limitMinimum, c.duration(units)))
}

// format is a codec under a payload type.
type format struct {
	payloadType uint8
	codec       *codec
}

// formatsOf are the formats that a far end may send beside the one agreed on: those that it
// was offered, and G.711 under its static payload types.
func formatsOf(offered []sdp.Codec) []format {
	var list []format
	for _, o := range offered {
		if c := codecFor(o.Name); c != nil {
			list = append(list, format{o.PayloadType, c})
		}
	}
	return append(list, format{pcmu.PayloadType, pcmu}, format{pcma.PayloadType, pcma})
}

// codecOf is the codec of a payload type, nil for one that carries no audio.
func (p *Port) codecOf(payloadType uint8) *codec {
	if payloadType == p.payloadType {
		return p.sending.codec
	}
	for _, f := range p.formats {
		if f.payloadType == payloadType {
			return f.codec
		}
	}
	return nil
}

// reportDigit puts a digit into the channel, and drops the oldest if that is full. A bridged
// far end that accepts no events gets it as a tone.
func (p *Port) reportDigit(w *worker, e *event) {
	d := e.digit(w.epoch)
	if p.peer != nil && p.peer.maySend && !p.peer.hasEvents {
		p.peer.digitSender.enqueue(string(d.Symbol))
	}
	for {
		select {
		case p.digits <- d:
			return
		default:
		}
		select {
		case <-p.digits:
		default:
		}
	}
}

// updateFilter has the kernel drop audio that is neither bridged, recorded nor tapped, but
// for a sample that shows that the far end sends. Digits pass.
func (p *Port) updateFilter() {
	want := p.negotiated && p.latchStable && p.peer == nil && p.recording == nil &&
		!slices.ContainsFunc(p.taps, func(t *Tap) bool { return t.every[tapReceived] > 0 })
	var passes []uint8
	for _, e := range p.eventTypes {
		if p.codecOf(e.payloadType) == nil {
			passes = append(passes, e.payloadType)
		}
	}
	switch {
	case want && (!p.filterOn || !slices.Equal(passes, p.filterTypes)):
		// Without the filter all packets are read, which is no error.
		p.filterOn = p.sockets.attachFilter(filterProgram(passes)) == nil
		p.filterTypes = passes
	case !want && p.filterOn:
		p.sockets.detachFilter()
		p.filterOn = false
	}
	p.reception.setSampled(p.filterOn)
}

package media

import (
	"net/netip"
	"time"
)

// receive takes one packet that waits on the port's socket, if there is one.
func (p *Port) receive(w *worker, now time.Duration) {
	n, errno := receiveFrom(p.fd, w.buffer[:], &w.from, &w.fromSize)
	if errno != 0 {
		return // nothing there after all, or what ICMP says of an earlier packet
	}
	w.counters.Received++
	w.counters.ReceivedBytes += uint64(n)
	b := w.buffer[:n]
	packet, ok := parsePacket(b)
	if !ok || !p.admit(fromEndpoint(&w.from), packet) {
		p.strays++
		w.counters.Strays++
		return
	}
	if p.reception.received == 0 {
		p.firstHeard = now
		close(p.heard)
	}
	sound, law := p.soundOf(packet.payloadType)
	p.reception.heard(now, packet, sound)
	switch {
	case sound:
		if p.recording != nil {
			p.recording.hear(now, packet, b[packet.from:packet.to], law)
		}
		if p.peer != nil {
			p.peer.relaySound(w, now, b, packet, law)
		}
	case p.isEvent(packet.payloadType):
		over, n := p.events.packet(now, packet.ssrc, packet.ts, b[packet.from:packet.to])
		for _, e := range over[:n] {
			p.press(w, e)
		}
		if p.peer != nil {
			p.peer.relayEvent(w, now, b, packet)
		}
	}
}

// admit asks the latch, and follows it when it has settled on a source.
func (p *Port) admit(from netip.AddrPort, k packet) bool {
	before := p.latch.taken
	if !p.latch.admit(from, k.ssrc, k.seq) {
		return false
	}
	if p.latch.taken != before {
		p.remote = toEndpoint(p.latch.target())
		p.filter()
	}
	return true
}

// soundOf tells whether a payload type carries sound, and of which law. A far
// end that was offered both laws may send either under its static type.
func (p *Port) soundOf(payloadType uint8) (sound bool, l law) {
	switch payloadType {
	case p.codec.PayloadType:
		return true, p.law
	case 0:
		return true, ulaw
	case 8:
		return true, alaw
	}
	return false, 0
}

func (p *Port) isEvent(payloadType uint8) bool {
	return p.hasEvents && (payloadType == p.localEventPT || payloadType == p.eventPT)
}

// press hands a key to whoever reads Digits, dropping the oldest rather than
// waiting for them.
func (p *Port) press(w *worker, e event) {
	d := e.digit(w.epoch)
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

// filter has the kernel drop what nobody needs: while the far end is known, and
// its sound is neither bridged nor recorded, all that matters is its keys and
// now and then a sign of life.
func (p *Port) filter() {
	want := p.negotiated && p.latch.shut() && p.peer == nil && p.recording == nil
	passes := [2]uint8{noPayloadType, noPayloadType}
	if p.hasEvents {
		passes = [2]uint8{p.eventPT, p.localEventPT}
	}
	switch {
	case want && (!p.filtered || passes != p.passes):
		// Without the filter the packets are read in vain, which is no reason to fail.
		p.filtered = attachFilter(p.fd, filterProgram(passes[0], passes[1])) == nil
		p.passes = passes
	case !want && p.filtered:
		detachFilter(p.fd)
		p.filtered = false
	}
	p.reception.sample(p.filtered)
}

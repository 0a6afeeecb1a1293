package media

import "time"

// receive takes one packet that waits on the port's socket, if there is one.
func (p *Port) receive(w *worker, now time.Duration) {
	n, errno := receiveFrom(p.fd, w.buffer[:], &w.from, &w.fromSize)
	if errno != 0 {
		return // nothing there after all, or what ICMP says of an earlier packet
	}
	w.counters.Received++
	w.counters.ReceivedBytes += uint64(n)
	if n > len(w.buffer) { // cut at the buffer: the rest of it is lost
		p.discard(w)
		return
	}
	b := w.buffer[:n]
	packet, ok := parsePacket(b)
	if !ok {
		p.discard(w)
		return
	}
	if !p.admit(w, now, packet) {
		if p.latch.stated.IsValid() { // before, the far end may have been faster than its SDP
			p.refused++
			p.refusedFrom = w.from
		}
		p.discard(w)
		return
	}
	sound, law := p.soundOf(packet.payloadType)
	if !p.withinLimit(now, packet, sound) {
		p.excess++
		w.counters.Excess++
		return
	}
	if p.reception.received == 0 {
		p.firstReceived = now
		close(p.firstPacket)
	}
	p.reception.add(now, packet, sound)
	switch {
	case sound:
		if p.recording != nil {
			p.recording.add(now, packet, b[packet.from:packet.to], law)
		}
		if p.peer != nil {
			p.peer.relayAudio(w, now, b, packet, law)
		}
	default:
		p.receiveOther(w, now, b, packet)
	}
}

// receiveOther takes what is no sound: keys, and what is for nobody, such as comfort
// noise (RFC 3389).
func (p *Port) receiveOther(w *worker, now time.Duration, b []byte, k packet) {
	clock := p.eventTypes.clock(k.payloadType)
	if clock == 0 {
		if p.peer != nil {
			p.peer.omit(k)
		}
		return
	}
	over, press := p.events.packet(now, k, b[k.from:k.to], clock)
	if p.peer != nil {
		p.peer.relayEvent(w, now, b, k, &press)
	}
	for i := range over {
		p.reportDigit(w, &over[i])
	}
}

// discard counts a packet that is not the far end's, or no RTP.
func (p *Port) discard(w *worker) {
	p.discarded++
	w.counters.Discarded++
}

// admit asks the latch, and follows it when it has settled on a source.
func (p *Port) admit(w *worker, now time.Duration, k packet) bool {
	took := true
	if p.latch.latched() && w.from.Port == p.remote.Port && w.from.Addr == p.remote.Addr {
		p.latch.update(now, k.ssrc, k.seq)
	} else {
		source := fromEndpoint(&w.from)
		took = (source == p.latch.stated || !p.plane.local.contains(source)) && p.latch.admit(now, source, k.ssrc, k.seq)
		if took {
			p.remote = w.from
		}
	}
	p.followLatch()
	return took
}

// followLatch has the filter follow the latch, which needs every packet while another
// source may be about to be taken.
func (p *Port) followLatch() {
	if settled := p.latch.stable(); settled != p.latchStable {
		p.latchStable = settled
		p.updateFilter()
	}
}

// withinLimit reports whether the far end may bring the packet: sound, and what is not
// sound, each have an allowance of their own.
func (p *Port) withinLimit(now time.Duration, k packet, sound bool) bool {
	if !sound {
		return p.otherLimit.allow(now, limitOther)
	}
	return p.audioLimit.allow(now, max(limitMinimum, time.Duration(k.to-k.from)*(time.Second/sampleRate)))
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

func (p *Port) carriesSound(payloadType uint8) bool {
	sound, _ := p.soundOf(payloadType)
	return sound
}

// reportDigit hands a key to whoever reads Digits, dropping the oldest rather than
// waiting for them. The far end of a bridge that takes no events hears it as sound.
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

// updateFilter has the kernel drop what nobody needs: while the far end is known, and
// its sound is neither bridged nor recorded, all that matters is its keys and
// now and then a sign of life.
func (p *Port) updateFilter() {
	want := p.negotiated && p.latchStable && p.peer == nil && p.recording == nil
	passes := p.eventTypes.filterTypes(p.carriesSound)
	switch {
	case want && (!p.filterOn || passes != p.filterTypes):
		// Without the filter the packets are read in vain, which is no reason to fail.
		p.filterOn = attachFilter(p.fd, filterProgram(passes)) == nil
		p.filterTypes = passes
	case !want && p.filterOn:
		detachFilter(p.fd)
		p.filterOn = false
	}
	p.reception.setSampled(p.filterOn)
}

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
		p.stray(w)
		return
	}
	b := w.buffer[:n]
	packet, ok := parsePacket(b)
	if !ok {
		p.stray(w)
		return
	}
	if !p.admit(w, now, packet) {
		if p.latch.stated.IsValid() { // before, the far end may have been faster than its SDP
			p.refused++
			p.refusedFrom = w.from
		}
		p.stray(w)
		return
	}
	sound, law := p.soundOf(packet.payloadType)
	if !p.allow(now, packet, sound) {
		p.excess++
		w.counters.Excess++
		return
	}
	if p.reception.received == 0 {
		p.firstHeard = now
		close(p.heard)
	}
	p.reception.heard(now, packet, sound)
	switch {
	case sound:
		if p.recording != nil {
			p.recording.hear(now, packet, b[packet.from:packet.to], law)
		}
		if p.peer != nil {
			p.peer.relaySound(w, now, b, packet, law)
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
			p.peer.leaveOut(k)
		}
		return
	}
	over, press := p.events.packet(now, k, b[k.from:k.to], clock)
	if p.peer != nil {
		p.peer.relayEvent(w, now, b, k, &press)
	}
	for i := range over {
		p.press(w, &over[i])
	}
}

// stray counts a packet that is not the far end's, or no RTP.
func (p *Port) stray(w *worker) {
	p.strays++
	w.counters.Discarded++
}

// admit asks the latch, and follows it when it has settled on a source.
func (p *Port) admit(w *worker, now time.Duration, k packet) bool {
	took := true
	if p.latch.shut() && w.from.Port == p.remote.Port && w.from.Addr == p.remote.Addr {
		p.latch.follow(now, k.ssrc, k.seq)
	} else {
		source := fromEndpoint(&w.from)
		took = (source == p.latch.stated || !p.plane.own.has(source)) && p.latch.admit(now, source, k.ssrc, k.seq)
		if took {
			p.remote = w.from
		}
	}
	p.settle()
	return took
}

// settle has the filter follow the latch, which needs every packet while another
// source may be about to be taken.
func (p *Port) settle() {
	if settled := p.latch.settled(); settled != p.settled {
		p.settled = settled
		p.filter()
	}
}

// allow reports whether the far end may bring the packet: sound, and what is not
// sound, each have an allowance of their own.
func (p *Port) allow(now time.Duration, k packet, sound bool) bool {
	if !sound {
		return p.otherAllowance.take(now, allowanceOther)
	}
	return p.soundAllowance.take(now, max(allowanceLeast, time.Duration(k.to-k.from)*(time.Second/sampleRate)))
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

// press hands a key to whoever reads Digits, dropping the oldest rather than
// waiting for them. The far end of a bridge that takes no events hears it as sound.
func (p *Port) press(w *worker, e *event) {
	d := e.digit(w.epoch)
	if p.peer != nil && p.peer.sends && !p.peer.hasEvents {
		p.peer.keys.add(string(d.Symbol))
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

// filter has the kernel drop what nobody needs: while the far end is known, and
// its sound is neither bridged nor recorded, all that matters is its keys and
// now and then a sign of life.
func (p *Port) filter() {
	want := p.negotiated && p.settled && p.peer == nil && p.recording == nil
	passes := p.eventTypes.passes(p.carriesSound)
	switch {
	case want && (!p.filtered || passes != p.passes):
		// Without the filter the packets are read in vain, which is no reason to fail.
		p.filtered = attachFilter(p.fd, filterProgram(passes)) == nil
		p.passes = passes
	case !want && p.filtered:
		detachFilter(p.fd)
		p.filtered = false
	}
	p.reception.sample(p.filtered)
}

package media

import "time"

// keepalive is how often an answered port that has nothing to send sends one packet of
// silence, for address translators and for gateways that end calls without RTP.
const keepalive = int64(time.Second / tick)

// A port that is negotiated anew with the same far end sends so many packets soon one after the
// other, of silence while it has nothing to send: a far end that looks anew where audio comes
// from takes a source after the fourth or fifth packet in sequence, for which it would wait
// seconds by keepalives alone.
const (
	announcement  = 6
	announceEvery = int64(60 * time.Millisecond / tick)
)

// lateSampleEvery is after how many paced packets of one slot the clock is read again.
const lateSampleEvery = 16

// serve sends what is due.
func (w *worker) serve() {
	first, last := w.clock.due(w.now())
	for t := first; t <= last; t++ {
		deadline := time.Duration(t) * tick
		paced := uint64(0)
		for _, p := range w.slots.ports[slotOf(t)] {
			if paced += p.serve(w, t, deadline); paced >= lateSampleEvery {
				w.recordLate(w.now()-deadline, paced)
				paced = 0
			}
		}
		if paced > 0 {
			w.recordLate(w.now()-deadline, paced)
		}
	}
}

func (w *worker) recordLate(by time.Duration, packets uint64) {
	w.counters.Late.add(by, packets)
	w.counters.LateMax = max(w.counters.LateMax, by)
	w.counters.LateSum += by * time.Duration(packets)
}

// serve sends what the port has due at the tick, and returns how many packets of that are
// paced: all but those of silence.
func (p *Port) serve(w *worker, now int64, at time.Duration) (paced uint64) {
	if e, over := p.events.timedOut(at); over {
		p.reportDigit(w, &e)
	}
	missed, due := p.pacer.due(now)
	if !due || !p.maySend {
		return 0
	}
	sent := w.counters.Sent
	switch {
	case p.digitSender.pending():
		w.audioAt = at
		p.sendDigit(w, now)
	case p.playback != nil:
		w.audioAt = at
		if p.inTalkspurt && missed > 0 {
			p.stream.advance(missed * p.pacer.period)
			p.stats.Inserted += uint64(missed)
			w.counters.Inserted += uint64(missed)
			first := p.pacer.at - (missed+1)*p.pacer.period
			w.counters.LateMax = max(w.counters.LateMax, w.now()-time.Duration(first)*tick)
		}
		p.sendFrame(w, now)
	default:
		p.inTalkspurt = false
		if idle := now - p.lastSent; idle >= keepalive || p.announcing > 0 && idle >= announceEvery {
			p.stream.startTalkspurt(now)
			p.sendAudio(w, now, nil)
		}
		return 0
	}
	return w.counters.Sent - sent
}

// sendFrame sends the next frame of the playback, or ends it when its last frame has had
// its time.
func (p *Port) sendFrame(w *worker, now int64) {
	b := p.playback
	if b.over() {
		p.playback = nil
		b.finish(true)
		p.inTalkspurt = false
		return
	}
	if !p.inTalkspurt {
		p.stream.startTalkspurt(now)
		p.inTalkspurt = true
	}
	p.sendAudio(w, now, b)
}

// sendAudio sends one packet of the playback, or of silence if there is none.
func (p *Port) sendAudio(w *worker, now int64, b *Playback) {
	size := headerSize + p.sending.size(p.pacer.period)
	p.stream.writeHeader(w.frame[:headerSize], p.payloadType)
	rest := w.frame[headerSize:size]
	if b != nil {
		rest = rest[b.fill(rest):]
	}
	if p.sending.framed != nil {
		copy(rest, p.silent)
	} else {
		for i := range rest {
			rest[i] = p.sending.silence
		}
	}
	for _, t := range p.taps {
		t.put(time.Duration(now)*tick, tapSent, p.sending.codec, w.frame[headerSize:size])
	}
	p.stream.advance(p.pacer.period)
	p.relaying = false
	p.transmit(w, now, w.frame[:size])
}

// sendDigit sends one step of the digits that wait.
func (p *Port) sendDigit(w *worker, now int64) {
	p.inTalkspurt, p.relaying = false, false
	p.pacer.at = now + cycle // events are repeated every 20 ms at any packet time
	if !p.hasEvents {
		p.sendDigitTone(w, now)
		return
	}
	payload, send, first := p.digitSender.next(p.eventClock)
	if !send {
		return
	}
	if first { // a new timestamp, and the marker
		p.stream.startTalkspurt(now)
	}
	p.stream.writeHeader(w.frame[:headerSize], p.eventPT)
	p.transmit(w, now, append(w.frame[:headerSize], payload[:]...))
}

// sendDigitTone sends a digit as a tone, to a far end that takes no events, before the
// rest of the playback.
func (p *Port) sendDigitTone(w *worker, now int64) {
	if p.digitTone == nil {
		p.digitTone = &Playback{prompt: digitTones()[p.digitSender.queue[0]]}
		p.digitTone.encode(p.sending)
		p.stream.startTalkspurt(now)
	}
	p.sendAudio(w, now, p.digitTone)
	p.pacer.at = now + p.pacer.period
	if p.digitTone.over() {
		p.digitTone, p.digitSender.queue = nil, p.digitSender.queue[1:]
	}
}

// transmit sends one packet, encrypted if that was agreed on.
func (p *Port) transmit(w *worker, now int64, b []byte) {
	p.lastSent, p.announcing = now, max(p.announcing-1, 0)
	if p.srtp.encrypted() {
		sealed, ok := p.srtp.protect(w, b)
		if !ok {
			w.counters.Dropped++
			return
		}
		b = sealed
	}
	if errno := sendTo(p.fd, b, &p.remote); errno != 0 {
		w.counters.Dropped++
		return
	}
	p.stats.Sent++
	p.stats.SentBytes += uint64(len(b))
	w.counters.Sent++
	w.counters.SentBytes += uint64(len(b))
}

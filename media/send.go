package media

import "time"

// keepalive is how often an answered port that has nothing to send sends one
// packet of silence: often enough for address translators and for gateways that
// end calls without RTP, and a fiftieth of the price of a stream of silence.
const keepalive = int64(time.Second / tick)

// clockEvery is after how many packets of one slot the clock is read again, so
// that lateness within a crowded slot is seen.
const clockEvery = 16

// serve sends what has fallen due.
func (w *worker) serve() {
	now := w.now()
	w.behind = now - time.Duration(w.clock.next)*tick
	first, last := w.clock.due(now)
	for t := first; t <= last; t++ {
		deadline := time.Duration(t) * tick
		before := w.counters.Sent
		for _, p := range w.slots.ports[slotOf(t)] {
			p.serve(w, t, deadline)
			if sent := w.counters.Sent - before; sent >= clockEvery {
				w.late(w.now()-deadline, sent)
				before = w.counters.Sent
			}
		}
		if sent := w.counters.Sent - before; sent > 0 {
			w.late(w.now()-deadline, sent)
		}
	}
}

func (w *worker) late(by time.Duration, packets uint64) {
	w.counters.Late.add(by, packets)
	w.counters.LateMax = max(w.counters.LateMax, by)
	w.counters.LateSum += by * time.Duration(packets)
}

// serve sends what the port has to send at the tick.
func (p *Port) serve(w *worker, now int64, at time.Duration) {
	if e, over := p.events.quiet(at); over {
		p.press(w, &e)
	}
	missed, due := p.pace.take(now)
	if !due || !p.sends {
		return
	}
	switch {
	case p.keys.pending():
		w.sounded = at
		p.sendKey(w, now)
	case p.playback != nil:
		w.sounded = at
		if p.talking && missed > 0 {
			p.stream.skip(missed * p.pace.period * samplesPerTick)
			p.inserted += uint64(missed)
			w.counters.Inserted += uint64(missed)
			w.counters.LateMax = max(w.counters.LateMax, w.behind)
		}
		p.sendFrame(w, now)
	default:
		p.talking = false
		if now-p.lastSent >= keepalive {
			p.stream.talk(now)
			p.sendSound(w, now, nil, 0)
		}
	}
}

// sendFrame sends the next frame of the prompt, or ends the playback if all of
// it has been sent and the last frame has had its time.
func (p *Port) sendFrame(w *worker, now int64) {
	b := p.playback
	if b.prompt.over(b.position) {
		p.playback = nil
		b.end(true)
		p.talking = false
		return
	}
	if !p.talking {
		p.stream.talk(now)
		p.talking = true
	}
	b.position = p.sendSound(w, now, b.prompt, b.position)
}

// sendSound sends one packet of the prompt from the position on, or of silence
// if there is none, and returns the position that follows.
func (p *Port) sendSound(w *worker, now int64, prompt *Prompt, position int) int {
	size := headerSize + int(p.pace.period*samplesPerTick)
	p.stream.put(w.frame[:headerSize], p.codec.PayloadType)
	if prompt != nil {
		position = prompt.fill(w.frame[headerSize:size], p.law, position)
	} else {
		empty.fill(w.frame[headerSize:size], p.law, 0)
	}
	p.stream.skip(p.pace.period * samplesPerTick)
	p.relaying = false
	p.transmit(w, now, w.frame[:size])
	return position
}

// empty is a prompt of nothing, which fills frames with silence.
var empty = &Prompt{}

// sendKey sends one step of the key presses that wait.
func (p *Port) sendKey(w *worker, now int64) {
	p.talking, p.relaying = false, false
	p.pace.at = now + turn // events are repeated every 20 ms, whatever the sound does
	if !p.hasEvents {
		p.sendKeyTone(w, now)
		return
	}
	k := p.keys.next(p.eventClock)
	if !k.send {
		return
	}
	if k.first {
		p.stream.talk(now)
	}
	p.stream.put(w.frame[:headerSize], p.eventPT)
	copy(w.frame[headerSize:], k.payload[:])
	p.transmit(w, now, w.frame[:headerSize+len(k.payload)])
}

// sendKeyTone sends a key as sound, to a far end that takes no events: it plays
// before whatever else is playing.
func (p *Port) sendKeyTone(w *worker, now int64) {
	if p.keyTone == nil {
		p.keyTone = &Playback{prompt: dtmfTones(p.keys.queue[0])}
		p.stream.talk(now)
	}
	p.keyTone.position = p.sendSound(w, now, p.keyTone.prompt, p.keyTone.position)
	p.pace.at = now + p.pace.period
	if p.keyTone.prompt.over(p.keyTone.position) {
		p.keyTone, p.keys.queue = nil, p.keys.queue[1:]
	}
}

// transmit hands one packet to the kernel.
func (p *Port) transmit(w *worker, now int64, b []byte) {
	p.lastSent = now
	if errno := sendTo(p.fd, b, &p.remote); errno != 0 {
		w.counters.Dropped++
		return
	}
	p.sent++
	p.sentBytes += uint64(len(b))
	w.counters.Sent++
	w.counters.SentBytes += uint64(len(b))
}

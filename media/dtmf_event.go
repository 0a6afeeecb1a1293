package media

import "time"

const (
	// eventReorderTime is how late a packet may be and still be told from one of a later press
	// with the same numbers.
	eventReorderTime = 500 * time.Millisecond
	// eventInterval is the longest time between two packets of one press.
	eventInterval = 60 * time.Millisecond
	// eventMaxLoss is the step in sequence numbers over which a press with a moving timestamp
	// is followed: two packets in a row may be lost.
	eventMaxLoss = 3
	// eventNearWrap is the duration from which on the next may have wrapped.
	eventNearWrap = 0xF000
)

// event is one press, as its packets say. By RFC 4733 all packets of a press have the
// timestamp of its beginning, and the next press a new one; includes knows other senders.
type event struct {
	id       uint32 // of the events of one port; 0: none
	ssrc     uint32
	code     uint8
	clock    int         // Hz
	earliest eventReport // its earliest packet
	lo, hi   uint32      // the timestamps of its packets
	seq      uint16      // the highest number of its packets

	// length is how long the digit was pressed, in units of the clock, by its packets; the
	// first that says so arrived at reached. duration is the longest with the timestamp hi.
	length   uint32
	duration uint16
	reached  time.Duration

	first, last      time.Duration // arrivals
	ended            bool          // an end has come
	reported         bool          // in completed
	segmented        bool          // longer than one duration can say
	constantDuration bool          // its timestamp moves and its durations do not grow
}

func newEvent(now time.Duration, e eventReport, clock int) event {
	return event{
		ssrc: e.ssrc, code: e.code, clock: clock, earliest: e, lo: e.ts, hi: e.ts, seq: e.seq,
		length: uint32(e.duration), duration: e.duration, reached: now, first: now, last: now, ended: e.end,
	}
}

// hasMovingTimestamp reports whether the packets of the press differ in their timestamps.
func (p *event) hasMovingTimestamp() bool { return p.lo != p.hi && !p.segmented }

// includes reports whether e, which has just come, is a packet of p, the latest press.
// Another press begins with a marker, or after the end, of which only repeats follow; a
// pressed digit cannot be pressed again; a duration longer than the press is old is of the
// press before.
func (p *event) includes(now time.Duration, e eventReport) bool {
	switch {
	case e.code != p.code:
		return false
	case e.ssrc != p.ssrc:
		return p.continuesFrom(now, e)
	case e.continuation:
		return e.ts == p.hi
	}
	newer := int16(e.seq-p.seq) > 0 || now-p.last > eventReorderTime
	switch {
	case int32(e.ts-p.hi) > 0:
		return p.continuesAt(now, e, newer)
	case int32(e.ts-p.lo) >= 0:
		return !newer || !p.startsNewPress(now, e)
	case newer:
		return e.end && !e.marker && !p.ended && e.seq-p.seq <= eventMaxLoss
	}
	before := newEvent(now, e, p.clock) // the first packets of the press were reordered
	return !e.end && before.continuesAt(now, p.earliest, true)
}

// startsNewPress reports whether e, sent after all packets of p and with a timestamp of p,
// is of another press: some senders do not move the timestamp.
func (p *event) startsNewPress(now time.Duration, e eventReport) bool {
	if p.isDelayed(e) {
		return false
	}
	silent := now - p.last
	shorter := e.duration < p.duration
	stood := !shorter && uint32(e.duration-p.duration) < p.samples(silent)/2 // not pressed meanwhile
	switch {
	case p.ended && !e.end, p.ended && silent > eventReorderTime:
		return true
	case p.ended:
		return shorter || e.marker && silent >= eventTimeout
	case e.marker:
		return shorter || stood && silent >= eventTimeout
	case e.end:
		return false
	case shorter:
		return p.reported || p.duration < eventNearWrap && p.plausible()
	}
	return stood && silent > eventReorderTime
}

// isDelayed reports whether e is the packet that p's sender sends next, however late it
// comes: the next numbers with the next duration.
func (p *event) isDelayed(e eventReport) bool {
	switch {
	case e.marker || e.seq-p.seq > eventMaxLoss:
		return false
	case p.ended:
		return e.end && e.duration == p.duration
	}
	return e.duration > p.duration && e.duration-p.duration <= uint16(p.samples(eventMaxLoss*eventInterval))
}

// plausible reports whether the press is no longer than its packets have been coming: some
// senders swap the bytes of the duration.
func (p *event) plausible() bool { return p.length <= p.samples(p.last-p.first+eventTimeout) }

// continuesAt reports whether e, with a later timestamp than all packets of p, is one more
// of them: of the next segment of a long press (RFC 4733 §2.5.1.3), or of a sender that
// moves the timestamp with every packet, or with the end.
func (p *event) continuesAt(now time.Duration, e eventReport, newer bool) bool {
	pause := int32(e.ts - p.lo - p.length) // since the digit is known to be pressed
	step := e.seq - p.seq
	switch {
	case !newer:
		return pause <= 0
	case p.ended && !e.end:
		return false
	case p.ended:
		return !e.marker && step <= eventMaxLoss && (pause <= 0 || p.repeatsEnd(now, e, step))
	case p.isSegment(e):
		return true
	case e.marker:
		return pause <= 0 && step == 1 && now-p.last < eventInterval
	case pause <= 0, e.end && step <= 2:
		return true
	case step > eventMaxLoss:
		return false
	}
	ahead := e.ts - p.hi
	switch {
	case int64(e.duration)-int64(p.duration) >= int64(ahead)/2: // counted from the beginning
		return true
	case e.end:
		return e.ts-p.lo == uint32(e.duration) || p.exceedsElapsed(now, e)
	}
	return ahead < p.samples(eventInterval)
}

// repeatsEnd reports whether e repeats the end of p with a timestamp that has moved.
func (p *event) repeatsEnd(now time.Duration, e eventReport, step uint16) bool {
	soon := e.ts-p.hi <= uint32(step)*p.samples(eventInterval)
	switch {
	case p.hasMovingTimestamp() && step <= 2, p.constantDuration:
		return soon
	case p.hasMovingTimestamp():
		return soon && p.exceedsElapsed(now, e)
	}
	return step == 1 && e.ts-p.lo-p.length <= p.samples(eventInterval) && p.exceedsElapsed(now, e)
}

// isSegment reports whether e is of p's current segment or of the next.
func (p *event) isSegment(e eventReport) bool {
	ahead := e.ts - p.earliest.ts
	return ahead%maxDuration == 0 && ahead/maxDuration <= p.length/maxDuration+1
}

// exceedsElapsed reports whether a press that e ends would have begun before e's timestamp,
// with half of its duration allowed for jitter.
func (p *event) exceedsElapsed(now time.Duration, e eventReport) bool {
	claimed := int64(int32(e.ts+uint32(e.duration)-p.lo-p.length)) - int64(p.samples(now-p.reached))
	return claimed > int64(e.duration)/2
}

// continuesFrom reports whether a packet of another SSRC continues the press.
func (p *event) continuesFrom(now time.Duration, e eventReport) bool {
	return !p.reported && !e.marker && e.duration > p.duration &&
		now-time.Duration(e.duration)*time.Second/time.Duration(p.clock) <= p.last
}

// add counts a packet of the press.
func (p *event) add(now time.Duration, e eventReport) {
	p.last = now
	if p.ended {
		p.update(e)
		return
	}
	length, ahead := uint32(e.duration), e.ts-p.lo
	switch {
	case int32(ahead) <= 0:
	case p.isSegment(e):
		p.segmented = true
		length += ahead
	case length > ahead, e.end && e.duration >= p.duration && !p.constantDuration:
		// The duration is counted from the beginning of the press.
	default:
		p.constantDuration = true
		length += ahead
	}
	if length > p.length || e.end {
		p.length, p.reached = max(p.length, length), now
	}
	p.update(e)
	p.ended = e.end
}

// update notes the numbers of a packet.
func (p *event) update(e eventReport) {
	if int32(e.ts-p.lo) < 0 {
		p.lo, p.earliest = e.ts, e
	}
	switch ahead := int32(e.ts - p.hi); {
	case ahead > 0:
		p.hi, p.duration = e.ts, e.duration
	case ahead == 0:
		p.duration = max(p.duration, e.duration)
	}
	if int16(e.seq-p.seq) > 0 {
		p.seq = e.seq
	}
}

// samples converts a time to units of the clock.
func (p *event) samples(d time.Duration) uint32 {
	return uint32(min(int64(d)*int64(p.clock)/int64(time.Second), int64(1)<<31))
}

// digit is the press as callers see it; epoch is the zero of now.
func (p *event) digit(epoch time.Time) Digit {
	return Digit{
		Symbol:   rune(eventDigits[p.code]),
		At:       epoch.Add(p.first),
		Duration: time.Duration(p.length) * time.Second / time.Duration(p.clock),
	}
}

// Digit is a DTMF digit of the far end.
type Digit struct {
	// Symbol is 0–9, *, #, A–D.
	Symbol rune
	// At is the arrival of its first packet.
	At time.Time
	// Duration is how long it was pressed, by its packets.
	Duration time.Duration
}

package media

import "time"

const (
	// eventReorderTime is how late a packet may come and still be told from one of a later
	// press that bears the same numbers.
	eventReorderTime = 500 * time.Millisecond
	// eventInterval is the longest time between two packets of one press.
	eventInterval = 60 * time.Millisecond
	// eventMaxLoss is the step in sequence numbers over which a press whose timestamp
	// moves is followed: two packets in a row may be lost.
	eventMaxLoss = 3
	// eventNearWrap is the duration from which on the next one may have begun anew.
	eventNearWrap = 0xF000
)

// event is one press of a key as seen on the wire. A sender that keeps to RFC 4733
// gives all its packets one timestamp, that of its beginning, and a new one to the
// next press. Others are known as well: see takes.
type event struct {
	id       uint32 // of the events of one port; 0: none
	ssrc     uint32
	code     uint8
	clock    int         // Hz
	earliest eventReport // its earliest packet
	lo, hi   uint32      // the timestamps of its packets
	seq      uint16      // the highest number of its packets

	// length is for how long the key was down, in samples of the clock, as far as
	// the packets say; the first one to say so arrived at reached. duration is the
	// longest of the packets with the timestamp hi.
	length   uint32
	duration uint16
	reached  time.Duration

	first, last      time.Duration // arrivals
	ended            bool          // an end has come
	reported         bool          // handed on
	segmented        bool          // longer than one duration can say
	constantDuration bool          // its timestamp moves, and its durations do not grow
}

func newEvent(now time.Duration, e eventReport, clock int) event {
	return event{
		ssrc: e.ssrc, code: e.code, clock: clock, earliest: e, lo: e.ts, hi: e.ts, seq: e.seq,
		length: uint32(e.duration), duration: e.duration, reached: now, first: now, last: now, ended: e.end,
	}
}

// hasMovingTimestamp reports whether the packets of the press bear other timestamps than that of
// its beginning.
func (p *event) hasMovingTimestamp() bool { return p.lo != p.hi && !p.segmented }

// includes reports whether e, which has just come, is a packet of p, the latest press,
// rather than one of another press. Four things tell: a key that is down cannot be
// pressed again; after the end come repeats of the end only; what is longer than it
// is old belongs to what was there before; and a marker begins a press.
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
		return !newer || !p.startsAnother(now, e)
	case newer:
		return e.end && !e.marker && !p.ended && e.seq-p.seq <= eventMaxLoss
	}
	before := newEvent(now, e, p.clock) // it was overtaken by what came first of the press
	return !e.end && before.continuesAt(now, p.earliest, true)
}

// startsAnother reports whether e, sent after all that has come of p and with a timestamp
// of it, begins another press: some senders do not move the timestamp on.
func (p *event) startsAnother(now time.Duration, e eventReport) bool {
	if p.isDelayed(e) {
		return false
	}
	silent := now - p.last
	shorter := e.duration < p.duration
	stood := !shorter && uint32(e.duration-p.duration) < p.samples(silent)/2 // it was not held meanwhile
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

// isDelayed reports whether e is what p's sender sends next, however late it comes: it
// has the next numbers and says the next thing. Packets are held up on the way, and a
// sender may stand still.
func (p *event) isDelayed(e eventReport) bool {
	switch {
	case e.marker || e.seq-p.seq > eventMaxLoss:
		return false
	case p.ended:
		return e.end && e.duration == p.duration
	}
	return e.duration > p.duration && e.duration-p.duration <= uint16(p.samples(eventMaxLoss*eventInterval))
}

// plausible reports whether the key was down for no longer than its packets have been
// coming: some senders swap the bytes of the duration.
func (p *event) plausible() bool { return p.length <= p.samples(p.last-p.first+eventTimeout) }

// continuesAt reports whether e, which bears a later timestamp than all packets of p,
// is one more of them: of the next segment of a long press (RFC 4733 §2.5.1.3), or of
// a sender that moves the timestamp with every packet, or with the end.
func (p *event) continuesAt(now time.Duration, e eventReport, newer bool) bool {
	pause := int32(e.ts - p.lo - p.length) // since the key was known to be down
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
	case int64(e.duration)-int64(p.duration) >= int64(ahead)/2: // it is counted from the beginning
		return true
	case e.end:
		return e.ts-p.lo == uint32(e.duration) || p.exceedsElapsed(now, e)
	}
	return ahead < p.samples(eventInterval)
}

// repeatsEnd reports whether e repeats the end of p, which has come, with a timestamp
// that has moved on meanwhile.
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

// isSegment reports whether e is of the segment of p that is under way or of the next.
func (p *event) isSegment(e eventReport) bool {
	ahead := e.ts - p.earliest.ts
	return ahead%maxDuration == 0 && ahead/maxDuration <= p.length/maxDuration+1
}

// exceedsElapsed reports whether a press of its own that e is the end of would have begun
// before e's timestamp: half of its duration is allowed for jitter.
func (p *event) exceedsElapsed(now time.Duration, e eventReport) bool {
	claimed := int64(int32(e.ts+uint32(e.duration)-p.lo-p.length)) - int64(p.samples(now-p.reached))
	return claimed > int64(e.duration)/2
}

// continuesFrom reports whether a packet of another source goes on with the press: the
// far end has changed its SSRC while the key was down.
func (p *event) continuesFrom(now time.Duration, e eventReport) bool {
	return !p.reported && !e.marker && e.duration > p.duration &&
		now-time.Duration(e.duration)*time.Second/time.Duration(p.clock) <= p.last
}

// add notes a packet that takes has found to be of the press.
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

// samples is a time in samples of the clock.
func (p *event) samples(d time.Duration) uint32 {
	return uint32(min(int64(d)*int64(p.clock)/int64(time.Second), int64(1)<<31))
}

// digit is the press in the terms of callers, whose clock started at epoch.
func (p *event) digit(epoch time.Time) Digit {
	return Digit{
		Symbol:   rune(eventDigits[p.code]),
		At:       epoch.Add(p.first),
		Duration: time.Duration(p.length) * time.Second / time.Duration(p.clock),
	}
}

// Digit is a key that the far end pressed.
type Digit struct {
	// Symbol is 0–9, *, #, A–D.
	Symbol rune
	// At is when its first packet arrived.
	At time.Time
	// Duration is how long it was held, as far as the packets say.
	Duration time.Duration
}

package media

import "time"

// eventTimeout is how long after its last packet a press without an end is over. Senders
// repeat packets every 20 to 50 ms.
const eventTimeout = 150 * time.Millisecond

// maxRecentEvents is how many presses are kept, for late packets of them.
const maxRecentEvents = 5

// eventReceiver turns telephone-event packets (RFC 4733) into presses, each reported once,
// with any of their packets lost, duplicated or late.
type eventReceiver struct {
	pressed   bool                   // the latest press is not over
	presses   uint32                 // presses so far
	completed []event                // scratch
	recent    [maxRecentEvents]event // the latest press first
}

// packet reads the payload of a packet whose events have the clock, in Hz. It returns the
// presses that it completes, valid until the next call, and the press of the packet's first
// event, whose id is 0 if that is no digit.
func (r *eventReceiver) packet(now time.Duration, k packet, payload []byte, clock int) (over []event, at event) {
	r.completed = r.completed[:0]
	reports, n := eventReports(k, payload)
	for i, e := range reports[:n] {
		if p := r.report(now, e, clock); i == 0 {
			at = *p
		}
	}
	return r.completed, at
}

// report adds what a packet says of one event, and returns its press.
func (r *eventReceiver) report(now time.Duration, e eventReport, clock int) *event {
	latest := &r.recent[0]
	if p := r.earlierPress(now, e); p != nil {
		return p
	}
	switch {
	case latest.id != 0 && latest.includes(now, e):
		if e.ssrc != latest.ssrc {
			r.changeSource(now, e)
		}
		latest.add(now, e)
	case latest.id != 0 && latest.arrivedBefore(now, e):
		before := newEvent(now, e, clock)
		before.reported = true // it is over
		r.insert(1, before)
		r.completed = append(r.completed, r.recent[1])
		return &r.recent[1]
	default:
		r.complete()
		r.insert(0, newEvent(now, e, clock))
		r.pressed = true
	}
	if e.end {
		r.complete()
	}
	return latest
}

// earlierPress returns the press of a late packet, nil if that is the latest or a new one.
func (r *eventReceiver) earlierPress(now time.Duration, e eventReport) *event {
	latest := &r.recent[0]
	within := e.ssrc == latest.ssrc && int32(e.ts-latest.lo) >= 0 && int32(e.ts-latest.hi) <= 0
	if within && int16(e.seq-latest.seq) > 0 {
		return nil // of a sender that does not move the timestamp
	}
	for i := 1; i < len(r.recent); i++ {
		p := &r.recent[i]
		if p.id == 0 || p.ssrc != e.ssrc || p.code != e.code || now-p.last > eventReorderTime {
			continue
		}
		if int32(e.ts-p.lo) >= 0 && (int32(e.ts-p.hi) <= 0 || int16(e.seq-latest.earliest.seq) < 0 && p.continuesAt(now, e, true)) {
			return p
		}
	}
	return nil
}

// arrivedBefore reports whether e is of an earlier press than p, of which no packet came.
func (p *event) arrivedBefore(now time.Duration, e eventReport) bool {
	return e.ssrc == p.ssrc && now-p.last <= eventReorderTime && int16(e.seq-p.earliest.seq) < 0 && int32(e.ts-p.lo) <= 0
}

// changeSource continues the latest press under another SSRC, and keeps it for late packets.
func (r *eventReceiver) changeSource(now time.Duration, e eventReport) {
	p := r.recent[0]
	copy(r.recent[2:], r.recent[1:len(r.recent)-1])
	r.recent[1] = p
	r.recent[1].reported = true
	next := newEvent(now, e, p.clock)
	next.id, next.first, next.ended = p.id, p.first, false
	r.recent[0] = next
}

// insert adds a press behind so many later ones.
func (r *eventReceiver) insert(later int, p event) {
	copy(r.recent[later+1:], r.recent[later:len(r.recent)-1])
	r.presses++
	p.id = r.presses
	r.recent[later] = p
}

// complete reports the latest press, once.
func (r *eventReceiver) complete() {
	if p, going := r.finish(); going {
		r.completed = append(r.completed, p)
	}
}

// timedOut returns the latest press if its packets have ceased.
func (r *eventReceiver) timedOut(now time.Duration) (event, bool) {
	if !r.pressed || now-r.recent[0].last < eventTimeout {
		return event{}, false
	}
	return r.finish()
}

// finish ends the latest press and returns it; false if it is over.
func (r *eventReceiver) finish() (event, bool) {
	if !r.pressed {
		return event{}, false
	}
	r.pressed, r.recent[0].reported = false, true
	return r.recent[0], true
}

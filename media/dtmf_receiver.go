package media

import "time"

// eventTimeout is how long after its last packet an event whose end was lost
// is taken to be over. A sender repeats packets every 20 to 50 ms.
const eventTimeout = 150 * time.Millisecond

// maxRecentEvents is how many presses are remembered, so that late packets of them are
// not taken for others.
const maxRecentEvents = 5

// eventReceiver turns telephone-event packets (RFC 4733) into keys, each exactly once:
// neither marker nor beginning nor end of a press need arrive, and any packet of it
// may arrive more than once or late.
type eventReceiver struct {
	pressed   bool                   // the latest press is still going on
	presses   uint32                 // presses so far
	completed []event                // scratch
	recent    [maxRecentEvents]event // the latest first
}

// packet takes the payload of a packet that arrived at now, whose events run on the
// clock, in Hz. It returns the presses that are over by it, in order and until the
// next call, and the press that the packet's first event belongs to, whose id is 0 if
// it carries no key.
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

// report takes what a packet says of one event and returns the press it belongs to.
func (r *eventReceiver) report(now time.Duration, e eventReport, clock int) *event {
	latest := &r.recent[0]
	if p := r.earlierPress(now, e); p != nil {
		return p
	}
	switch {
	case latest.id == 0:
		r.push(newEvent(now, e, clock))
	case latest.includes(now, e):
		if e.ssrc != latest.ssrc {
			r.changeSource(now, e)
		}
		latest.add(now, e)
	case latest.arrivedBefore(now, e):
		return r.insert(newEvent(now, e, clock))
	default:
		r.complete()
		r.push(newEvent(now, e, clock))
	}
	if e.end {
		r.complete()
	}
	return latest
}

// earlierPress returns the press before the latest one that a late packet belongs to, nil
// if there is none.
func (r *eventReceiver) earlierPress(now time.Duration, e eventReport) *event {
	latest := &r.recent[0]
	within := e.ssrc == latest.ssrc && int32(e.ts-latest.lo) >= 0 && int32(e.ts-latest.hi) <= 0
	if within && int16(e.seq-latest.seq) > 0 {
		return nil // of a sender whose timestamp does not move on
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

// arrivedBefore reports whether e is of an earlier press than p, of which nothing has come
// before.
func (p *event) arrivedBefore(now time.Duration, e eventReport) bool {
	return e.ssrc == p.ssrc && now-p.last <= eventReorderTime && int16(e.seq-p.earliest.seq) < 0 && int32(e.ts-p.lo) <= 0
}

// changeSource has the latest press go on under another SSRC, and keeps what it was
// for late packets of it.
func (r *eventReceiver) changeSource(now time.Duration, e eventReport) {
	p := r.recent[0]
	copy(r.recent[2:], r.recent[1:len(r.recent)-1])
	r.recent[1] = p
	r.recent[1].reported = true
	next := newEvent(now, e, p.clock)
	next.id, next.first, next.ended = p.id, p.first, false
	r.recent[0] = next
}

// push makes a press the latest.
func (r *eventReceiver) push(p event) {
	copy(r.recent[1:], r.recent[:len(r.recent)-1])
	r.presses++
	p.id = r.presses
	r.recent[0], r.pressed = p, true
}

// insert puts a press behind the latest one; it is over.
func (r *eventReceiver) insert(p event) *event {
	copy(r.recent[2:], r.recent[1:len(r.recent)-1])
	r.presses++
	p.id, p.reported = r.presses, true
	r.recent[1] = p
	r.completed = append(r.completed, p)
	return &r.recent[1]
}

// complete hands the latest press on, once.
func (r *eventReceiver) complete() {
	if p, going := r.finish(); going {
		r.completed = append(r.completed, p)
	}
}

// timedOut returns the press that has had no packet for too long, if there is one.
func (r *eventReceiver) timedOut(now time.Duration) (event, bool) {
	if !r.pressed || now-r.recent[0].last < eventTimeout {
		return event{}, false
	}
	return r.finish()
}

// finish ends the press that is going on and returns it, if there is one.
func (r *eventReceiver) finish() (event, bool) {
	if !r.pressed {
		return event{}, false
	}
	r.pressed, r.recent[0].reported = false, true
	return r.recent[0], true
}

package media

import "time"

// eventSilence is how long after its last packet an event whose end was lost
// is taken to be over. A sender repeats packets every 20 to 50 ms.
const eventSilence = 150 * time.Millisecond

// eventsKept is how many presses are remembered, so that late packets of them are
// not taken for others.
const eventsKept = 5

// events turns telephone-event packets (RFC 4733) into keys, each exactly once:
// neither marker nor beginning nor end of a press need arrive, and any packet of it
// may arrive more than once or late.
type events struct {
	open  bool              // the latest press is still going on
	count uint32            // presses so far
	over  []event           // scratch
	list  [eventsKept]event // the latest first
}

// packet takes the payload of a packet that arrived at now, whose events run on the
// clock, in Hz. It returns the presses that are over by it, in order and until the
// next call, and the press that the packet's first event belongs to, whose id is 0 if
// it carries no key.
func (r *events) packet(now time.Duration, k packet, payload []byte, clock int) (over []event, at event) {
	r.over = r.over[:0]
	reports, n := eventReports(k, payload)
	for i, e := range reports[:n] {
		if p := r.report(now, e, clock); i == 0 {
			at = *p
		}
	}
	return r.over, at
}

// report takes what a packet says of one event and returns the press it belongs to.
func (r *events) report(now time.Duration, e eventReport, clock int) *event {
	latest := &r.list[0]
	if p := r.earlier(now, e); p != nil {
		return p
	}
	switch {
	case latest.id == 0:
		r.push(newEvent(now, e, clock))
	case latest.takes(now, e):
		if e.ssrc != latest.ssrc {
			r.changeSource(now, e)
		}
		latest.add(now, e)
	case latest.overtook(now, e):
		return r.insert(newEvent(now, e, clock))
	default:
		r.end()
		r.push(newEvent(now, e, clock))
	}
	if e.end {
		r.end()
	}
	return latest
}

// earlier returns the press before the latest one that a late packet belongs to, nil
// if there is none.
func (r *events) earlier(now time.Duration, e eventReport) *event {
	latest := &r.list[0]
	within := e.ssrc == latest.ssrc && int32(e.ts-latest.lo) >= 0 && int32(e.ts-latest.hi) <= 0
	if within && int16(e.seq-latest.seq) > 0 {
		return nil // of a sender whose timestamp does not move on
	}
	for i := 1; i < len(r.list); i++ {
		p := &r.list[i]
		if p.id == 0 || p.ssrc != e.ssrc || p.code != e.code || now-p.last > eventLate {
			continue
		}
		if int32(e.ts-p.lo) >= 0 && (int32(e.ts-p.hi) <= 0 || int16(e.seq-latest.begin.seq) < 0 && p.goesOnAt(now, e, true)) {
			return p
		}
	}
	return nil
}

// overtook reports whether e is of an earlier press than p, of which nothing has come
// before.
func (p *event) overtook(now time.Duration, e eventReport) bool {
	return e.ssrc == p.ssrc && now-p.last <= eventLate && int16(e.seq-p.begin.seq) < 0 && int32(e.ts-p.lo) <= 0
}

// changeSource has the latest press go on under another SSRC, and keeps what it was
// for late packets of it.
func (r *events) changeSource(now time.Duration, e eventReport) {
	p := r.list[0]
	copy(r.list[2:], r.list[1:len(r.list)-1])
	r.list[1] = p
	r.list[1].over = true
	next := newEvent(now, e, p.clock)
	next.id, next.first, next.ended = p.id, p.first, false
	r.list[0] = next
}

// push makes a press the latest.
func (r *events) push(p event) {
	copy(r.list[1:], r.list[:len(r.list)-1])
	r.count++
	p.id = r.count
	r.list[0], r.open = p, true
}

// insert puts a press behind the latest one; it is over.
func (r *events) insert(p event) *event {
	copy(r.list[2:], r.list[1:len(r.list)-1])
	r.count++
	p.id, p.over = r.count, true
	r.list[1] = p
	r.over = append(r.over, p)
	return &r.list[1]
}

// end hands the latest press on, once.
func (r *events) end() {
	if p, going := r.last(); going {
		r.over = append(r.over, p)
	}
}

// quiet returns the press that has had no packet for too long, if there is one.
func (r *events) quiet(now time.Duration) (event, bool) {
	if !r.open || now-r.list[0].last < eventSilence {
		return event{}, false
	}
	return r.last()
}

// last ends the press that is going on and returns it, if there is one.
func (r *events) last() (event, bool) {
	if !r.open {
		return event{}, false
	}
	r.open, r.list[0].over = false, true
	return r.list[0], true
}

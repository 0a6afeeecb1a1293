package media

import (
	"encoding/binary"
	"time"
)

// eventKeys are the keys by event code (RFC 4733 §3.2).
const eventKeys = "0123456789*#ABCD"

// eventSilence is how long after its last packet an event whose end was lost
// is taken to be over. A sender repeats packets every 20 to 50 ms.
const eventSilence = 150 * time.Millisecond

// events turns telephone-event packets (RFC 4733) into keys, each exactly once.
// An event is known by source, timestamp and code: neither marker nor end need
// arrive, and any packet of it may arrive more than once or late.
type events struct {
	open    bool // an event is going on
	current event
	past    [4]event // reported, newest first: their repeats are ignored
}

// event is one key press as seen on the wire.
type event struct {
	ssrc, ts uint32
	code     uint8
	duration uint16 // samples
	first    time.Duration
	last     time.Duration
	valid    bool
}

func (e event) same(o event) bool {
	return e.valid && e.ssrc == o.ssrc && e.ts == o.ts && e.code == o.code
}

// packet takes one payload that arrived at now and returns the presses that it
// shows to be over: an earlier one whose end was lost, or its own.
func (r *events) packet(now time.Duration, ssrc, ts uint32, payload []byte) (over [2]event, n int) {
	if len(payload) < 4 || int(payload[0]) >= len(eventKeys) {
		return over, 0
	}
	e := event{
		ssrc: ssrc, ts: ts, code: payload[0], valid: true,
		duration: binary.BigEndian.Uint16(payload[2:]), first: now, last: now,
	}
	for _, p := range r.past {
		if p.same(e) {
			return over, 0
		}
	}
	switch {
	case !r.open:
		r.open, r.current = true, e
	case r.current.same(e):
		r.current.last = now
		r.current.duration = max(r.current.duration, e.duration)
	case r.current.continuedBy(e):
		r.current.ts, r.current.last, r.current.duration = e.ts, now, max(r.current.duration, e.duration)
	case int32(ts-r.current.ts) < 0 && ssrc == r.current.ssrc:
		// An older event, overtaken on the way and never seen before.
		r.remember(e)
		over[n], n = e, n+1
		return over, n
	default:
		over[n], n = r.end(), n+1
		r.open, r.current = true, e
	}
	if payload[1]&0x80 != 0 {
		over[n], n = r.end(), n+1
	}
	return over, n
}

// continuedBy reports whether e is the next segment of a press too long for one
// duration field (RFC 4733 §2.5.1.3).
func (e event) continuedBy(next event) bool {
	return e.ssrc == next.ssrc && e.code == next.code && e.duration == 0xFFFF && next.ts == e.ts+0xFFFF
}

// quiet returns the press that has had no packet for too long, if there is one.
func (r *events) quiet(now time.Duration) (event, bool) {
	if !r.open || now-r.current.last < eventSilence {
		return event{}, false
	}
	return r.end(), true
}

func (r *events) end() event {
	r.open = false
	r.remember(r.current)
	return r.current
}

func (r *events) remember(e event) {
	copy(r.past[1:], r.past[:len(r.past)-1])
	r.past[0] = e
}

// digit is the press in the terms of callers, whose clock started at epoch.
func (e event) digit(epoch time.Time) Digit {
	return Digit{
		Key:      rune(eventKeys[e.code]),
		At:       epoch.Add(e.first),
		Duration: time.Duration(e.duration) * time.Second / sampleRate,
	}
}

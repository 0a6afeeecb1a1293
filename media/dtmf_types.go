package media

import (
	"cmp"
	"slices"

	"ringflow/media/sdp"
)

// maxEventTypes is how many payload types of telephone events a port receives: two of an
// offer and one of its answer, and those of the ones before.
const maxEventTypes = 6

// eventTypes are the payload types of the far end's telephone events with their clocks, the
// latest first. Earlier ones are kept: a number keeps its meaning in a session (RFC 3264
// §8.3.2), and a digit may be pressed while offer and answer change it.
type eventTypes []eventType

type eventType struct {
	payloadType uint8
	clock       int // Hz
}

// addNegotiated puts the payload types of an offer and answer first.
func (t *eventTypes) addNegotiated(n sdp.Negotiated) {
	if n.HasEvents {
		t.promote(n.EventPT, n.EventRate)
	}
	for _, e := range slices.Backward(n.LocalEvents) {
		t.promote(e.PayloadType, e.Rate)
	}
}

// promote makes a payload type the first; its clock is 8 kHz if none is given.
func (t *eventTypes) promote(payloadType uint8, clock int) {
	others := slices.DeleteFunc(*t, func(e eventType) bool { return e.payloadType == payloadType })
	*t = slices.Insert(others, 0, eventType{payloadType, cmp.Or(max(clock, 0), sampleRate)})
	*t = (*t)[:min(len(*t), maxEventTypes)]
}

// clock returns the clock of a payload type's events; 0 if it has none.
func (t eventTypes) clock(payloadType uint8) int {
	for _, e := range t {
		if e.payloadType == payloadType {
			return e.clock
		}
	}
	return 0
}

package media

import "ringflow/media/sdp"

// maxEventTypes is how many payload types of telephone events a port hears: the two
// of an exchange, and those of the one before it.
const maxEventTypes = 4

// eventTypes are the payload types under which a far end may send telephone events,
// each with its clock, those agreed on last first. One that was agreed on before is
// heard on: a number keeps its meaning for as long as the session lasts (RFC 3264
// §8.3.2), and a press may be under way while offer and answer change it.
type eventTypes [maxEventTypes]eventType

// eventType is one of them; not used if its clock is 0.
type eventType struct {
	payloadType uint8
	clock       int // Hz
}

// addNegotiated puts what offer and answer have agreed on before what was known.
func (t *eventTypes) addNegotiated(n sdp.Negotiated) {
	if n.HasEvents {
		t.promote(n.EventPT, n.EventRate)
	}
	if n.LocalEventPT != 0 {
		t.promote(n.LocalEventPT, n.LocalEventRate)
	}
}

// promote makes a payload type the first, with a clock of 8 kHz if none is said.
func (t *eventTypes) promote(payloadType uint8, clock int) {
	if clock <= 0 {
		clock = sampleRate
	}
	next := eventType{payloadType: payloadType, clock: clock}
	for i, old := range t {
		t[i] = next
		if old.clock == 0 || old.payloadType == payloadType {
			return
		}
		next = old
	}
}

// clock returns the clock of a payload type's events, 0 if it carries none.
func (t *eventTypes) clock(payloadType uint8) int {
	for _, known := range t {
		if known.clock != 0 && known.payloadType == payloadType {
			return known.clock
		}
	}
	return 0
}

// filterTypes are the payload types of events for the kernel's filter, noPayloadType where
// there are fewer; one that carries the far end's sound is none of them.
func (t *eventTypes) filterTypes(sound func(payloadType uint8) bool) (list [maxEventTypes]uint8) {
	for i, known := range t {
		if list[i] = known.payloadType; known.clock == 0 || sound(known.payloadType) {
			list[i] = noPayloadType
		}
	}
	return list
}

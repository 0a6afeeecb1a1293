package media

import "ringflow/media/sdp"

// maxEventTypes is how many payload types of telephone events a port receives: two of an
// offer and answer, and those of the one before.
const maxEventTypes = 4

// eventTypes are the payload types of the far end's telephone events with their clocks, the
// latest first. Earlier ones are kept: a number keeps its meaning in a session (RFC 3264
// §8.3.2), and a digit may be pressed while offer and answer change it.
type eventTypes [maxEventTypes]eventType

// eventType is one of them; unused if its clock is 0.
type eventType struct {
	payloadType uint8
	clock       int // Hz
}

// addNegotiated puts the payload types of an offer and answer first.
func (t *eventTypes) addNegotiated(n sdp.Negotiated) {
	if n.HasEvents {
		t.promote(n.EventPT, n.EventRate)
	}
	if n.LocalEventPT != 0 {
		t.promote(n.LocalEventPT, n.LocalEventRate)
	}
}

// promote makes a payload type the first; its clock is 8 kHz if none is given.
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

// clock returns the clock of a payload type's events; 0 if it has none.
func (t *eventTypes) clock(payloadType uint8) int {
	for _, known := range t {
		if known.clock != 0 && known.payloadType == payloadType {
			return known.clock
		}
	}
	return 0
}

// filterTypes are the payload types for the socket filter, padded with noPayloadType; the far
// end's audio is none of them.
func (t *eventTypes) filterTypes(audio func(payloadType uint8) bool) (list [maxEventTypes]uint8) {
	for i, known := range t {
		if list[i] = known.payloadType; known.clock == 0 || audio(known.payloadType) {
			list[i] = noPayloadType
		}
	}
	return list
}

package rtp

import (
	"encoding/binary"
	"strings"
)

// keys are the telephone events 0–15 in order (RFC 4733 §3.2).
const keys = "0123456789*#ABCD"

// Event is the payload of one telephone-event packet. Duration is in
// timestamp units from the start of the key.
type Event struct {
	Key      rune
	End      bool
	Duration uint16
}

// Payload writes the four bytes, at −10 dBm0; a rune that is no key is an
// error of the caller and written as key 0.
func (e Event) Payload() []byte {
	b := make([]byte, 4)
	b[0], b[1] = byte(max(0, strings.IndexRune(keys, e.Key))), 10
	if e.End {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.Duration)
	return b
}

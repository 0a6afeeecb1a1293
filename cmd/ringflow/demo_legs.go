package main

import (
	"bytes"

	"ringflow/sip"
)

// legs knows who the leg of a SIP message is with: by the number that its INVITE
// called, and by its Call-ID from then on.
type legs struct {
	phones map[string]string // name by number
	known  map[string]string // name by Call-ID
}

func newLegs(phones map[string]string) *legs {
	return &legs{phones: phones, known: map[string]string{}}
}

// with names the phone, or ? if no INVITE has named it.
func (l *legs) with(t sip.Trace) string {
	if who, known := l.known[t.CallID]; known {
		return who
	}
	line, _, _ := bytes.Cut(t.Raw, []byte("\r\n"))
	for number, who := range l.phones {
		if t.Method == "INVITE" && bytes.Contains(line, []byte(number)) {
			l.known[t.CallID] = who
			return who
		}
	}
	return "?"
}

package demo

import (
	"bytes"

	"ringflow/sip"
)

// legNames knows who the leg of a SIP message is with: by the number that its INVITE
// called, and by its Call-ID from then on.
type legNames struct {
	phones map[string]string // name by number
	known  map[string]string // name by Call-ID
}

func newLegNames(phones map[string]string) *legNames {
	return &legNames{phones: phones, known: map[string]string{}}
}

// of names the phone, or ? if no INVITE has named it.
func (l *legNames) of(t sip.Trace) string {
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

package demo

import (
	"bytes"
	"cmp"
	"encoding/json"
	"time"

	"ringflow/flowengine/record"
	"ringflow/sip"
)

// printer prints a demo as it runs. Its methods are called one at a time, in the order
// of time.
type printer interface {
	begin(at time.Time) // of the flow
	message(sip.Trace)
	event(record.Event)
	note(at time.Time, text string)
	checks([]Check)
}

// jsonPrinter prints one JSON object a line.
type jsonPrinter struct {
	out  *json.Encoder
	legs legNames
}

func (s *jsonPrinter) begin(time.Time) {}

func (s *jsonPrinter) message(t sip.Trace) {
	s.print(struct {
		At     time.Time `json:"at"`
		SIP    string    `json:"sip"` // sent or received
		Leg    string    `json:"leg"`
		CallID string    `json:"call_id"`
		Method string    `json:"method"`
		Code   int       `json:"code,omitempty"`
		Reason string    `json:"reason,omitempty"`
	}{t.At, map[bool]string{true: "sent", false: "received"}[t.Sent], s.legs.of(t), t.CallID, t.Method, t.Code, t.Reason})
}

func (s *jsonPrinter) event(e record.Event) {
	s.print(struct {
		Event record.Event `json:"event"`
	}{e})
}

func (s *jsonPrinter) note(at time.Time, text string) {
	s.print(struct {
		At   time.Time `json:"at"`
		Note string    `json:"note"`
	}{at, text})
}

func (s *jsonPrinter) checks(checks []Check) {
	s.print(struct {
		Checks []Check `json:"checks"`
		Good   bool    `json:"good"`
	}{checks, allPassed(checks)})
}

func (s *jsonPrinter) print(v any) { _ = s.out.Encode(v) }

// legNames names the phone of the leg that a SIP message is of: by the number in its
// INVITE, and by its Call-ID, the key, from then on.
type legNames map[string]string

// of is the name of the phone, ? if no INVITE had its number.
func (l legNames) of(t sip.Trace) string {
	line, _, _ := bytes.Cut(t.Raw, []byte("\r\n"))
	for number, name := range partyNames {
		if l[t.CallID] == "" && t.Method == "INVITE" && bytes.Contains(line, []byte(number)) {
			l[t.CallID] = name
		}
	}
	return cmp.Or(l[t.CallID], "?")
}

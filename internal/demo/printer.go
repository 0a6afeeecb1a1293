package demo

import (
	"encoding/json"
	"time"

	"ringflow/flowengine/record"
	"ringflow/sip"
)

// printer tells people, or a program, what happens. Its methods are called one at a
// time, in the order in which things happened.
type printer interface {
	begin(at time.Time) // the flow is started now
	message(sip.Trace)
	event(record.Event)
	note(at time.Time, text string)
	checks([]Check)
}

// jsonPrinter prints one JSON object a line.
type jsonPrinter struct {
	out  *json.Encoder
	legs *legNames
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

package main

import (
	"encoding/json"
	"time"

	"ringflow/flowengine"
	"ringflow/sip"
)

// show tells people, or a program, what happens. Its methods are called one at a
// time, in the order in which things happened.
type show interface {
	begin(at time.Time) // the flow is started now
	message(sip.Trace)
	event(flowengine.Event)
	note(at time.Time, text string)
	verdict([]check)
}

// jsonShow prints one JSON object a line.
type jsonShow struct {
	out  *json.Encoder
	legs *legs
}

func (s *jsonShow) begin(time.Time) {}

func (s *jsonShow) message(t sip.Trace) {
	s.print(struct {
		At     time.Time `json:"at"`
		SIP    string    `json:"sip"` // sent or received
		Leg    string    `json:"leg"`
		CallID string    `json:"call_id"`
		Method string    `json:"method"`
		Code   int       `json:"code,omitempty"`
		Reason string    `json:"reason,omitempty"`
	}{t.At, map[bool]string{true: "sent", false: "received"}[t.Sent], s.legs.with(t), t.CallID, t.Method, t.Code, t.Reason})
}

func (s *jsonShow) event(e flowengine.Event) {
	s.print(struct {
		Event flowengine.Event `json:"event"`
	}{e})
}

func (s *jsonShow) note(at time.Time, text string) {
	s.print(struct {
		At   time.Time `json:"at"`
		Note string    `json:"note"`
	}{at, text})
}

func (s *jsonShow) verdict(checks []check) {
	s.print(struct {
		Checks []check `json:"checks"`
		Good   bool    `json:"good"`
	}{checks, allGood(checks)})
}

func (s *jsonShow) print(v any) { _ = s.out.Encode(v) }

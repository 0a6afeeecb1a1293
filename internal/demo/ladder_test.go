package demo

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/sip"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestLadderGolden draws a call with everything that can stand in one.
func TestLadderGolden(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	after := func(ms float64) time.Time { return start.Add(time.Duration(ms * float64(time.Millisecond))) }
	invite := func(callID, to string) sip.Trace {
		return sip.Trace{
			Sent: true, CallID: callID, Method: "INVITE",
			Raw: []byte("INVITE sip:" + to + "@127.0.0.1:5070 SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"),
		}
	}
	message := func(ms float64, m sip.Trace) func(printer) {
		m.At = after(ms)
		return func(s printer) { s.message(m) }
	}
	event := func(ms float64, e record.Event) func(printer) {
		e.At = after(ms)
		return func(s printer) { s.event(e) }
	}
	contact := func(e record.LegEvent) *record.LegEvent {
		e.ID, e.Party = "leg-1", "contact"
		return &e
	}
	happens := []func(printer){
		func(s printer) { s.note(after(-5), "the server listens") },
		func(s printer) { s.begin(start) },
		event(0.4, record.Event{Kind: record.ExecutionAccepted}),
		event(0.9, record.Event{Kind: record.VariableSet, Variables: map[string]string{"contact_2": agentNumber, "contact_1": customerNumber}}),
		event(1.1, record.Event{Kind: record.StepEntered, Step: stepCall, Component: "make_outbound_call"}),
		event(1.3, record.Event{Kind: record.LegDialling, Leg: contact(record.LegEvent{From: accountNumber, To: customerNumber})}),
		message(1.52, invite("one", customerNumber)),
		message(2.08, sip.Trace{CallID: "one", Method: "INVITE", Code: 180, Reason: "Ringing"}),
		message(2.2, sip.Trace{CallID: "one", Method: "INVITE", Code: 183, Reason: "Session Progress", Raw: []byte("Content-Type: application/sdp")}),
		event(2.4, record.Event{Kind: record.LegEarlyMedia, Leg: contact(record.LegEvent{})}),
		message(902.5, sip.Trace{CallID: "one", Method: "INVITE", Code: 486, Reason: "Busy Here"}),
		message(902.6, sip.Trace{Sent: true, CallID: "one", Method: "ACK"}),
		event(902.8, record.Event{
			Kind: record.LegEnded, Leg: contact(record.LegEvent{EndedBy: "contact"}),
			SIP: &record.SIPResult{Code: 486, Reason: "Busy Here"},
		}),
		event(903, record.Event{Kind: record.StepLeft, Step: stepCall, Exit: flowfile.ExitBusy, SIP: &record.SIPResult{Code: 486, Reason: "Busy Here"}}),
		message(1000, sip.Trace{Sent: true, CallID: "nobody's", Method: "OPTIONS"}),
		message(1001, sip.Trace{CallID: "nobody's", Method: "OPTIONS", Code: 200, Reason: "A reason phrase that is far too long for the ladder"}),
		event(12345.678, record.Event{Kind: record.ExecutionEnded, Status: record.StatusFailed, Error: "no port is free"}),
		func(s printer) { s.note(after(12400), "customer.wav") },
		func(s printer) { s.checks([]Check{{true, "it is so", "so"}, {false, "it is otherwise", "so"}}) },
	}
	for _, paint := range []colours{false, true} {
		var out bytes.Buffer
		l := &ladderPrinter{w: &out, legs: legNames{}, colours: paint}
		for _, happen := range happens {
			happen(l)
		}
		golden := map[colours]string{false: "testdata/golden/ladder.txt", true: "testdata/golden/ladder_colours.txt"}[paint]
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s is drawn otherwise (-update rewrites it):\n%s", golden, out.Bytes())
		}
	}
}

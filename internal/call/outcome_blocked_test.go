package call_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/internal/sim"
	"ringflow/sip"
)

// with is a refusal with header fields, before anything has rung.
func with(code int, phrase string, fields ...string) sim.Behaviour {
	b := sim.Refuses(code, phrase)
	b.NoRinging = true
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		b.Final.Headers = append(b.Final.Headers, sip.Header{Name: name, Value: value})
	}
	return b
}

// A call that the network blocked leaves by the exit of the table, and is told from
// a person's refusal in the outcome, the journal, the trunk's state and its counters.
func TestBlockedByTheNetwork(t *testing.T) {
	t.Parallel()
	const plus = `Reason: SIP;cause=603;text="v=analytics1;url=https://example.com;tel=+12025550199";location=RLN`
	const text = "v=analytics1;url=https://example.com;tel=+12025550199"
	for _, c := range []struct {
		name   string
		phone  sim.Behaviour
		exits  map[int]flowfile.Exit // of the trunk
		exit   flowfile.Exit
		by     record.EndedBy
		want   record.SIPResult // what of the answer explains
		detail string
	}{
		{"603+", with(603, "Network Blocked", plus), nil, "busy", "network",
			record.SIPResult{Code: 603, Reason: "Network Blocked", ReasonText: text, Location: "RLN"}, "the network blocked the call"},
		{"603+ whose phrase was replaced", with(603, "Decline", plus), nil, "busy", "network",
			record.SIPResult{Code: 603, Reason: "Decline", ReasonText: text, Location: "RLN"}, "the network blocked the call"},
		{"603+ whose Reason was replaced", with(603, "Network Blocked", `Reason: Q.850;cause=17;text="User busy"`), nil, "busy", "network",
			record.SIPResult{Code: 603, Reason: "Network Blocked", Cause: 17, ReasonText: "User busy"}, "the network blocked the call"},
		{"607", with(607, "Unwanted"), nil, "busy", "network", record.SIPResult{Code: 607, Reason: "Unwanted"}, "the network blocked the call"},
		{"608", with(608, "Rejected", "Call-Info: <https://example.com/card>;purpose=jwscard"), nil, "busy", "network",
			record.SIPResult{Code: 608, Reason: "Rejected", CallInfo: "https://example.com/card"}, "the network blocked the call"},
		{"608 with a cause that is about the number", with(608, "Rejected", "Reason: Q.850;cause=1"), nil, "invalid_number", "network",
			record.SIPResult{Code: 608, Reason: "Rejected", Cause: 1}, "the network blocked the call"},
		{"a block that a gateway made a failure of", with(503, "Service Unavailable", plus), nil, "error", "network",
			record.SIPResult{Code: 503, Reason: "Service Unavailable", ReasonText: text, Location: "RLN"}, "the network blocked the call; Reason: " + text},
		{"a trunk that has another code for it", with(480, "Call Screened"), map[int]flowfile.Exit{480: "blocked"}, "busy", "network",
			record.SIPResult{Code: 480, Reason: "Call Screened"}, "the network blocked the call"},
		{"a trunk that reads 603 as a failure", with(603, "Network Blocked", plus), map[int]flowfile.Exit{603: "error"}, "error", "network",
			record.SIPResult{Code: 603, Reason: "Network Blocked", ReasonText: text, Location: "RLN"}, "the network blocked the call; Reason: " + text},
		{"a trunk that reads 608 in its own way", with(608, "Rejected"), map[int]flowfile.Exit{608: "no_answer"}, "no_answer", "network",
			record.SIPResult{Code: 608, Reason: "Rejected"}, "the network blocked the call"},

		{"a person declines", with(603, "Decline", `Reason: SIP;cause=603;text="Declined by the user"`), nil, "busy", "contact",
			record.SIPResult{Code: 603, Reason: "Decline", ReasonText: "Declined by the user"}, ""},
		{"a cause of 21", with(480, "Gone", `Reason: Q.850;cause=21;text="Call rejected"`), nil, "busy", "contact",
			record.SIPResult{Code: 480, Reason: "Gone", Cause: 21, ReasonText: "Call rejected"}, ""},
		{"a failure that warns", with(488, "Not Acceptable Here", `Warning: 304 sbc "Media type not available"`), nil, "error", "trunk",
			record.SIPResult{Code: 488, Reason: "Not Acceptable Here", Warning: "304 sbc: Media type not available"}, "Warning: 304 sbc: Media type not available"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, map[string]sim.Behaviour{customer: c.phone})
			w.trunk.Exits = c.exits
			_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
			c.want.Trunk = "carrier"
			step := c.want
			step.EndedBy = c.by
			if err != nil || out.Exit != c.exit || !reflect.DeepEqual(out.SIP, step) || out.Detail != c.detail {
				t.Errorf("%+v, %v\nwant exit %s, %+v and %q", out, err, c.exit, step, c.detail)
			}
			if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != c.by || !reflect.DeepEqual(*e.SIP, c.want) {
				t.Errorf("the journal says %+v %+v", e.Leg, e.SIP)
			}
			if last := w.sw.Trunks("acme")[0].Last; last.Exit != c.exit || last.EndedBy != c.by || last.Explanation != c.want.Explanation() {
				t.Errorf("the trunk's state is %+v", last)
			}
			attempt := call.Attempt{Trunk: "carrier", Party: record.PartyContact, Exit: c.exit}
			if c.by == record.EndedByNetwork {
				attempt.Blocked = c.want.Code
			}
			if got := w.sw.Attempts(); !maps.Equal(got, map[call.Attempt]uint64{attempt: 1}) {
				t.Errorf("counted %v", got)
			}
		})
	}
}

// What a failed call's answer says about why stands before what carriers may mean by it.
func TestRefusalSaysWhyFirst(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: with(403, "Forbidden", `Warning: 399 sbc "Source IP not in allowlist"`)})
	_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || out.Exit != flowfile.ExitError || !strings.HasPrefix(out.Detail, "Warning: 399 sbc: Source IP not in allowlist; trunk carrier at ") {
		t.Errorf("%+v, %v", out, err)
	}
}

// An agent whom the network keeps the call from is not busy either.
func TestBlockedAgent(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Blocked()})
	contact := w.dial(customer)
	defer contact.HangUp()
	out, err := contact.Connect(t.Context(), flowengine.ConnectRequest{To: agent, Ring: 2 * time.Second, Journal: w.journal})
	if err != nil || out.Exit != flowfile.ExitBusy || out.SIP.EndedBy != record.EndedByNetwork || !strings.Contains(out.SIP.ReasonText, "v=analytics1;url=") {
		t.Errorf("%+v, %v", out, err)
	}
	if e := w.journal.last(record.LegEnded, record.PartyAgent); e.Leg.EndedBy != record.EndedByNetwork {
		t.Errorf("the journal says %+v", e.Leg)
	}
}

// What a BYE says about why stands with the leg that it ended.
func TestReasonOfAByeIsKept(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.HangsUp(0)})
	contact := w.dial(customer)
	<-contact.Done()
	e := w.journal.last(record.LegEnded, record.PartyContact)
	if e.Leg.EndedBy != "contact" || e.SIP.Cause != 16 || e.SIP.ReasonText != "Normal call clearing" || e.SIP.EndedBy != "" {
		t.Errorf("%+v %+v", e.Leg, e.SIP)
	}
}

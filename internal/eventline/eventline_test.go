package eventline

import (
	"testing"

	"ringflow/flowengine/record"
)

// What an error repeats of the detail stands once in the line.
func TestEventLineSaysThingsOnce(t *testing.T) {
	for _, c := range []struct{ detail, err, want string }{
		{"trunk x sent no reply at all", "the call failed: trunk x sent no reply at all", "step left ask – the call failed: trunk x sent no reply at all"},
		{"the same", "the same", "step left ask – the same"},
		{"one thing", "another", "step left ask – one thing – another"},
		{"one thing", "", "step left ask – one thing"},
		{"", "another", "step left ask – another"},
	} {
		e := record.Event{Kind: record.StepLeft, Step: "ask", Detail: c.detail, Error: c.err}
		if got := Text(e, func(party string) string { return party }); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// What a refusal says about why stands in the line; what ended a call that stood
// was normal.
func TestEventLineSaysWhy(t *testing.T) {
	sip := &record.SIPResult{Code: 603, Reason: "Network Blocked", ReasonText: "v=analytics1;tel=+12025550199", CallInfo: "https://example.com/card"}
	stood := &record.SIPResult{Code: 200, Reason: "OK", Cause: 16, ReasonText: "Normal call clearing"}
	leg := record.LegEvent{Party: "contact", EndedBy: "network"}
	for want, e := range map[string]record.Event{
		"leg ended contact by network [603 Network Blocked] (Reason: v=analytics1;tel=+12025550199 | Call-Info: https://example.com/card)": {Kind: record.LegEnded, Leg: &leg, SIP: sip},
		"leg ended contact by network [200 OK]": {Kind: record.LegEnded, Leg: &leg, SIP: stood},
	} {
		if got := Text(e, func(party string) string { return party }); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What the last step said of its failure is not said again when the execution ends.
func TestEventLinesSayThingsOnce(t *testing.T) {
	const why = "the call failed: nobody is there"
	for _, c := range []struct{ step, detail, err, want string }{
		{why, "", "step call: " + why, "execution ended failed – step call"},
		{why, "nobody is there", "step call: " + why, "execution ended failed – step call"},
		{"cancelled", "", "cancelled", "execution ended failed – cancelled"},
		{"", "", "too bad", "execution ended failed – too bad"},
		{"another thing", "one thing", "step call: " + why, "execution ended failed – one thing – step call: " + why},
	} {
		l := Lines{Name: func(party string) string { return party }}
		l.Line(record.Event{Kind: record.StepLeft, Step: "call", Error: c.step})
		if got := l.Line(record.Event{Kind: record.ExecutionEnded, Status: "failed", Detail: c.detail, Error: c.err}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

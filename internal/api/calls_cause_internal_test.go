package api

import (
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// What became of a leg is said in words for each way in which one ends.
func TestCauseOf(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	event := func(seconds int, r *record.SIPResult) *record.Event {
		return &record.Event{At: now.Add(time.Duration(seconds-60) * time.Second), SIP: r}
	}
	ended := func(seconds int, r record.SIPResult, why string) *record.Event {
		e := event(seconds, &r)
		e.Error = why
		return e
	}
	detailed := func(seconds int, why string) *record.Event {
		e := event(seconds, &record.SIPResult{})
		e.Detail = why
		return e
	}
	interrupted := func(seconds int, why string) *record.Event { // has no result
		e := event(seconds, nil)
		e.Error = why
		return e
	}
	dialled := event(0, nil)
	by := func(by record.EndedBy) record.LegEvent { return record.LegEvent{EndedBy: by} }
	for want, c := range map[string]struct {
		leg  record.Leg
		step record.Step
	}{
		"nothing rings yet; the INVITE left 60.0 s ago": {leg: record.Leg{Dialled: dialled}},
		"the phone rings since 50.0 s":                  {leg: record.Leg{Dialled: dialled, FirstRinging: event(10, nil)}},
		"the call is up since 40.0 s; nothing was heard of the far end: no RTP packet has come": {
			leg: record.Leg{Dialled: dialled, Answered: event(20, nil), Unheard: &record.Event{Detail: "no RTP packet has come"}}},
		"answered and talked for 10.0 s; the agent hung up": {
			leg: record.Leg{LegEvent: by("agent"), Dialled: dialled, Answered: event(20, nil), Ended: ended(30, record.SIPResult{Code: 200, Cause: 16}, "")}},
		"answered and talked for 10.0 s; the trunk ended it; Q.850 cause 38 (network out of order)": {
			leg: record.Leg{LegEvent: by("trunk"), Dialled: dialled, Answered: event(20, nil), Ended: ended(30, record.SIPResult{Code: 200, Cause: 38}, "")}},
		"answered and talked for 10.0 s; it was ended by a fault; the codec is gone": {
			leg: record.Leg{LegEvent: by("fault"), Dialled: dialled, Answered: event(20, nil), Ended: ended(30, record.SIPResult{Code: 200}, "the codec is gone")}},
		"the server ended without notice (it was killed or crashed) while the phone rang; how the call ended at the far end is not known": {
			leg:  record.Leg{LegEvent: by("fault"), Dialled: dialled, FirstRinging: event(10, nil), SIP: &record.SIPResult{Code: 180, Reason: "Ringing"}, Ended: interrupted(10, "restart")},
			step: record.Step{Exit: "error", Error: "restart"}},
		"the server ended without notice (it was killed or crashed) before any ringing was recorded; how the call ended at the far end is not known": {
			leg:  record.Leg{LegEvent: by("fault"), Dialled: dialled, Ended: interrupted(0, "restart")},
			step: record.Step{Exit: "error", Error: "restart"}},
		"answered and talked for at least 6.0 s; the server ended without notice (it was killed or crashed) while the call was up; how the call ended at the far end is not known": {
			leg:  record.Leg{LegEvent: by("fault"), Dialled: dialled, FirstRinging: event(10, nil), Answered: event(20, nil), Ended: interrupted(26, "restart")},
			step: record.Step{Exit: "error", Error: "restart"}},
		"the backup that was restored was made while the phone rang; how the call ended at the far end is not known": {
			leg: record.Leg{LegEvent: by("fault"), Dialled: dialled, FirstRinging: event(10, nil), Ended: interrupted(10, "restored")}},
		"the answer was 500 Server Error: the trunk refused the call; restart": {
			leg: record.Leg{LegEvent: by("trunk"), Dialled: dialled, Ended: ended(1, record.SIPResult{Code: 500, Reason: "Server Error"}, "restart")}},
		"nobody answered within the ring limit":        {leg: record.Leg{LegEvent: by("ring_limit"), Dialled: dialled, Ended: ended(30, record.SIPResult{Code: 487}, "")}, step: record.Step{Exit: "no_answer"}},
		"the flow cancelled it before it was answered": {leg: record.Leg{LegEvent: by("flow"), Dialled: dialled, Ended: ended(30, record.SIPResult{Code: 487}, "")}},
		"hung up over the API before anything rang": {
			leg: record.Leg{LegEvent: by("api"), Dialled: dialled, Ended: detailed(30, "hung up over the API")}},
		"the execution was cancelled over the API while the phone rang": {
			leg:  record.Leg{LegEvent: by("api"), Dialled: dialled, FirstRinging: event(10, nil), Ended: detailed(13, "the execution was cancelled over the API")},
			step: record.Step{Exit: "error", Detail: "cancelled from outside"}},
		"answered and talked for 3.0 s; the execution was cancelled over the API": {
			leg: record.Leg{LegEvent: by("api"), Dialled: dialled, Answered: event(10, nil), Ended: detailed(13, "the execution was cancelled over the API")}},
		"answered and talked for 3.0 s; the server was shut down": {
			leg: record.Leg{LegEvent: by("shutdown"), Dialled: dialled, Answered: event(10, nil), Ended: detailed(13, "the server was shut down")}},
		"it was hung up over the API before it was answered":                                          {leg: record.Leg{LegEvent: by("api"), Dialled: dialled, Ended: ended(30, record.SIPResult{}, "")}},
		"the answer was 603 Network Blocked: the network blocked the call; Reason: v=1":               {leg: record.Leg{LegEvent: by("network"), Dialled: dialled, Ended: ended(1, record.SIPResult{Code: 603, Reason: "Network Blocked", ReasonText: "v=1"}, "")}, step: record.Step{Exit: "busy"}},
		"the answer was 404 Not Found: the number does not exist or cannot be called":                 {leg: record.Leg{LegEvent: by("trunk"), Dialled: dialled, Ended: ended(1, record.SIPResult{Code: 404, Reason: "Not Found"}, "")}, step: record.Step{Exit: "invalid_number"}},
		"trunk carrier at 192.0.2.1:5060 sent no reply at all in 25 s":                                {leg: record.Leg{LegEvent: by("trunk"), Dialled: dialled, Ended: ended(25, record.SIPResult{}, "")}, step: record.Step{Exit: "error", Detail: "trunk carrier at 192.0.2.1:5060 sent no reply at all in 25 s"}},
		"the answer was 500 Server Error: the trunk refused the call; Q.850 cause 99":                 {leg: record.Leg{LegEvent: by("trunk"), Dialled: dialled, Ended: ended(1, record.SIPResult{Code: 500, Reason: "Server Error", Cause: 99}, "")}, step: record.Step{Exit: "error"}},
		"the answer was 480 Away: the party did not answer; Q.850 cause 19 (no answer from the user)": {leg: record.Leg{LegEvent: by("contact"), Dialled: dialled, Ended: ended(1, record.SIPResult{Code: 480, Reason: "Away", Cause: 19}, "")}, step: record.Step{Exit: "no_answer"}},
	} {
		if got := causeOf(&c.leg, c.step, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

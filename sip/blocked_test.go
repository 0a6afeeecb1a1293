package sip

import "testing"

func TestBlocked(t *testing.T) {
	const v = `text="v=analytics1;url=https://example.com/redress"`
	for _, c := range []struct {
		status  string
		fields  []string
		blocked bool
	}{
		{"607 Unwanted", nil, true},
		{"608 Rejected", []string{"Call-Info: <https://example.com/c>;purpose=jwscard"}, true},
		{"603 Network Blocked", []string{"Reason: SIP;cause=603;" + v + ";location=TN"}, true},
		{"603 Network Blocked", []string{"Reason: Q.850;cause=21;" + v + ";location=LN"}, true},
		// What switches on the way leave of it.
		{"603 Network Blocked", nil, true},
		{"603  NETWORK   blocked", nil, true},
		{"603 Network Blocked D52", []string{"Reason: SIP;cause=603", "Reason: Q.850;cause=17"}, true},
		{"603 Network Blocked", []string{`Reason: Q.850;cause=21;text="CALL_REJECTED"`}, true},
		{"603 Decline", []string{"Reason: SIP;cause=603;" + v}, true},
		{"603 ", []string{"reason: q.850 ; cause=17, sip ;text=\"url=https://example.com; V = Analytics2\";cause=603"}, true},
		{"603 Decline", []string{"Reason: SIP;cause=603;text=v=analytics1;url=https://example.com"}, true},
		{"603 Decline", []string{`Reason: SIP;cause=603;text="Network Blocked"`}, true},
		{"603 Decline", []string{"X-Twilio-Error: 32203 Call blocked"}, true},
		{"480 Temporarily Unavailable", []string{"Reason: SIP;cause=603;" + v}, true},
		{"503 Service Unavailable", []string{"Reason: SIP;cause=608"}, true},
		{"480 Temporarily Unavailable", []string{`Reason: SIP;cause=607;text="Unwanted"`}, true},
		// A person's refusal, or something else.
		{"603 Decline", nil, false},
		{"603 Declined", []string{`Reason: SIP;cause=603;text="Decline"`}, false},
		{"603 Decline", []string{`Reason: SIP;cause=603;text="Declined by the user"`, `Reason: Q.850;cause=21;text="CALL_REJECTED"`}, false},
		{"603 Decline", []string{`Reason: SIP;cause=603;text="v=1;url=https://example.com/analytics1"`}, false},
		{"603 Decline", []string{"Reason: Q.850;cause=17;" + v, "Reason: SIP;cause=200;" + v, "Reason: FOO;cause=603;" + v, "Reason: Q.850;cause=607"}, false},
		{"603 Decline", []string{"X-Twilio-Error: 10001 Account is not active", `Warning: 399 h "32203"`}, false},
		{"603 Decline", []string{"X-Twilio-Error: 322031"}, false},
		{"486 Network Blocked", []string{"X-Twilio-Error: 32203"}, false}, // of a 603 alone
		{"600 Busy Everywhere", nil, false},
		{"404 Not Found", []string{`Reason: Q.850;cause=1;text="v=analytics1"`}, false},
	} {
		res := refusal(t, c.status, c.fields...)
		o := Outcome{By: EndedRemote, Code: res.StatusCode, Reason: phraseOf(res), Explanation: explanationOf(res)}
		if o.Blocked() != c.blocked {
			t.Errorf("%s %q: blocked %v", c.status, c.fields, o.Blocked())
		}
		for _, other := range []Outcome{{By: EndedLocal, Code: 608}, {By: EndedRingLimit, Code: 608}, {By: EndedRemote, Answered: true, Code: 608}} {
			if other.Blocked() {
				t.Errorf("%+v is blocked", other)
			}
		}
	}
}

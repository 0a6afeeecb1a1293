package sip

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// refusal is a response with these header fields, as it comes from the wire.
func refusal(t testing.TB, status string, fields ...string) *sipmsg.Response {
	t.Helper()
	raw := "SIP/2.0 " + status + "\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n" +
		"Call-ID: x\r\nCSeq: 1 INVITE\r\n" + strings.Join(append(fields, ""), "\r\n") + "Content-Length: 0\r\n\r\n"
	m, err := sipmsg.ParseMessage([]byte(raw))
	if err != nil {
		t.Fatalf("%v in %.200q", err, raw)
	}
	return m.(*sipmsg.Response)
}

func TestExplanation(t *testing.T) {
	for _, c := range []struct {
		fields         []string
		text, location string
		warnings       []string
		callInfo       string
	}{
		{fields: nil},
		{fields: []string{`Reason: Q.850;cause=21`, `REASON: SIP ;cause=603;text="v=analytics1;email=a@example.com";location=RLN`},
			text: "v=analytics1;email=a@example.com", location: "RLN"},
		{fields: []string{`reason: Q.850;cause=17;text="User busy";location=U, SIP;cause=486;text="Do not disturb"`, `Reason: X;text="User busy"`},
			text: "User busy | Do not disturb", location: "U"},
		{fields: []string{`Warning: 399 sbc.example.com:5060 "Source IP \"192.0.2.1\" not in allowlist, see portal"`},
			warnings: []string{`399 sbc.example.com:5060: Source IP "192.0.2.1" not in allowlist, see portal`}},
		{fields: []string{`Warning: 307 isi.edu "Session parameter 'foo' not understood", 301 isi.edu "Incompatible"`, `warning: 301 isi.edu "Incompatible"`},
			warnings: []string{"307 isi.edu: Session parameter 'foo' not understood", "301 isi.edu: Incompatible"}},
		{fields: []string{"Warning: 399 \"no agent\", gibberish\x07"}, warnings: []string{`399 "no agent"`, "gibberish"}},
		{fields: []string{`X-Twilio-Error: 32203 Call blocked`}, warnings: []string{"X-Twilio-Error: 32203 Call blocked"}},
		{fields: []string{`Call-Info: <https://block.example.net/complaint.json>;purpose=jwscard`}, callInfo: "https://block.example.net/complaint.json"},
		{fields: []string{`call-info: <http://example.com/a.png> ; purpose = icon , <https://example.com/x,y;z> ;a="<,>;purpose=jwscard"; PURPOSE="JWSCARD"`,
			`Call-Info: <https://example.com/second>;purpose=jwscard`}, callInfo: "https://example.com/x,y;z"},
		{fields: []string{`Call-Info: <https://example.com/info>;purpose=info`, `Call-Info: <https://example.com/card>;purpose=card`}, callInfo: "https://example.com/card"},
		{fields: []string{`Call-Info: <https://example.com/redress>`}, callInfo: "https://example.com/redress"},
		{fields: []string{`Call-Info: <http://example.com/a.png>;purpose=icon`}},
		{fields: []string{`Call-Info: https://example.com/;purpose=jwscard`, `Call-Info: <https://example.com/`}},
	} {
		e := explanationOf(refusal(t, "608 Rejected", c.fields...))
		if e.Text() != c.text || e.Location() != c.location || !reflect.DeepEqual(e.Warnings, c.warnings) || e.CallInfo != c.callInfo {
			t.Errorf("%q\n got %+v, text %q, location %q", c.fields, e, e.Text(), e.Location())
		}
	}
}

// Whatever the far end writes, what is kept of it is bounded and printable.
func TestExplanationIsBounded(t *testing.T) {
	var fields []string
	for i := range 9 {
		flood := strings.Repeat("\x1b[2Jé", 200) + fmt.Sprint(i)
		fields = append(fields, `Reason: SIP;cause=603;text="`+flood+`";location=`+flood, `Warning: 399 h "`+flood+`"`,
			`Call-Info: <https://example.com/`+flood+`>;purpose=jwscard`, `X-Twilio-Error: `+flood)
	}
	res := refusal(t, "603 "+strings.Repeat("No\x1b[2J ", 1000), fields...)
	e := explanationOf(res)
	if len(e.Reasons) != maxReasons || len(e.Warnings) > maxWarnings+1 {
		t.Errorf("%d reasons, %d warnings", len(e.Reasons), len(e.Warnings))
	}
	checkPrintable(t, e.Text(), 2*maxText)
	checkPrintable(t, e.Location(), 20)
	checkPrintable(t, e.Warning(), 2*maxText)
	checkPrintable(t, e.CallInfo, maxText)
	checkPrintable(t, readResponse(res, hop{}, time.Time{}).phrase, maxText)
	for _, w := range e.Warnings {
		checkPrintable(t, w, maxText+len(twilioError)+2)
	}
}

func FuzzExplanation(f *testing.F) {
	f.Add(`399 sbc.example.com "not in \"list\""`, `<https://example.com/a>;purpose=jwscard, <https://example.com/b>`)
	f.Add(`399 a "b`, `<>;purpose="`)
	f.Fuzz(func(t *testing.T, warnings, callInfo string) {
		res := sipmsg.NewResponse(608, "Rejected")
		res.AppendHeader(sipmsg.NewHeader("Warning", warnings))
		res.AppendHeader(sipmsg.NewHeader("Call-Info", callInfo))
		e := explanationOf(res)
		for _, s := range append(e.Warnings, e.CallInfo) {
			checkPrintable(t, s, maxText)
		}
	})
}

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
		// What switches on the way keep of it.
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
		o := Outcome{By: EndedRemote, Code: res.StatusCode, Reason: readResponse(res, hop{}, time.Time{}).phrase, Explanation: explanationOf(res)}
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

package sip_test

import (
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// What a response says about STIR/SHAKEN is in the outcome, and no header field stops its
// being read, however long it is, and whoever knows it.
func TestVerstat(t *testing.T) {
	const passed = "P-Asserted-Identity: TN-Validation-Passed"
	for name, c := range map[string]struct {
		fields []string
		want   string
	}{
		"none":                   {[]string{"P-Asserted-Identity: <sip:+12025550143@example.com>", "X-Plivo-Stir-Verification:  "}, ""},
		"of a SIP URI":           {[]string{"P-Asserted-Identity: <sip:+12025550143@example.com;verstat=TN-Validation-Passed;user=phone>"}, passed},
		"of the user part":       {[]string{"P-Asserted-Identity: \"Bo\" <sip:+12025550143;verstat=TN-Validation-Passed@example.com;user=phone>"}, passed},
		"of a tel URI":           {[]string{"P-Asserted-Identity: <tel:+12025550143;VERSTAT=TN-Validation-Failed>"}, "P-Asserted-Identity: TN-Validation-Failed"},
		"of the second of two":   {[]string{"P-Asserted-Identity: <sip:a@example.com>", "P-Asserted-Identity: <tel:+12025550143;verstat=TN-Validation-Passed>"}, passed},
		"a carrier's":            {[]string{"X-Plivo-Stir-Verification: Verified"}, "X-Plivo-Stir-Verification: Verified"},
		"both":                   {[]string{"X-Twilio-VerStat: TN-Validation-Passed-A", "P-Asserted-Identity: <tel:+1;verstat=TN-Validation-Passed>"}, passed + " | X-Twilio-VerStat: TN-Validation-Passed-A"},
		"a very long one":        {[]string{"X-Plivo-Stir-Verification: " + strings.Repeat("a", 30000)}, "X-Plivo-Stir-Verification: " + strings.Repeat("a", 473) + "…"},
		"unknown and very long":  {[]string{"X-" + strings.Repeat("n", 2000) + ": 1", "X-Long: " + strings.Repeat("v", 20000), "Identity: " + strings.Repeat("e", 8000) + ";info=<https://example.com/c.pem>;alg=ES256;ppt=shaken", "Attestation-Info: A", "Origination-Id: 7", "P-Asserted-Identity: <tel:+1;verstat=TN-Validation-Passed>"}, passed},
		"no value of the syntax": {[]string{"P-Asserted-Identity: <tel:+1;verstat=>", "P-Asserted-Identity: ;verstat=\x7f"}, ""},
	} {
		for _, code := range []int{200, 404} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					s := b.call(func(*sip.Outgoing) {})
					inv := b.peer.request(sipmsg.INVITE)
					b.peer.answer(inv, 180, "Ringing", "x", "", c.fields...)
					event[sip.Progress](b, s)
					if code == 200 {
						b.peer.answer(inv, 200, "OK", "x", "v=0\r\n", c.fields...)
						b.peer.request(sipmsg.ACK)
						answered := event[sip.Answered](b, s)
						if answered.Verstat != c.want {
							t.Errorf("answered with %q, want %q", answered.Verstat, c.want)
						}
						s.Hangup(sip.Cause{})
						b.peer.answer(b.peer.request(sipmsg.BYE), 200, "OK", "", "")
					} else {
						b.peer.answer(inv, code, "Not Found", "x", "")
						b.peer.request(sipmsg.ACK)
					}
					if o := b.ended(s); o.Verstat != c.want || o.Code != code {
						t.Errorf("%d, %q, want %d, %q", o.Code, o.Verstat, code, c.want)
					}
				})
			})
		}
	}
}

package sip_test

import (
	"strings"
	"testing"
	"testing/synctest"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// Case 37: header fields of answers that nobody knows, however long and many they are and
// whatever stands in them, stop no call; nor do they in requests inside it.
func TestUnknownAndLongHeaderFields(t *testing.T) {
	identity := "Identity: " + strings.Repeat("eyJhbGciOiJFUzI1NiJ9", 200) + ";info=<https://example.com/c.pem>;alg=ES256;ppt=shaken"
	var many []string
	for range 180 {
		many = append(many, "X-Unknown-Number: 1")
	}
	for name, fields := range map[string][]string{
		"Identity":            {identity, identity},
		"one of 40,000 bytes": {"X-Long: " + strings.Repeat("x", 40_000)},
		"a name of 2,000":     {strings.Repeat("X", 2000) + ": 1"},
		"180 of them":         many,
		"UTF-8":               {"X-Text: Grüße, 世界"},
		"bytes of no text":    {"X-Text: \xff\xfe\x80"},
		"empty ones":          {"X-Empty: ", "X-Other:  "},
		"of other protocols":  {"P-Charging-Vector: icid-value=1;orig-ioi=a", "P-Early-Media: supported", "Geolocation: <cid:x>", "Session-ID: ab;remote=00", "X-Asterisk-HangupCause: Normal", "Remote-Party-ID: \"a\" <sip:b@c>;party=called"},
		"a broken known one":  {"Retry-After: soon", "Min-SE: many", "Date: tomorrow", "Warning: 3", "Reason: ;;;", "Allow: ,,", "Server: \"", "Session-Expires: x"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				b.peer.answer(inv, 100, "Trying", "", "", fields...)
				b.peer.answer(inv, 180, "Ringing", "a", "", fields...)
				b.peer.answer(inv, 200, "OK", "a", sdp, fields...)
				b.peer.request(sipmsg.ACK)
				synctest.Wait()
				d := &peerDialog{inv: inv, tag: "a", seq: 100}
				b.peer.send(d.request("OPTIONS", fields...))
				b.peer.response(200, sipmsg.OPTIONS)
				s.Hangup(sip.Cause{})
				b.peer.answer(b.peer.request(sipmsg.BYE), 200, "OK", "a", "", fields...)
				if o := b.ended(s); !o.Answered || o.By != sip.EndedLocal || o.RangAt.IsZero() {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

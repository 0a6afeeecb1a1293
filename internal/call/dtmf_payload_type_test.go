package call_test

import (
	"context"
	"testing"
	"time"

	"ringflow/sip"
)

// Keys are heard under the payload type that we have offered, whatever an answer says
// of telephone events.
func TestKeysWhateverTheAnswerSaysOfThem(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{
		"as offered":                 "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n",
		"mapped twice":               "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/16000\r\na=rtpmap:101 telephone-event/8000\r\n",
		"mapped twice, ours first":   "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:101 telephone-event/16000\r\n",
		"not at all":                 "m=audio 4000 RTP/AVP 0\r\n",
		"without a mapping":          "m=audio 4000 RTP/AVP 0 101\r\n",
		"in 16 kHz alone":            "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/16000\r\n",
		"in 48 kHz, by its number":   "m=audio 4000 RTP/AVP 0 110\r\na=rtpmap:110 telephone-event/48000\r\n",
		"by a number of its own":     "m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n",
		"the number is of something": "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 opus/48000/2\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			f := newFarEnd(w, func(_ *farEnd, s *sip.Session) {
				s.Answer([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.88\r\nt=0 0\r\n" + lines))
			})
			contact := w.dial(customer)
			to := target(t, (<-f.calls).Offer())
			f.talk(to, 5)
			f.press(to, 7)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if key, err := contact.Digit(ctx); key != '7' || err != nil {
				t.Errorf("key %c, %v", key, err)
			}
			contact.HangUp()
		})
	}
}

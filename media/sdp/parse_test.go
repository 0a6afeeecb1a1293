package sdp_test

import (
	"errors"
	"strings"
	"testing"

	"ringflow/media/sdp"
)

func TestParseRefuses(t *testing.T) {
	manyMedia := strings.Repeat("m=audio 4000 RTP/AVP 0\r\n", 33)
	for name, text := range map[string]string{
		"nothing":                 "",
		"no m= line":              "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n",
		"port out of range":       "m=audio 70000 RTP/AVP 0\r\n",
		"port that is no number":  "m=audio x RTP/AVP 0\r\n",
		"m= line without formats": "m=audio\r\n",
		"too many m= lines":       manyMedia,
		"too many formats":        "m=audio 4000 RTP/AVP" + strings.Repeat(" 0", 65) + "\r\n",
		"a token without end":     "m=" + strings.Repeat("a", 65) + " 4000 RTP/AVP 0\r\n",
		"too many lines":          "m=audio 4000 RTP/AVP 0\r\n" + strings.Repeat("a=x\r\n", 1000),
		"too long":                "m=audio 4000 RTP/AVP 0\r\na=" + strings.Repeat("x", 64<<10),
	} {
		if _, err := sdp.Parse([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		} else if len(err.Error()) > 200 {
			t.Errorf("%s: an error of %d bytes repeats what was sent", name, len(err.Error()))
		}
	}
}

// Whatever is sent: no panic, a bounded answer, and one that can be read again.
func FuzzAnswer(f *testing.F) {
	for _, x := range exchanges {
		f.Add(x.far)
	}
	f.Fuzz(func(t *testing.T, offer []byte) {
		answer, n, err := sdp.Answer(offer, us)
		if err != nil {
			return
		}
		if len(answer) > 8<<10 {
			t.Errorf("an answer of %d bytes", len(answer))
		}
		back, err := sdp.Parse(answer)
		if err != nil {
			t.Fatalf("own answer: %v\n%s", err, answer)
		}
		d, err := sdp.Parse(offer)
		if err != nil || len(back) != len(d) {
			t.Errorf("%d lines answer %d, %v", len(back), len(d), err)
		}
		if n.PTime <= 0 || n.Codec.Rate != 8000 || !n.Remote.IsValid() || n.HasEvents != (n.EventRate > 0) || len(n.LocalEvents) > 1 || n.HasEvents && n.LocalEvents[0].PayloadType != n.EventPT {
			t.Errorf("negotiated %+v", n)
		}
	})
}

func FuzzAccept(f *testing.F) {
	for _, x := range exchanges {
		f.Add(x.far)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		n, err := sdp.Accept(us, answer)
		if err == nil && (n.PTime <= 0 || n.Codec.Rate != 8000 || !n.Remote.IsValid() || n.HasEvents != (n.EventRate > 0) || len(n.LocalEvents) != 1) {
			t.Errorf("negotiated %+v", n)
		}
		if errors.Is(err, sdp.ErrNoAudio) {
			t.Errorf("an answer that refuses must say so: %v", err)
		}
	})
}

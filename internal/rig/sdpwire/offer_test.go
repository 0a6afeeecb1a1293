package sdpwire_test

import (
	"net/netip"
	"testing"

	"ringflow/internal/rig/sdpwire"
)

const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
	"m=audio 20002 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n" +
	"m=video 9 RTP/AVP 96\r\nc=IN IP4 10.0.0.1\r\na=inactive\r\n"

func TestAnswerMirrorsWhatTheOfferSays(t *testing.T) {
	o, err := sdpwire.Parse([]byte(offer))
	if err != nil {
		t.Fatal(err)
	}
	if o.Media.String() != "127.0.0.1:20002" || o.Event != 101 || !o.HasEvent || o.Direction != "sendonly" || len(o.Faults) > 0 {
		t.Fatalf("read as %+v", o)
	}
	a, err := sdpwire.Parse(sdpwire.Answer(o, netip.MustParseAddrPort("127.0.0.1:40000"), 8, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if a.Direction != "recvonly" || !a.Has(8) || a.Has(0) || !a.Has(101) || a.Media.Port() != 40000 {
		t.Errorf("the answer reads as %+v", a)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(offer))
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _ = sdpwire.Parse(text)
	})
}

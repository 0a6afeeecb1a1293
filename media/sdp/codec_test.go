package sdp_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"ringflow/media/sdp"
)

// What a trunk's codecs are is offered in their order, and the far end's answer or
// offer decides among them.
func TestCodecsOfATrunk(t *testing.T) {
	g722 := sdp.Codec{Name: "G722", PayloadType: 9, Rate: 8000}
	pcma, pcmu := sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}, sdp.Codec{Name: sdp.PCMU, PayloadType: 0, Rate: 8000}
	l := sdp.Local{Addr: netip.MustParseAddrPort("192.0.2.1:4000"), Codecs: []sdp.Codec{g722, pcma, pcmu, {Name: sdp.TelephoneEvent, PayloadType: 101, Rate: 8000}}}
	offer := string(sdp.Offer(l))
	for _, line := range []string{"m=audio 4000 RTP/AVP 9 8 0 101\r\n", "a=rtpmap:9 G722/8000\r\n"} {
		if !strings.Contains(offer, line) {
			t.Errorf("the offer lacks %q:\n%s", line, offer)
		}
	}
	const head = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP "
	for formats, want := range map[string]sdp.Codec{
		"9 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\n": g722,
		"9 101\r\n":                        g722, // without an rtpmap, the payload type is static
		"8 9\r\n":                          pcma,
		"18 0 9\r\n":                       pcmu,
		"97\r\na=rtpmap:97 g722/8000\r\n":  {Name: "G722", PayloadType: 97, Rate: 8000},
		"9 8\r\na=rtpmap:9 G722/16000\r\n": pcma, // a clock that RFC 3551 §4.5.2 does not give it
		"9 0\r\na=rtpmap:9 L16/8000\r\n":   pcmu, // bound to another encoding
	} {
		n, err := sdp.Accept(l, []byte(head+formats))
		if err != nil || n.Codec != want || !slices.Equal(n.Receive, []sdp.Codec{g722, pcma, pcmu}) {
			t.Errorf("answer %q: %+v, %v", formats, n, err)
		}
		answer, n, err := sdp.Answer([]byte(head+formats), l)
		if err != nil || n.Codec != want || !slices.Equal(n.Receive, []sdp.Codec{want}) {
			t.Errorf("offer %q: %+v, %v\n%s", formats, n, err, answer)
		}
	}
	l.Codecs = nil
	if _, err := sdp.Accept(l, []byte(head+"9\r\n")); err == nil {
		t.Error("a codec that was not offered is taken")
	}
}

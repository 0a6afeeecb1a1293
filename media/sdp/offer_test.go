package sdp_test

import (
	"net/netip"
	"strings"
	"testing"

	"ringflow/media/sdp"
)

func TestOfferIsLeanAndWhole(t *testing.T) {
	l := sdp.Local{
		Addr:      netip.MustParseAddrPort("192.168.100.200:39998"),
		SessionID: 1<<63 - 1, Version: 1<<63 - 1, Direction: sdp.SendOnly,
	}
	offer := sdp.Offer(l)
	if len(offer) >= 400 {
		t.Errorf("%d bytes, want less than 400", len(offer))
	}
	for line := range strings.Lines(string(offer)) {
		if !strings.HasSuffix(line, "\r\n") || len(line) < 5 || line[1] != '=' {
			t.Errorf("line %q", line)
		}
	}
	d, err := sdp.Parse(offer)
	if err != nil {
		t.Fatal(err)
	}
	m := d[0]
	if !strings.Contains(string(offer), "\r\no=- 9223372036854775807 9223372036854775807 IN ") || m.Port != 39998 || m.Addr != l.Addr.Addr() || m.Direction != sdp.SendOnly {
		t.Errorf("read back as %+v", d)
	}
	want := []sdp.Codec{{Name: "PCMU", Rate: 8000}, {Name: "PCMA", PayloadType: 8, Rate: 8000}, sdp.Events(101, 8000)}
	for i, c := range want {
		if m.Codecs[i] != c {
			t.Errorf("codec %d is %v, want %v", i, m.Codecs[i], c)
		}
	}
}

// The order of lines is fixed (RFC 8866 §5), and strict readers insist on it.
func TestOfferOrder(t *testing.T) {
	var kinds string
	for line := range strings.Lines(string(sdp.Offer(us))) {
		kinds += line[:1]
	}
	if kinds != "vosctmaaaaaa" {
		t.Errorf("lines in the order %q", kinds)
	}
}

func TestOfferIPv6(t *testing.T) {
	l := us
	l.Addr = netip.MustParseAddrPort("[2001:db8::7]:20000")
	if got := string(sdp.Offer(l)); !strings.Contains(got, "c=IN IP6 2001:db8::7\r\n") {
		t.Errorf("offer\n%s", got)
	}
}

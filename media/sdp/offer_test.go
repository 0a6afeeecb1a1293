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

// The least offer says the same in fewer bytes: a far end reads the same codecs, events and
// direction out of it.
func TestLeastOffer(t *testing.T) {
	l := us
	l.SRTP, l.Crypto, l.Least = sdp.SRTPRequired, sdp.NewCrypto(sdp.DefaultSuites()[:1]), true
	l.Codecs = []sdp.Codec{{Name: "opus", PayloadType: 111, Rate: 48000}, {Name: "G722", PayloadType: 9, Rate: 8000}, {Name: sdp.PCMA, PayloadType: 8, Rate: 8000},
		{Name: sdp.PCMU, PayloadType: 100, Rate: 8000}, sdp.Events(101, 8000), sdp.Events(102, 48000)}
	least := sdp.Offer(l)
	whole := l
	whole.Least = false
	if short, long := len(least), len(sdp.Offer(whole)); short > long-120 {
		t.Errorf("%d bytes in the place of %d", short, long)
	}
	if strings.Contains(string(least), "a=rtpmap:8") || strings.Contains(string(least), "opus") || strings.Contains(string(least), "102") || strings.Contains(string(least), "a=send") || strings.Contains(string(least), "a=ptime") {
		t.Errorf("offer\n%s", least)
	}
	far := sdp.Local{Addr: us.Addr, Codecs: []sdp.Codec{{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}, sdp.Events(96, 8000)},
		SRTP: sdp.SRTPRequired, Crypto: sdp.NewCrypto(sdp.DefaultSuites())}
	answer, theirs, err := sdp.Answer(least, far)
	if err != nil || theirs.Codec.Name != sdp.PCMA || !theirs.HasEvents || theirs.EventPT != 101 || theirs.Direction != sdp.SendRecv || !theirs.SRTP.Encrypted() {
		t.Errorf("the far end has agreed on %+v, %v", theirs, err)
	}
	ours, err := sdp.Accept(l, answer)
	if err != nil || ours.Codec.Name != sdp.PCMA || !ours.HasEvents || len(ours.Receive) != 2 || !ours.SRTP.Encrypted() {
		t.Errorf("we have agreed on %+v, %v", ours, err)
	}
	l.Codecs = l.Codecs[:1] // nothing else is there
	if !strings.Contains(string(sdp.Offer(l)), "a=rtpmap:111 opus/48000") {
		t.Errorf("offer\n%s", sdp.Offer(l))
	}
	l.Direction = sdp.Inactive
	if !strings.HasSuffix(string(sdp.Offer(l)), "a=inactive\r\n") {
		t.Errorf("offer\n%s", sdp.Offer(l))
	}
}

package sdp_test

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/media/sdp"
)

var us = sdp.Local{Addr: netip.MustParseAddrPort("203.0.113.7:20000"), SessionID: 42, Version: 1}

// far builds a description of the far end from its audio lines.
func far(lines ...string) []byte {
	head := []string{"v=0", "o=gw 7 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"}
	return []byte(strings.Join(append(head, lines...), "\r\n") + "\r\n")
}

const (
	mapEvents101 = "a=rtpmap:101 telephone-event/8000"
	mapEvents96  = "a=rtpmap:96 telephone-event/8000"
)

// exchanges is what the far end may say, and what both have then agreed on. Each
// is tried both as an offer and as the answer to our own offer.
var exchanges = []struct {
	name      string
	far       []byte
	err       error // of both; the answer's ErrNoAudio is ErrRefused
	codec     string
	payload   uint8
	eventPT   uint8
	hasEvents bool
	eventRate int // if not 8000
	ptime     time.Duration
	direction sdp.Direction
	remote    string // if not the usual
}{
	{name: "all of ours", far: far("m=audio 4000 RTP/AVP 0 8 101", mapEvents101), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "prefers A-law", far: far("m=audio 4000 RTP/AVP 8 0 101", mapEvents101), codec: "PCMA", payload: 8, eventPT: 101, hasEvents: true},
	{name: "events under another type", far: far("m=audio 4000 RTP/AVP 8 96", mapEvents96), codec: "PCMA", payload: 8, eventPT: 96, hasEvents: true},
	{name: "no events", far: far("m=audio 4000 RTP/AVP 0"), codec: "PCMU"},
	{name: "unknown codecs first", far: far("m=audio 4000 RTP/AVP 111 9 18 8 0", "a=rtpmap:111 opus/48000/2", "a=rtpmap:18 G729/8000"), codec: "PCMA", payload: 8},
	{name: "rtpmap in another case", far: far("m=audio 4000 RTP/AVP 100 101", "a=rtpmap:100 pcma/8000/1", "a=RTPMAP:101 Telephone-Event/8000"), codec: "PCMA", payload: 100, eventPT: 101, hasEvents: true},
	{name: "a dynamic type named PCMU", far: far("m=audio 4000 RTP/AVP 97", "a=rtpmap:97 PCMU/8000"), codec: "PCMU", payload: 97},
	{name: "PCMU of 16 kHz is another codec", far: far("m=audio 4000 RTP/AVP 97 8", "a=rtpmap:97 PCMU/16000"), codec: "PCMA", payload: 8},
	{name: "events of 48 kHz alone", far: far("m=audio 4000 RTP/AVP 0 110", "a=rtpmap:110 telephone-event/48000"), codec: "PCMU", eventPT: 110, hasEvents: true, eventRate: 48000},
	{name: "events of 48 and 16 kHz", far: far("m=audio 4000 RTP/AVP 0 110 111", "a=rtpmap:110 telephone-event/48000", "a=rtpmap:111 telephone-event/16000"), codec: "PCMU", eventPT: 110, hasEvents: true, eventRate: 48000},
	{name: "events of both clocks", far: far("m=audio 4000 RTP/AVP 0 110 101", "a=rtpmap:110 telephone-event/48000", mapEvents101), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "events of both clocks, ours first", far: far("m=audio 4000 RTP/AVP 0 101 110", mapEvents101, "a=rtpmap:110 telephone-event/48000"), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "events of no clock at all", far: far("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/0"), codec: "PCMU"},
	{name: "one type for two clocks", far: far("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/16000", mapEvents101), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "one type for two clocks, ours first", far: far("m=audio 4000 RTP/AVP 0 101", mapEvents101, "a=rtpmap:101 telephone-event/16000"), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "one type for events and another codec", far: far("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 opus/48000/2", mapEvents101), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "one type for our codec and another", far: far("m=audio 4000 RTP/AVP 97 101", "a=rtpmap:97 iLBC/8000", "a=rtpmap:97 PCMA/8000", mapEvents101), codec: "PCMA", payload: 97, eventPT: 101, hasEvents: true},
	{name: "one type for our codec and events", far: far("m=audio 4000 RTP/AVP 97", "a=rtpmap:97 telephone-event/8000", "a=rtpmap:97 PCMU/8000"), codec: "PCMU", payload: 97},
	{name: "a static type named after another codec first", far: far("m=audio 4000 RTP/AVP 0", "a=rtpmap:0 PCMU/16000", "a=rtpmap:0 PCMU/8000"), codec: "PCMU"},
	{name: "a static type named after both laws", far: far("m=audio 4000 RTP/AVP 0", "a=rtpmap:0 PCMA/8000", "a=rtpmap:0 PCMU/8000"), codec: "PCMU"},
	{name: "a static type for events too", far: far("m=audio 4000 RTP/AVP 0 8", "a=rtpmap:8 telephone-event/8000"), codec: "PCMU"},
	{name: "the same mapping twice", far: far("m=audio 4000 RTP/AVP 0 101", mapEvents101, mapEvents101), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "types written with zeros in front", far: far("m=audio 4000 RTP/AVP 00 101", "a=rtpmap:0101 telephone-event/8000"), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "events without a clock", far: far("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event"), codec: "PCMU", eventPT: 101, hasEvents: true},
	{name: "a codec named twice", far: far("m=audio 4000 RTP/AVP 0 0 0 8 8"), codec: "PCMU"},
	{name: "feedback profile", far: far("m=audio 4000 RTP/AVPF 0"), codec: "PCMU"},
	{name: "ptime 30", far: far("m=audio 4000 RTP/AVP 0", "a=ptime:30"), codec: "PCMU", ptime: 30 * time.Millisecond},
	{name: "ptime 10 of the session", far: append(far("a=ptime:10"), far("m=audio 4000 RTP/AVP 0")...), codec: "PCMU", ptime: 10 * time.Millisecond},
	{name: "maxptime 10", far: far("m=audio 4000 RTP/AVP 0", "a=maxptime:10"), codec: "PCMU", ptime: 10 * time.Millisecond},
	{name: "ptime out of bounds", far: far("m=audio 4000 RTP/AVP 0", "a=ptime:200"), codec: "PCMU", ptime: 60 * time.Millisecond},
	{name: "ptime that is no number", far: far("m=audio 4000 RTP/AVP 0", "a=ptime:x"), codec: "PCMU"},
	{name: "hold", far: far("m=audio 4000 RTP/AVP 0", "a=sendonly"), codec: "PCMU", direction: sdp.RecvOnly},
	{name: "hold of the session", far: far("a=sendonly", "m=audio 4000 RTP/AVP 0"), codec: "PCMU", direction: sdp.RecvOnly},
	{name: "the line overrules the session", far: far("a=sendonly", "m=audio 4000 RTP/AVP 0", "a=sendrecv"), codec: "PCMU"},
	{name: "listens only", far: far("m=audio 4000 RTP/AVP 0", "a=recvonly"), codec: "PCMU", direction: sdp.SendOnly},
	{name: "inactive", far: far("m=audio 4000 RTP/AVP 0", "a=inactive"), codec: "PCMU", direction: sdp.Inactive},
	{name: "hold of RFC 2543", far: far("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"), codec: "PCMU", direction: sdp.RecvOnly, remote: "0.0.0.0:4000"},
	{name: "hold of RFC 2543, inactive", far: far("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0", "a=inactive"), codec: "PCMU", direction: sdp.Inactive, remote: "0.0.0.0:4000"},
	{name: "video beside", far: far("m=video 5000 RTP/AVP 31", "m=audio 4000 RTP/AVP 0"), codec: "PCMU"},
	{name: "fax beside", far: far("m=audio 4000 RTP/AVP 8", "m=image 4002 udptl t38"), codec: "PCMA", payload: 8},
	{name: "encrypted beside plain", far: far("m=audio 5000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc", "m=audio 4000 RTP/AVP 0"), codec: "PCMU"},
	{name: "two audio lines, the first switched off", far: far("m=audio 0 RTP/AVP 0", "m=audio 4000 RTP/AVP 8"), codec: "PCMA", payload: 8},
	{name: "its own address on the line", far: far("m=audio 4000/1 RTP/AVP 0", "c=IN IP4 192.0.2.99/127"), codec: "PCMU", remote: "192.0.2.99:4000"},
	{name: "IPv6", far: far("m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"), err: sdp.ErrAddress},
	{name: "IPv4 written as IPv6", far: far("m=audio 4000 RTP/AVP 0", "c=IN IP6 ::ffff:192.0.2.1"), codec: "PCMU"},
	{name: "IPv6 beside IPv4", far: far("m=audio 5000 RTP/AVP 0", "c=IN IP6 2001:db8::1", "m=audio 4000 RTP/AVP 8"), codec: "PCMA", payload: 8},
	{name: "hold of RFC 2543 in IPv6", far: far("m=audio 4000 RTP/AVP 0", "c=IN IP6 ::"), codec: "PCMU", direction: sdp.RecvOnly, remote: "[::]:4000"},

	{name: "line ends of LF, none at the end", far: []byte("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0"), codec: "PCMU"},
	{name: "no s= and no t=", far: []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"), codec: "PCMU"},
	{name: "blanks in the user name", far: []byte("v=0\r\no=My PBX 1.0 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"), codec: "PCMU"},
	{name: "negative session id", far: []byte("v=0\r\no=- -5 99999999999999999999999 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"), codec: "PCMU"},
	{name: "c= in lower case, before s=", far: []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=in ip4 192.0.2.1\r\ns=-\r\nm=audio 4000 rtp/avp 0\r\n"), codec: "PCMU"},
	{name: "unknown lines", far: far("q=what", "nonsense", "=", "", "m=audio 4000 RTP/AVP 0", "a=", "a=rtpmap:", "a=rtpmap:x y", "a=rtpmap:0 PCMU"), codec: "PCMU"},

	{name: "nothing in common", far: far("m=audio 4000 RTP/AVP 9 18"), err: sdp.ErrNoCodec},
	{name: "events alone", far: far("m=audio 4000 RTP/AVP 101", mapEvents101), err: sdp.ErrNoCodec},
	{name: "port 0", far: far("m=audio 0 RTP/AVP 0"), err: sdp.ErrNoAudio},
	{name: "encrypted only", far: far("m=audio 4000 RTP/SAVP 0"), err: sdp.ErrEncrypted},
	{name: "fax only", far: far("m=image 4000 udptl t38"), err: sdp.ErrNoAudio},
	{name: "unknown transport", far: far("m=audio 4000 QUIC/X 0"), err: sdp.ErrNoAudio},
}

func TestOfferAndAnswer(t *testing.T) {
	for _, x := range exchanges {
		want := sdp.Negotiated{
			Remote:  netip.MustParseAddrPort("192.0.2.1:4000"),
			Local:   us.Addr,
			Codec:   sdp.Codec{Name: x.codec, PayloadType: x.payload, Rate: 8000},
			EventPT: x.eventPT, HasEvents: x.hasEvents, EventRate: x.eventRate, PTime: x.ptime, Direction: x.direction,
		}
		if want.EventRate == 0 && want.HasEvents {
			want.EventRate = 8000
		}
		if x.remote != "" {
			want.Remote = netip.MustParseAddrPort(x.remote)
		}
		if want.PTime == 0 {
			want.PTime = 20 * time.Millisecond
		}
		if want.Direction == "" {
			want.Direction = sdp.SendRecv
		}
		t.Run("answer/"+x.name, func(t *testing.T) {
			_, n, err := sdp.Answer(x.far, us)
			want := want
			if want.HasEvents {
				want.LocalEvents = []sdp.Codec{sdp.Events(want.EventPT, want.EventRate)}
			} // an answerer keeps the offer's numbers
			check(t, n, err, want, x.err)
		})
		t.Run("accept/"+x.name, func(t *testing.T) {
			n, err := sdp.Accept(us, x.far)
			want, wantErr := want, x.err
			want.LocalEvents = []sdp.Codec{sdp.Events(101, 8000)} // an offerer is sent what it asked for, if at all
			if errors.Is(wantErr, sdp.ErrNoAudio) {
				wantErr = sdp.ErrRefused
			}
			check(t, n, err, want, wantErr)
		})
	}
}

func check(t *testing.T, n sdp.Negotiated, err error, want sdp.Negotiated, wantErr error) {
	t.Helper()
	want.Receive = n.Receive // see TestCodecsOfATrunk
	switch {
	case !errors.Is(err, wantErr):
		t.Errorf("error %v, want %v", err, wantErr)
	case wantErr == nil && !reflect.DeepEqual(n, want):
		t.Errorf("negotiated\n%+v, want\n%+v", n, want)
	}
}

// What we answer must be understood by an offerer of the same kind, and mean the
// same to both.
func TestAnswerIsUnderstoodByTheOfferer(t *testing.T) {
	for _, x := range exchanges {
		if x.err != nil {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			answer, n, err := sdp.Answer(x.far, us)
			if err != nil {
				t.Fatal(err)
			}
			d, err := sdp.Parse(answer)
			if err != nil {
				t.Fatal(err)
			}
			offered, err := sdp.Parse(x.far)
			if err != nil {
				t.Fatal(err)
			}
			if len(d) != len(offered) {
				t.Fatalf("%d lines answer %d (RFC 3264 §6: one each)", len(d), len(offered))
			}
			taken := 0
			for i, m := range d {
				o := offered[i]
				if m.Kind != o.Kind || m.Protocol != o.Protocol {
					t.Errorf("line %d is %s %s, offered was %s %s", i, m.Kind, m.Protocol, o.Kind, o.Protocol)
				}
				if m.Port == 0 {
					continue
				}
				taken++
				if m.Direction != n.Direction || m.Addr != us.Addr.Addr() || m.Port != us.Addr.Port() {
					t.Errorf("line %d says %s at %s:%d", i, m.Direction, m.Addr, m.Port)
				}
				want := []sdp.Codec{n.Codec}
				if n.HasEvents {
					want = append(want, sdp.Events(n.EventPT, n.EventRate))
				}
				if !slices.Equal(m.Codecs, want) {
					t.Errorf("answers %v, negotiated %v", m.Codecs, want)
				}
			}
			if taken != 1 {
				t.Errorf("%d streams taken, want 1", taken)
			}
		})
	}
}

func TestLocalDirectionIsKept(t *testing.T) {
	all := []sdp.Direction{"", sdp.SendRecv, sdp.SendOnly, sdp.RecvOnly, sdp.Inactive}
	for _, ours := range all {
		for _, theirs := range all[1:] {
			l := us
			l.Direction = ours
			_, n, err := sdp.Answer(far("m=audio 4000 RTP/AVP 0", "a="+string(theirs)), l)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := n.Direction.Sends(), ours.Sends() && theirs.Receives(); got != want {
				t.Errorf("ours %q, theirs %q: sends %v, want %v", ours, theirs, got, want)
			}
			if got, want := n.Direction.Receives(), ours.Receives() && theirs.Sends(); got != want {
				t.Errorf("ours %q, theirs %q: receives %v, want %v", ours, theirs, got, want)
			}
		}
	}
}

func TestAnswerThatRepeatsOurEventsWithoutRTPMap(t *testing.T) {
	n, err := sdp.Accept(us, far("m=audio 4000 RTP/AVP 0 101"))
	if err != nil || !n.HasEvents || n.EventPT != 101 {
		t.Errorf("negotiated %+v, %v; want events under 101", n, err)
	}
}

// Of an answer that maps another number to events of another clock and repeats ours
// bare, ours is what both sides mean.
func TestAnswerThatRepeatsOurEventsBesideAnotherClock(t *testing.T) {
	n, err := sdp.Accept(us, far("m=audio 4000 RTP/AVP 0 110 101", "a=rtpmap:110 telephone-event/48000"))
	if err != nil || !n.HasEvents || n.EventPT != 101 || n.EventRate != 8000 {
		t.Errorf("negotiated %+v, %v; want events under 101", n, err)
	}
}

// A far end that takes our number for a clock of its own counts in that; one that
// has another number for it is sent to under that, and sends under ours as we said.
func TestAnswerWithEventsOfAnotherClock(t *testing.T) {
	for _, c := range []struct {
		line, rtpmap string
		pt           uint8
		local        int
	}{
		{"m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/16000", 101, 16000},
		{"m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/16000", 96, 8000},
	} {
		n, err := sdp.Accept(us, far(c.line, c.rtpmap))
		if err != nil || !n.HasEvents || n.EventPT != c.pt || n.EventRate != 16000 || !slices.Equal(n.LocalEvents, []sdp.Codec{sdp.Events(101, c.local)}) {
			t.Errorf("%s: negotiated %+v, %v", c.rtpmap, n, err)
		}
	}
}

// Who offers no events is sent none, and sends none.
func TestNoEventsUnlessOfferedOrAnswered(t *testing.T) {
	l := us
	l.Codecs = []sdp.Codec{{Name: sdp.PCMU, Rate: 8000}}
	n, err := sdp.Accept(l, far("m=audio 4000 RTP/AVP 0 101", mapEvents101))
	if err != nil || n.HasEvents || n.LocalEvents != nil {
		t.Errorf("negotiated %+v, %v; want no events", n, err)
	}
}

func TestAddressThatIsAName(t *testing.T) {
	_, _, err := sdp.Answer(far("m=audio 4000 RTP/AVP 0", "c=IN IP4 media.example.com"), us)
	if err == nil || !strings.Contains(err.Error(), "media.example.com") {
		t.Errorf("error %v, want one that shows the name", err)
	}
}

// Hosts has every name that an answer looks up.
func TestHosts(t *testing.T) {
	for _, c := range exchanges {
		l := us
		l.Resolve = func(h sdp.Host) (netip.Addr, error) {
			if !slices.Contains(sdp.Hosts(c.far), h) {
				t.Errorf("%s: %v was looked up, which Hosts does not list", c.name, h)
			}
			return netip.Addr{}, errors.New("no such host")
		}
		_, _, _ = sdp.Answer(c.far, l)
	}
	name := sdp.Host{Name: "media.example.com"}
	const audio, off = "m=audio 4000 RTP/AVP 0", "m=audio 0 RTP/AVP 0"
	for _, c := range []struct {
		lines []string
		want  []sdp.Host
	}{
		{[]string{audio}, nil},
		{[]string{audio, "c=IN IP4 192.0.2.1/127"}, nil},
		{[]string{audio, "c=IN IP4"}, nil},
		{[]string{audio, "c=IN IP4 not_a_name"}, nil},
		{[]string{"o=gw 7 1 IN IP4 media.example.com", audio}, nil},
		{[]string{"c=IN IP4 media.example.com", audio, "c=IN IP4 192.0.2.1"}, nil},
		{[]string{off, "c=IN IP4 media.example.com"}, nil},
		{[]string{"m=video 4000 RTP/AVP 34", "c=IN IP4 media.example.com", audio}, nil},
		{[]string{"c=IN IP4 media.example.com"}, nil}, // there is no stream
		{[]string{"c=IN IP4 media.example.com", audio}, []sdp.Host{name}},
		{[]string{audio, "C= IN IP4 media.example.com/"}, []sdp.Host{name}},
		{[]string{audio, "c=IN IP4 media.example.com", audio, "c=IN IP4 media.example.com", audio, "c=in ip6 media.example.com"}, []sdp.Host{name, {Name: "media.example.com", IPv6: true}}},
	} {
		if got := sdp.Hosts(far(c.lines...)); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.lines, got, c.want)
		}
	}
}

// A name is looked up for the stream that is taken, and only where it can be one.
func TestNamesAreResolved(t *testing.T) {
	l := us
	var asked []string
	l.Resolve = func(h sdp.Host) (netip.Addr, error) {
		host := h.Name
		asked = append(asked, host)
		if host == "media.example.com" {
			return netip.MustParseAddr("198.51.100.9"), nil
		}
		return netip.Addr{}, errors.New("no such host")
	}
	_, n, err := sdp.Answer(far("m=audio 4000 RTP/AVP 3", "c=IN IP4 gsm.example.com", "m=audio 4002 RTP/AVP 0", "c=IN IP4 media.example.com"), l)
	if err != nil || n.Remote.String() != "198.51.100.9:4002" || len(asked) != 1 {
		t.Errorf("sound to %s, %v; asked for %q", n.Remote, err, asked)
	}
	for host, lookedUp := range map[string]bool{
		"nobody.example.com": true, "a": true, "nobody.example.com.": true,
		"-a.example.com": false, "a_b": false, "a@b": false, strings.Repeat("a", 254): false, "\u00e4.example": false,
	} {
		asked = nil
		if _, err := sdp.Accept(l, far("m=audio 4000 RTP/AVP 0", "c=IN IP4 "+host)); err == nil || !strings.Contains(err.Error(), "connection address") || (len(asked) == 1) != lookedUp {
			t.Errorf("%q: %v; asked for %q", host, err, asked)
		}
	}
}

// The address type says of which IP version the address of a name is wanted.
func TestNamesAreResolvedInTheirIPVersion(t *testing.T) {
	l := both
	l.Resolve = func(h sdp.Host) (netip.Addr, error) {
		if h.IPv6 {
			return netip.MustParseAddr("2001:db8::9"), nil
		}
		return netip.MustParseAddr("198.51.100.9"), nil
	}
	for line, want := range map[string]string{"c=IN IP4 media.example.com": "198.51.100.9:4002", "c=IN IP6 media.example.com": "[2001:db8::9]:4002", "c=in ip6 media.example.com": "[2001:db8::9]:4002"} {
		for _, description := range [][]byte{far("m=audio 4002 RTP/AVP 0", line), []byte("v=0\r\n" + line + "\r\nm=audio 4002 RTP/AVP 0\r\n")} {
			if n, err := sdp.Accept(l, description); err != nil || n.Remote.String() != want {
				t.Errorf("%s: %s, %v", line, n.Remote, err)
			}
		}
	}
}

// both is our side with an address of each IP version, of which IPv4 is offered.
var both = sdp.Local{Addr: us.Addr, Other: netip.MustParseAddrPort("[2001:db8::7]:20000"), SessionID: 42, Version: 1}

// An offer is answered in its own IP version, under the o= line of before (RFC 3264 §8). An
// answer may be of the other version than our offer: its address says where the far end
// receives, and nothing there ties that to ours.
func TestIPVersions(t *testing.T) {
	six := both
	six.Addr, six.Other = both.Other, both.Addr
	for name, c := range map[string]struct {
		l             sdp.Local
		connection    string
		local, remote string // empty: it is refused
	}{
		"IPv4":                               {both, "IP4 192.0.2.1", "203.0.113.7:20000", "192.0.2.1:4000"},
		"IPv6":                               {both, "IP6 2001:db8::1", "[2001:db8::7]:20000", "[2001:db8::1]:4000"},
		"IPv4 after IPv6":                    {six, "IP4 192.0.2.1", "203.0.113.7:20000", "192.0.2.1:4000"},
		"IPv6 after IPv6":                    {six, "IP6 2001:db8::1", "[2001:db8::7]:20000", "[2001:db8::1]:4000"},
		"IPv4 in IPv6 (RFC 5118 §4.9)":       {both, "IP6 ::ffff:192.0.2.1", "203.0.113.7:20000", "192.0.2.1:4000"},
		"IPv4 in IPv6, in other digits":      {six, "IP6 ::FFFF:C000:201", "203.0.113.7:20000", "192.0.2.1:4000"},
		"IPv6 with a zone":                   {both, "IP6 2001:db8::1%eth0", "[2001:db8::7]:20000", "[2001:db8::1]:4000"},
		"IPv6 of many digits":                {both, "IP6 2001:0DB8:0000:0:0:0:0:0001", "[2001:db8::7]:20000", "[2001:db8::1]:4000"},
		"a wrong address type":               {both, "IP4 2001:db8::1", "[2001:db8::7]:20000", "[2001:db8::1]:4000"},
		"held by 0.0.0.0":                    {both, "IP4 0.0.0.0", "203.0.113.7:20000", "0.0.0.0:4000"},
		"held by ::":                         {six, "IP6 ::", "[2001:db8::7]:20000", "[::]:4000"},
		"held by the other version's":        {six, "IP4 0.0.0.0", "[2001:db8::7]:20000", "0.0.0.0:4000"},
		"IPv6 without any here":              {us, "IP6 2001:db8::1", "", ""},
		"IPv6 in brackets":                   {both, "IP6 [2001:db8::1]", "", ""},
		"IPv6 that is none":                  {both, "IP6 2001:db8::1::2", "", ""},
		"IPv6 without any here, held by :::": {us, "IP6 :::", "", ""},
	} {
		description := far("m=audio 4000 RTP/AVP 0", "c=IN "+c.connection)
		answer, n, err := sdp.Answer(description, c.l)
		if (err == nil) != (c.remote != "") {
			t.Errorf("%s: answered with %v", name, err)
			continue
		}
		accepted, acceptErr := sdp.Accept(c.l, description)
		if (acceptErr == nil) != (err == nil) {
			t.Errorf("%s: answered with %v, accepted with %v", name, err, acceptErr)
		}
		if err != nil {
			continue
		}
		if n.Local.String() != c.local || n.Remote.String() != c.remote || accepted.Remote != n.Remote || accepted.Local != c.l.Addr {
			t.Errorf("%s: answered from %s to %s, accepted from %s to %s", name, n.Local, n.Remote, accepted.Local, accepted.Remote)
		}
		stated, err := sdp.Parse(answer)
		if err != nil || netip.AddrPortFrom(stated[0].Addr, stated[0].Port) != n.Local {
			t.Errorf("%s: the answer is\n%s", name, answer)
		}
		origin := "o=- 42 1 IN IP4 203.0.113.7\r\n"
		if c.l.Addr.Addr().Is6() {
			origin = "o=- 42 1 IN IP6 2001:db8::7\r\n"
		}
		if !strings.Contains(string(answer), origin) {
			t.Errorf("%s: the answer has another o= line:\n%s", name, answer)
		}
		if held := strings.HasPrefix(name, "held"); held && (n.Direction.Sends() || !accepted.Direction.Receives()) {
			t.Errorf("%s: %s", name, n.Direction)
		}
	}
}

// What is said of a version that we have not.
func TestIPVersionError(t *testing.T) {
	_, err := sdp.Accept(us, far("m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"))
	if want := "2001:db8::1 is of IPv6, and ours is of IPv4 alone"; !errors.Is(err, sdp.ErrAddress) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// Of streams of both versions the first is taken that we reach (RFC 5118 §4.8).
func TestStreamsOfBothIPVersions(t *testing.T) {
	lines := []string{"m=audio 6000 RTP/AVP 0", "c=IN IP6 2001:db8::1", "m=audio 6050 RTP/AVP 0", "c=IN IP4 192.0.2.1"}
	for l, want := range map[*sdp.Local]string{&us: "192.0.2.1:6050", &both: "[2001:db8::1]:6000"} {
		if _, n, err := sdp.Answer(far(lines...), *l); err != nil || n.Remote.String() != want {
			t.Errorf("%s, %v; want %s", n.Remote, err, want)
		}
	}
}

func TestBothSidesInIPv6(t *testing.T) {
	l := us
	l.Addr = netip.MustParseAddrPort("[2001:db8::7]:20000")
	offer := far("m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1")
	if _, n, err := sdp.Answer(offer, l); err != nil || n.Remote.String() != "[2001:db8::1]:4000" {
		t.Errorf("answered with sound to %s, %v", n.Remote, err)
	}
	if _, err := sdp.Accept(l, far("m=audio 4000 RTP/AVP 0")); !errors.Is(err, sdp.ErrAddress) {
		t.Errorf("IPv4 is accepted: %v", err)
	}
}

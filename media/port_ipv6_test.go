package media_test

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"golang.org/x/sys/unix"

	"ringflow/media"
	"ringflow/media/sdp"
)

var loopback6 = netip.MustParseAddr("::1")

// versions are the planes that have IPv6.
var versions = map[string]media.PlaneConfig{
	"IPv6 alone": {Bind6: loopback6},
	"both":       {Bind: loopback, Bind6: loopback6},
	"everywhere": {Bind: netip.IPv4Unspecified(), Advertise: loopback, Bind6: netip.IPv6Unspecified(), Advertise6: loopback6},
}

// A port of IPv6 plays, hears digits, records and lets the kernel drop what nobody needs, as
// one of IPv4 does.
func TestAudioOverIPv6(t *testing.T) {
	for name, config := range versions {
		t.Run(name, func(t *testing.T) {
			port, f := open(t, newPlane(t, config)), newPhoneAt(t, loopback6)
			if at := port.LocalAddrFor(loopback6); at.Addr() != loopback6 || at.Port()%2 != 0 {
				t.Fatalf("the port is at %s", at)
			}
			n := f.agreed()
			n.Local = port.LocalAddrFor(loopback6)
			f.out.SequenceNumber = 1
			f.meet(port, n)
			playback := port.Play(media.NewPrompt(media.Tone(-10, 200*time.Millisecond, 1000)))
			if level := media.Goertzel(decodedAudio(f.until(playback.Done())), 1000); math.Abs(level+10) > 1 {
				t.Errorf("the prompt is heard at %.1f dBFS, want −10", level)
			}
			for range 640 { // while nothing needs them
				f.send(port, 0, make([]byte, 160))
			}
			f.press(port, 101, 5)
			if d := nextDigit(t, port); d.Symbol != '5' {
				t.Errorf("digit %c, want 5", d.Symbol)
			}
			if s := port.Stats(); s.Received > 1+10+4+1 || s.Lost != 0 || s.Local != n.Local || s.Remote != f.addr() || s.Stated != f.addr() {
				t.Errorf("%+v; want every 64th packet, between %s and %s", s, n.Local, f.addr())
			}
			r, before := port.Record(), port.Stats().Received
			pcm := media.Tone(-10, 200*time.Millisecond, 2000)
			for i := 0; i < len(pcm); i += 160 {
				f.send(port, 0, encoded(n.Codec, pcm[i:i+160]))
			}
			eventually(t, "the recording has the tone", func() bool { return port.Stats().Received >= before+10 })
			if level := media.Goertzel(r.Stop(), 2000); level < -30 {
				t.Errorf("the recording has the tone at %.1f dBFS", level)
			}
		})
	}
}

// A leg of IPv4 and one of IPv6 are bridged as any two are, one of them encrypted.
func TestBridgeOfIPVersions(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		p := newPlane(t, media.PlaneConfig{Bind: loopback, Bind6: loopback6, Workers: 2}) // one port has to move
		a, b, x, y := open(t, p), open(t, p), newPhone(t), newPhoneAt(t, loopback6)
		ulaw, alaw := sdp.Codec{Name: sdp.PCMU, Rate: 8000}, sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}
		x.meet(a, x.agreed())
		n := y.agreed()
		if encrypted {
			n = y.encrypted(sdp.AESCM128HMAC80)
		}
		n.Codec = alaw
		y.meet(b, n)
		media.Join(a, b)
		x.drain()
		y.drain()
		for _, way := range []struct {
			from, to *phone
			via      *media.Port
			codec    sdp.Codec
		}{{x, y, a, ulaw}, {y, x, b, alaw}} {
			pcm := media.Tone(-10, 200*time.Millisecond, 1000)
			var got []*rtp.Packet
			for i := 0; i < len(pcm); i += 160 {
				way.from.send(way.via, way.codec.PayloadType, encoded(way.codec, pcm[i:i+160]))
				got = append(got, way.to.must())
			}
			if level := media.Goertzel(decodedAudio(got), 1000); math.Abs(level+10) > 0.3 {
				t.Errorf("encrypted %t: 1000 Hz at %.1f dBFS, want −10", encrypted, level)
			}
			way.from.press(way.via, 101, 3)
			if e := way.to.must(); e.PayloadType != 101 || e.Payload[0] != 3 {
				t.Errorf("encrypted %t: %+v, want the event 3", encrypted, e)
			}
			way.to.drain()
		}
	}
}

// A far end may move to the other IP version in the middle of a call, hold by :: and come
// back; an IPv4 address written as IPv6 is IPv4.
func TestPortChangesIPVersion(t *testing.T) {
	port := open(t, newPlane(t, media.PlaneConfig{Bind: loopback, Bind6: loopback6}))
	four, six := newPhone(t), newPhoneAt(t, loopback6)
	port.Play(longPrompt())
	heardBy := func(f, other *phone) {
		t.Helper()
		f.must()
		other.drain()
		f.drain()
		if p := f.must(); p == nil || other.next(50*time.Millisecond) != nil {
			t.Error("the phone that is not agreed on hears the prompt too")
		}
	}
	four.meet(port, four.agreed())
	heardBy(four, six)
	negotiate(port, six.agreed(), media.Sources{})
	heardBy(six, four)
	six.press(port, 101, 6)
	if d := nextDigit(t, port); d.Symbol != '6' {
		t.Errorf("digit %c, want 6", d.Symbol)
	}
	held := six.agreed()
	held.Remote, held.Direction = netip.AddrPortFrom(netip.IPv6Unspecified(), six.addr().Port()), sdp.RecvOnly
	negotiate(port, held, media.Sources{})
	six.drain()
	if p := six.next(100 * time.Millisecond); p != nil {
		t.Errorf("while it holds the call it is sent %+v", p.Header)
	}
	mapped := four.agreed()
	mapped.Remote = netip.AddrPortFrom(netip.AddrFrom16(four.addr().Addr().As16()), four.addr().Port())
	negotiate(port, mapped, media.Sources{})
	heardBy(four, six)
}

// What the latch takes and drops over IPv6: another port of the SDP's address in order, none
// under sdp; and no IPv4 reaches a port of IPv6.
func TestSourcesOverIPv6(t *testing.T) {
	for _, c := range []struct {
		policy media.SourcePolicy
		taken  bool
	}{{media.SourceAuto, true}, {media.SourceSDP, false}} {
		port, stated, other, four := open(t, newPlane(t, media.PlaneConfig{Bind6: loopback6})), newPhoneAt(t, loopback6), newPhoneAt(t, loopback6), newPhone(t)
		if port.LocalAddrFor(loopback).IsValid() || port.LocalAddr() != port.LocalAddrFor(loopback6) {
			t.Fatal("a port of IPv6 alone has IPv4")
		}
		negotiate(port, stated.agreed(), media.Sources{Policy: c.policy})
		b, err := (&rtp.Packet{Header: four.out, Payload: make([]byte, 160)}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			_, _ = four.conn.WriteToUDPAddrPort(b, netip.AddrPortFrom(loopback, port.LocalAddr().Port())) // nothing listens there
		}
		for range 5 {
			other.send(port, 0, make([]byte, 160))
		}
		eventually(t, "the packets have come", func() bool { s := port.Stats(); return s.Received+s.Refused == 5 })
		s := port.Stats()
		if taken := s.Remote == other.addr(); taken != c.taken || !taken && s.RefusedFrom != other.addr() || s.Discarded != s.Refused {
			t.Errorf("%s: %+v", c.policy, s)
		}
	}
}

// An ICMPv6 error of a far end that does not listen, or not yet, ends nothing.
func TestICMPv6Unreachable(t *testing.T) {
	port, gone, f := open(t, newPlane(t, media.PlaneConfig{Bind: loopback, Bind6: loopback6})), newPhoneAt(t, loopback6), newPhoneAt(t, loopback6)
	n := gone.agreed()
	_ = gone.conn.Close()
	negotiate(port, n, media.Sources{})
	playback := port.Play(longPrompt())
	eventually(t, "packets went to nobody", func() bool { return port.Stats().Sent > 5 })
	negotiate(port, f.agreed(), media.Sources{})
	f.must()
	f.press(port, 101, 1)
	if d := nextDigit(t, port); d.Symbol != '1' || playback.Finished() {
		t.Errorf("digit %c, want 1; the prompt has ended: %t", d.Symbol, playback.Finished())
	}
}

// A port whose number another program has in one of the IP versions is passed over.
func TestForeignProgramInOneIPVersion(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{Bind: loopback, Bind6: loopback6, PortMin: 42740, PortMax: 42745})
	for _, at := range []string{"[::1]:42740", "127.0.0.1:42742"} {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	if at := open(t, p).LocalAddr(); at.Port() != 42744 {
		t.Errorf("opened %s, want port 42744", at)
	}
	if _, err := p.Open(); err == nil || !strings.Contains(err.Error(), "other programs hold 2 of them") {
		t.Errorf("another port: %v", err)
	}
}

// An IPv6 address that the machine does not have, as after a new prefix of the provider's,
// leaves IPv4 as it was; the log says so once.
func TestAddressOfOneIPVersionIsGone(t *testing.T) {
	var log bytes.Buffer
	p := newPlane(t, media.PlaneConfig{Bind: loopback, Bind6: netip.MustParseAddr("2001:db8::dead"), Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 2 {
		port, f := open(t, p), newPhone(t)
		if at := port.LocalAddrFor(loopback6); at.IsValid() {
			t.Errorf("it has %s", at)
		}
		f.meet(port, f.agreed())
		negotiate(port, newPhoneAt(t, loopback6).agreed(), media.Sources{}) // nothing can be sent there
		port.Play(nil)
		port.Close()
	}
	if n := strings.Count(log.String(), "one IP version alone"); n != 1 {
		t.Errorf("the log is\n%s", log.String())
	}
	if _, err := newPlane(t, media.PlaneConfig{Bind6: netip.MustParseAddr("2001:db8::dead")}).Open(); err == nil || !strings.Contains(err.Error(), "2001:db8::dead") {
		t.Errorf("without IPv4: %v", err)
	}
}

// A process without a descriptor for the second socket opens no port of one IP version: the
// address can be used, and a call over it would have no audio.
func TestNoDescriptorForTheSecondSocket(t *testing.T) {
	var log bytes.Buffer
	p := newPlane(t, media.PlaneConfig{Bind: loopback, Bind6: loopback6, Log: slog.New(slog.NewTextHandler(&log, nil))})
	next, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(next)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	one := limit
	one.Cur = uint64(next) + 1
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &one); err != nil {
		t.Fatal(err)
	}
	_, err = p.Open()
	after, left := unix.Dup(0)
	if e := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); e != nil {
		t.Fatal(e)
	}
	if !errors.Is(err, unix.EMFILE) || left != nil || after != next {
		t.Errorf("the port: %v, want %v; then a descriptor %d: %v, want %d", err, unix.EMFILE, after, left, next)
	}
	_ = unix.Close(after)
	if port := open(t, p); !port.LocalAddrFor(loopback).IsValid() || !port.LocalAddrFor(loopback6).IsValid() {
		t.Error("the next port has one IP version")
	}
	if strings.Contains(log.String(), "one IP version alone") {
		t.Errorf("the log is\n%s", log.String())
	}
}

func TestNewPlaneRefusesIPVersions(t *testing.T) {
	good := media.PlaneConfig{Bind6: loopback6, PortMin: 41000, PortMax: 42000}
	for want, change := range map[string]func(*media.PlaneConfig){
		"fields Bind and Bind6":                      func(c *media.PlaneConfig) { c.Bind6 = netip.Addr{} },
		`field Bind: "invalid IP"`:                   func(c *media.PlaneConfig) { c.Advertise = loopback },
		`field Bind6: "127.0.0.1": want an IPv6`:     func(c *media.PlaneConfig) { c.Bind6 = loopback },
		`field Bind6: "fe80::1%lo"`:                  func(c *media.PlaneConfig) { c.Bind6 = netip.MustParseAddr("fe80::1%lo") },
		`field Advertise6: "192.0.2.1"`:              func(c *media.PlaneConfig) { c.Advertise6 = netip.MustParseAddr("192.0.2.1") },
		`field Advertise6: "::": want an IPv6`:       func(c *media.PlaneConfig) { c.Bind6 = netip.IPv6Unspecified() },
		`field Advertise6: "::ffff:192.0.2.1": want`: func(c *media.PlaneConfig) { c.Advertise6 = netip.MustParseAddr("::ffff:192.0.2.1") },
	} {
		c := good
		change(&c)
		if _, err := media.NewPlane(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

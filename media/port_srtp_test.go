package media_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringflow/media"
	"ringflow/media/sdp"
)

// encrypt gives the phone and its port keys of a suite, and returns what was agreed on.
func (f *phone) encrypt(suite sdp.Suite, mki string) sdp.SRTP {
	keys := sdp.NewCrypto([]sdp.Suite{suite, suite})
	f.sends, f.receives = newSRTPOracle(suite, keys[0].Key, mki), newSRTPOracle(suite, keys[1].Key, "")
	return sdp.SRTP{Suite: suite, Send: keys[1].Key, Receive: keys[0].Key, ReceiveMKI: mki}
}

// encrypted is agreed with SRTP.
func (f *phone) encrypted(suite sdp.Suite) sdp.Negotiated {
	n := f.agreed()
	n.SRTP = f.encrypt(suite, "")
	return n
}

// TestSRTPOfEachSuite: what is sent and received is encrypted: prompts, digits both ways,
// recordings and taps, as an implementation of the RFCs' texts makes and reads it.
func TestSRTPOfEachSuite(t *testing.T) {
	t.Parallel()
	for _, suite := range sdp.Suites() {
		for _, mki := range []string{"", "\x00\x00\x00\x01"} {
			t.Run(string(suite)+"/"+map[bool]string{true: "MKI"}[mki != ""], func(t *testing.T) {
				port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
				n := f.agreed()
				n.SRTP = f.encrypt(suite, mki)
				f.meet(port, n)
				f.must() // the sign of life
				recording, tap := port.Record(), port.Tap(media.TapConfig{Received: 1, Buffer: 1 << 16})
				pcm := media.Tone(-10, 100*time.Millisecond, 1000)
				heard := f.until(port.Play(media.NewPrompt(pcm)).Done())
				if level := media.Goertzel(decodedAudio(heard), 1000); math.Abs(level+10) > 0.5 {
					t.Errorf("the phone hears 1000 Hz at %.1f dBFS in %d packets, want −10", level, len(heard))
				}
				for i := 0; i < len(pcm); i += 160 {
					f.send(port, 0, encoded(n.Codec, pcm[i:i+160]))
				}
				f.press(port, 101, 7)
				if d := nextDigit(t, port); d.Symbol != '7' {
					t.Errorf("digit %c, want 7", d.Symbol)
				}
				var tapped []int16
				tap.Read(func(frame media.TapFrame) { tapped = append(tapped, frame.PCM...) })
				tap.Close()
				if level := media.Goertzel(tapped, 1000); math.Abs(level+10) > 0.5 {
					t.Errorf("the tap has 1000 Hz at %.1f dBFS, want −10", level)
				}
				if recorded := recording.Stop(); slices.Max(recorded) < 5000 {
					t.Error("the recording has no tone")
				}
				port.SendDigits("5")
				if e := f.must(); e.PayloadType != 101 || e.Payload[0] != 5 {
					t.Errorf("the phone got %+v, want the event 5", e)
				}
				if s := port.Stats(); s.Suite != suite || s.Unauthenticated != 0 || s.Discarded != 0 || s.Received == 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// TestSRTPBridges joins SRTP with plain RTP, and with SRTP under other keys.
func TestSRTPBridges(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name string
		a, b sdp.Suite
	}{
		{"SRTP and plain RTP", sdp.AESCM128HMAC80, ""},
		{"plain RTP and SRTP", "", sdp.AESGCM128},
		{"two keys of one suite", sdp.AESCM128HMAC80, sdp.AESCM128HMAC80},
		{"two suites", sdp.AESGCM256, sdp.AESCM128HMAC32},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := newPlane(t, media.PlaneConfig{Workers: 2})
			a, b, f, g := open(t, p), open(t, p), newPhone(t), newPhone(t)
			meet := func(f *phone, port *media.Port, suite sdp.Suite, codec sdp.Codec) {
				n := f.agreed()
				if suite != "" {
					n = f.encrypted(suite)
				}
				n.Codec = codec
				f.meet(port, n)
			}
			ulaw, alaw := sdp.Codec{Name: sdp.PCMU, Rate: 8000}, sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}
			meet(f, a, x.a, ulaw)
			meet(g, b, x.b, alaw)
			media.Join(a, b)
			f.drain()
			g.drain()
			pcm := media.Tone(-10, 200*time.Millisecond, 1000)
			for _, way := range []struct {
				from, to *phone
				via      *media.Port
				codec    sdp.Codec
			}{{f, g, a, ulaw}, {g, f, b, alaw}} {
				var got []*rtp.Packet
				for i := 0; i < len(pcm); i += 160 {
					way.from.send(way.via, way.codec.PayloadType, encoded(way.codec, pcm[i:i+160]))
					got = append(got, way.to.must())
				}
				if level := media.Goertzel(decodedAudio(got), 1000); math.Abs(level+10) > 0.2 {
					t.Errorf("1000 Hz at %.1f dBFS, want −10", level)
				}
				way.from.press(way.via, 101, 3)
				if e := way.to.must(); e.PayloadType != 101 || e.Payload[0] != 3 {
					t.Errorf("%+v, want the event 3", e)
				}
				way.to.drain()
			}
		})
	}
}

// TestSRTPKillSwitch: packets that are not the far end's are dropped and counted, take no
// source, end no call, and tell the port nothing.
func TestSRTPKillSwitch(t *testing.T) {
	t.Parallel()
	for _, suite := range []sdp.Suite{sdp.AESCM128HMAC80, sdp.AESGCM256} {
		port, f, attacker := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t), newPhone(t)
		n := f.encrypted(suite)
		negotiate(port, n, media.Sources{Policy: media.SourceAny})
		f.must()
		before := f.out
		var sent uint64
		bad := func(b []byte) {
			if _, err := attacker.conn.WriteToUDPAddrPort(b, port.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			if sent++; sent%32 == 0 { // as many as the socket's queue holds
				eventually(t, "the packets are read", func() bool { return port.Stats().Unauthenticated == sent })
			}
		}
		plain, err := (&rtp.Packet{Header: before, Payload: make([]byte, 160)}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		forged := newSRTPOracle(suite, sdp.NewCrypto([]sdp.Suite{suite})[0].Key, "")
		for i := range 3000 { // in sequence, as a far end's source would send
			binary.BigEndian.PutUint16(plain[2:], before.SequenceNumber+uint16(i))
			switch i % 3 {
			case 0:
				bad(plain)
			case 1:
				bad(forged.protect(plain, 12, 0))
			default:
				bad(plain[:12+i%8])
			}
		}
		select {
		case <-port.FirstPacket():
			t.Fatal("a forged packet was heard")
		default:
		}
		s := port.Stats()
		if s.Received != 0 || s.Remote != f.addr() || s.Refused != 0 || s.Discarded != s.Unauthenticated {
			t.Errorf("%s: %+v", suite, s)
		}
		f.send(port, 0, silence(n.Codec))
		wait(t, port.FirstPacket(), "the far end is heard")
		playback := port.Play(media.NewPrompt(media.Tone(-10, 100*time.Millisecond, 1000)))
		if got := f.until(playback.Done()); len(got) < 5 || !playback.Finished() {
			t.Errorf("%s: %d packets of the prompt came", suite, len(got))
		}
		if p := attacker.next(time.Millisecond); p != nil {
			t.Errorf("%s: the attacker got %+v", suite, p)
		}
	}
}

// TestSRTPReplay: a packet that is sent again is dropped, from whatever address.
func TestSRTPReplay(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	n := f.encrypted(sdp.AESCM128HMAC80)
	f.meet(port, n)
	port.Record() // which reads every packet
	h := f.out
	for i := range uint64(5) {
		f.write(port, h, silence(n.Codec))
		eventually(t, "the packet is read", func() bool { s := port.Stats(); return s.Received == 2 && s.Unauthenticated == i })
	}
}

// TestSRTPOfEarlyDialogs: early dialogs have keys of their own, or none; when they take
// turns, each goes on where it was.
func TestSRTPOfEarlyDialogs(t *testing.T) {
	port, one, two := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t), newPhone(t)
	first := one.encrypted(sdp.AESCM128HMAC80)
	second := two.encrypted(sdp.AESGCM128)
	third := one.agreed()
	for range 2 { // the dialogs take turns; our keys are the same each time
		negotiate(port, first, media.Sources{Reopen: true})
		one.speak(port, first)
		negotiate(port, second, media.Sources{Reopen: true})
		two.speak(port, second)
		negotiate(port, third, media.Sources{Reopen: true})
		sends, receives := one.sends, one.receives
		one.sends, one.receives = nil, nil
		one.speak(port, third)
		one.sends, one.receives = sends, receives
	}
	if s := port.Stats(); s.Unauthenticated != 0 {
		t.Errorf("%+v", s)
	}
}

// speak has phone and port exchange a packet.
func (f *phone) speak(port *media.Port, n sdp.Negotiated) {
	f.t.Helper()
	before := port.Stats().Received
	f.send(port, n.Codec.PayloadType, silence(n.Codec))
	eventually(f.t, "the port hears the phone", func() bool { return port.Stats().Received == before+1 })
	port.Play(media.NewPrompt(media.Tone(-10, 20*time.Millisecond, 1000)))
	f.must()
	f.drain()
}

package media_test

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringflow/media"
	"ringflow/media/sdp"
)

// joinedPhones is a bridge with a phone on either side: one speaks µ-law and sends
// events under 101, the other A-law and events under 96.
func joinedPhones(t *testing.T, workers int) (bridge *media.Bridge, a, b *media.Port, x, y *phone) {
	t.Helper()
	p := newPlane(t, media.PlaneConfig{Workers: workers})
	a, b, x, y = open(t, p), open(t, p), newPhone(t), newPhone(t)
	x.meet(a, x.agreed())
	n := y.agreed()
	n.Codec, n.EventPT, n.LocalEvents = sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}, 96, []sdp.Codec{sdp.Events(96, 8000)}
	y.meet(b, n)
	bridge = media.Join(a, b)
	x.drain()
	y.drain()
	return bridge, a, b, x, y
}

func TestBridgeBothWays(t *testing.T) {
	for _, workers := range []int{1, 2} { // with two, one port has to move
		_, a, b, x, y := joinedPhones(t, workers)
		law := [2]sdp.Codec{{Name: sdp.PCMU}, {Name: sdp.PCMA, PayloadType: 8}}
		for _, way := range []struct {
			from, to   *phone
			codec, out sdp.Codec
			via        *media.Port
		}{{x, y, law[0], law[1], a}, {y, x, law[1], law[0], b}} {
			pcm := media.Tone(-10, 400*time.Millisecond, 1000)
			var got []*rtp.Packet
			for i := 0; i < len(pcm); i += 160 {
				way.from.send(way.via, way.codec.PayloadType, encoded(way.codec, pcm[i:i+160]))
				got = append(got, way.to.must())
			}
			for i, p := range got {
				if p.PayloadType != way.out.PayloadType || p.Marker != (i == 0) || p.SSRC != got[0].SSRC || p.SSRC == way.from.out.SSRC ||
					p.SequenceNumber != got[0].SequenceNumber+uint16(i) || p.Timestamp != got[0].Timestamp+uint32(160*i) {
					t.Errorf("packet %d: %+v", i, p.Header)
				}
			}
			if level := media.Goertzel(decodedAudio(got), 1000); math.Abs(level+10) > 0.2 {
				t.Errorf("1000 Hz at %.1f dBFS, want −10", level)
			}
		}
	}
}

// Loss, lateness and doubles are passed on as they are.
func TestBridgePreservesLossAndOrder(t *testing.T) {
	_, a, _, x, y := joinedPhones(t, 1)
	var seqs []uint16
	for _, d := range []uint16{0, 1, 3, 2, 2, 10} {
		x.out.SequenceNumber, x.out.Timestamp = 65530+d, 7000+160*uint32(d)
		x.send(a, 0, make([]byte, 160))
		p := y.must()
		seqs = append(seqs, p.SequenceNumber)
	}
	for i, d := range []uint16{0, 1, 3, 2, 2, 10} {
		if seqs[i]-seqs[0] != d {
			t.Errorf("packet %d has number %d after the first, want %d", i, seqs[i]-seqs[0], d)
		}
	}
}

func TestBridgeMapsEvents(t *testing.T) {
	_, a, b, x, y := joinedPhones(t, 1)
	x.send(a, 0, make([]byte, 160))
	y.must()
	x.press(a, 101, 9)
	var got []*rtp.Packet
	for range 4 {
		got = append(got, y.must())
	}
	for _, p := range got {
		if p.PayloadType != 96 || p.Timestamp != got[0].Timestamp || p.Payload[0] != 9 {
			t.Errorf("event %+v % x", p.Header, p.Payload)
		}
	}
	if d := nextDigit(t, a); d.Symbol != '9' {
		t.Errorf("the bridge hides the key: %c", d.Symbol)
	}

	// A far end that takes no events must not be sent any, nor see a gap.
	n := y.agreed()
	n.HasEvents, n.EventPT, n.LocalEvents = false, 0, nil
	negotiate(b, n, media.Sources{})
	x.send(a, 0, make([]byte, 160))
	before := y.must()
	x.press(a, 101, 8)
	x.send(a, 0, make([]byte, 160))
	if after := y.must(); after.PayloadType != 0 || after.SequenceNumber != before.SequenceNumber+1 {
		t.Errorf("%+v after %+v", after.Header, before.Header)
	}
}

func TestBridgeOverRenegotiation(t *testing.T) {
	_, a, b, x, y := joinedPhones(t, 1)
	x.send(a, 0, make([]byte, 160))
	y.must()
	// The far end moves to another address and codec.
	z := newPhone(t)
	negotiate(b, z.agreed(), media.Sources{})
	pcm := media.Tone(-10, 20*time.Millisecond, 1000)
	x.send(a, 0, encoded(sdp.Codec{Name: sdp.PCMU}, pcm))
	if level := media.Goertzel(decodedAudio([]*rtp.Packet{z.must()}), 1000); level < -20 {
		t.Errorf("to the new address: 1000 Hz at %.1f dBFS", level)
	}
	y.drain()
	z.send(b, 0, encoded(sdp.Codec{Name: sdp.PCMU}, pcm))
	if level := media.Goertzel(decodedAudio([]*rtp.Packet{x.must()}), 1000); level < -20 {
		t.Errorf("back from the new address: 1000 Hz at %.1f dBFS", level)
	}
	// It holds: nothing is sent to it, but the other side is heard no less.
	n := z.agreed()
	n.Direction = sdp.RecvOnly
	negotiate(b, n, media.Sources{})
	z.drain()
	x.send(a, 0, make([]byte, 160))
	z.send(b, 0, encoded(sdp.Codec{Name: sdp.PCMU}, pcm))
	x.must()
	if p := z.next(50 * time.Millisecond); p != nil {
		t.Errorf("sent to a far end that holds: %+v", p.Header)
	}
}

func TestBridgeEndsPromptsAndPromptsReturn(t *testing.T) {
	t.Parallel()
	p := newPlane(t, media.PlaneConfig{})
	a, b, x, y := open(t, p), open(t, p), newPhone(t), newPhone(t)
	x.meet(a, x.agreed())
	y.meet(b, y.agreed())
	ringing := a.Play(media.Ringback("US"))
	bridge := media.Join(a, b)
	wait(t, ringing.Done(), "the bridge ends the ringback")
	if ringing.Finished() {
		t.Error("a ringback is never heard to its end")
	}
	x.drain()
	y.send(b, 0, make([]byte, 160))
	relayed := x.must()
	bridge.Close()
	bridge.Close()
	played := a.Play(tonePrompt(60 * time.Millisecond))
	after := talkspurt(x.until(played.Done()))
	if len(after) != 3 || !after[0].Marker || after[0].SSRC != relayed.SSRC || after[0].SequenceNumber != relayed.SequenceNumber+1 ||
		int32(after[0].Timestamp-relayed.Timestamp) < 160 {
		t.Errorf("prompt after the bridge: %d packets, %+v after %+v", len(after), after[0].Header, relayed.Header)
	}
	y.send(b, 0, make([]byte, 160))
	if p := x.next(50 * time.Millisecond); p != nil {
		t.Errorf("relayed over a closed bridge: %+v", p.Header)
	}
}

func TestJoinAnother(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{Workers: 3})
	ports, phones := make([]*media.Port, 3), make([]*phone, 3)
	for i := range ports {
		ports[i], phones[i] = open(t, p), newPhone(t)
		phones[i].meet(ports[i], phones[i].agreed())
	}
	first := media.Join(ports[0], ports[1])
	second := media.Join(ports[2], ports[1])
	first.Close() // is over already, and must not end the second
	for _, f := range phones {
		f.drain()
	}
	phones[1].send(ports[1], 0, make([]byte, 160))
	phones[2].must()
	if p := phones[0].next(50 * time.Millisecond); p != nil {
		t.Errorf("the first bridge still relays: %+v", p.Header)
	}
	ports[1].Close()
	second.Close()
	phones[2].press(ports[2], 101, 5) // a port whose bridge has gone hears on
	if d := nextDigit(t, ports[2]); d.Symbol != '5' {
		t.Errorf("key %c, want 5", d.Symbol)
	}
	media.Join(ports[0], ports[1]).Close() // closed from the start
	media.Join(ports[0], ports[0]).Close()
}

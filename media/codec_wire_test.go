package media_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
)

var g722 = sdp.Codec{Name: "G722", PayloadType: 9, Rate: 8000}

// peers are two ports that talk to each other in a codec.
func peers(t *testing.T, p *media.Plane, c sdp.Codec, events bool) (near, far *media.Port) {
	t.Helper()
	near, far = open(t, p), open(t, p)
	for _, way := range [][2]*media.Port{{near, far}, {far, near}} {
		n := agreedWith(way[1], c.Name, c.PayloadType, 101)
		if n.HasEvents = events; !events {
			n.EventPT, n.LocalEventPT = 0, 0
		}
		way[0].Negotiate(n, media.Sources{})
	}
	wait(t, near.FirstPacket(), "a packet of the far end")
	wait(t, far.FirstPacket(), "a packet of the near end")
	return near, far
}

// wantTone expects a tone in a recording behind its first 100 ms, at −10 dBFS.
func wantTone(t *testing.T, what string, pcm []int16, freq float64) {
	t.Helper()
	const behind, length = 800, 1600
	if len(pcm) < behind+length {
		t.Fatalf("%s: %d samples", what, len(pcm))
	}
	if level := media.Goertzel(pcm[behind:behind+length], freq); math.Abs(level+10) > 0.5 {
		t.Errorf("%s: %.0f Hz at %.1f dBFS, want −10", what, freq, level)
	}
}

func TestPromptAndRecordingInG722(t *testing.T) {
	near, far := peers(t, newPlane(t, media.PlaneConfig{}), g722, true)
	recording := far.Record()
	wait(t, near.Play(tonePrompt(500*time.Millisecond)).Done(), "the prompt's end")
	wantTone(t, "prompt", recording.Stop(), 1000)
	if s := far.Stats(); s.Codec != "G722" {
		t.Errorf("codec %q", s.Codec)
	} else if _, known := s.MOS(); known {
		t.Error("a MOS of G.711 for wideband audio")
	}
}

func TestDigitsInG722(t *testing.T) {
	plane := newPlane(t, media.PlaneConfig{})
	near, far := peers(t, plane, g722, true)
	near.SendDigits("5#")
	for _, want := range "5#" {
		if d := nextDigit(t, far); d.Symbol != want {
			t.Errorf("digit %c, want %c", d.Symbol, want)
		}
	}
	near, far = peers(t, plane, g722, false)
	recording := far.Record()
	near.SendDigits("5")
	<-closedAfter(300 * time.Millisecond)
	pcm := recording.Stop()
	for _, freq := range []float64{770, 1336} {
		best := -200.0
		for at := 0; at+400 <= len(pcm); at += 200 {
			best = max(best, media.Goertzel(pcm[at:at+400], freq))
		}
		if best < -15 {
			t.Errorf("%.0f Hz at %.1f dBFS", freq, best)
		}
	}
}

// Between two far ends of the same codec payloads are relayed as they are, whatever
// they are.
func TestBridgeOfG722RelaysBytes(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{})
	a, b, x, y := open(t, p), open(t, p), newPhone(t), newPhone(t)
	for f, port := range map[*phone]*media.Port{x: a, y: b} {
		n := f.agreed()
		n.Codec = g722
		port.Negotiate(n, media.Sources{})
		f.send(port, 9, make([]byte, 160))
		wait(t, port.FirstPacket(), "the phone's packet")
	}
	media.Join(a, b)
	x.drain()
	y.drain()
	for i := range 8 {
		payload := make([]byte, 160)
		for k := range payload {
			payload[k] = byte(k*7 + i)
		}
		x.send(a, 9, payload)
		if got := y.must(); got.PayloadType != 9 || !bytes.Equal(got.Payload, payload) {
			t.Fatalf("packet %d: type %d, % x", i, got.PayloadType, got.Payload)
		}
	}
}

func TestBridgeOfG722AndG711(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{})
	a, wide := peers(t, p, g722, true)
	b, narrow := peers(t, p, sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}, true)
	bridge := media.Join(a, b)
	defer bridge.Close()
	atWide, atNarrow := wide.Record(), narrow.Record()
	high := media.NewPrompt(media.Tone(-10, 500*time.Millisecond, 1200))
	first, second := wide.Play(tonePrompt(500*time.Millisecond)), narrow.Play(high)
	wait(t, first.Done(), "the prompt in G.722")
	wait(t, second.Done(), "the prompt in G.711")
	wantTone(t, "G.722 to G.711", atNarrow.Stop(), 1000)
	wantTone(t, "G.711 to G.722", atWide.Stop(), 1200)
	if s := narrow.Stats(); s.Lost > 0 || s.Received < 25 {
		t.Errorf("%d packets received, %d lost", s.Received, s.Lost)
	}
}

// What the offer listed may come at any time, though another codec was agreed on
// (RFC 3264 §5.1); what it did not list is no audio.
func TestOfferedCodecIsReceived(t *testing.T) {
	for _, offered := range []bool{true, false} {
		port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
		n := f.agreed()
		if offered {
			n.Receive = []sdp.Codec{g722, n.Codec}
		}
		f.meet(port, n)
		recording := port.Record()
		for range 10 {
			f.send(port, 9, bytes.Repeat([]byte{0x20, 0xE0}, 80)) // loud
		}
		eventually(t, "the packets", func() bool { return port.Stats().Received == 11 })
		loud := false
		for _, v := range recording.Stop() {
			loud = loud || v > 500 || v < -500
		}
		if loud != offered {
			t.Errorf("offered %v, recorded %v", offered, loud)
		}
	}
}

func TestCodecChangeToG722InMidPrompt(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{})
	near, far := peers(t, p, sdp.Codec{Name: sdp.PCMU, Rate: 8000}, true)
	b := near.Play(tonePrompt(time.Second))
	n := agreedWith(near, "G722", 9, 101)
	n.Receive = []sdp.Codec{g722}
	far.Negotiate(n, media.Sources{})
	near.Negotiate(agreedWith(far, "G722", 9, 101), media.Sources{})
	recording := far.Record()
	wait(t, b.Done(), "the prompt's end")
	wantTone(t, "after the change", recording.Stop(), 1000)
	if !b.Finished() {
		t.Error("the prompt was not sent to its end")
	}
}

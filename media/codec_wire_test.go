package media_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
)

var (
	g722 = sdp.Codec{Name: "G722", PayloadType: 9, Rate: 8000}
	opus = sdp.Codec{Name: "opus", PayloadType: 107, Rate: 48000, Channels: 2, Parameters: "useinbandfec=1"}
)

// eachWideband runs a test for each codec but G.711.
func eachWideband(t *testing.T, test func(*testing.T, sdp.Codec)) {
	for _, c := range []sdp.Codec{g722, opus} {
		t.Run(c.Name, func(t *testing.T) { test(t, c) })
	}
}

// peers are two ports that talk to each other in a codec.
func peers(t *testing.T, p *media.Plane, c sdp.Codec, events bool) (near, far *media.Port) {
	t.Helper()
	near, far = open(t, p), open(t, p)
	for _, way := range [][2]*media.Port{{near, far}, {far, near}} {
		n := agreedWith(way[1], c.Name, c.PayloadType, 101)
		if n.HasEvents = events; !events {
			n.EventPT, n.LocalEvents = 0, nil
		}
		negotiate(way[0], n, media.Sources{})
	}
	near.Play(media.NewPrompt(make([]int16, 160))) // the first packet was faster than the far end's SDP
	wait(t, near.FirstPacket(), "a packet of the far end")
	wait(t, far.FirstPacket(), "a packet of the near end")
	return near, far
}

// wantTone expects a tone in a recording behind its first 100 ms: in a tenth of a second of
// it, as the machine may stand still in others, within so many dB of −10 dBFS.
func wantTone(t *testing.T, what string, pcm []int16, freq, within float64) {
	t.Helper()
	const behind, window = 800, 800
	best := math.Inf(-1)
	for at := behind; at+window <= len(pcm); at += window / 2 {
		if level := media.Goertzel(pcm[at:at+window], freq); math.Abs(level+10) < math.Abs(best+10) {
			best = level
		}
	}
	if math.Abs(best+10) > within {
		t.Errorf("%s: %d samples, %.0f Hz at %.1f dBFS, want −10", what, len(pcm), freq, best)
	}
}

func TestPromptAndRecordingInWideband(t *testing.T) {
	t.Parallel()
	eachWideband(t, func(t *testing.T, c sdp.Codec) {
		near, far := peers(t, newPlane(t, media.PlaneConfig{}), c, true)
		recording := far.Record()
		wait(t, near.Play(tonePrompt(500*time.Millisecond)).Done(), "the prompt's end")
		wantTone(t, "prompt", recording.Stop(), 1000, 0.5)
		if s := far.Stats(); s.Codec != c.Name || s.JitterMax > 20*time.Millisecond || s.Late+s.Short+s.Lost > 0 {
			t.Errorf("%+v", s)
		} else if _, known := s.MOS(); known {
			t.Error("a MOS of G.711 for wideband audio")
		}
	})
}

func TestDigitsInWideband(t *testing.T) {
	t.Parallel()
	eachWideband(t, digitsIn)
}

func digitsIn(t *testing.T, c sdp.Codec) {
	plane := newPlane(t, media.PlaneConfig{})
	near, far := peers(t, plane, c, true)
	near.SendDigits("5#")
	for _, want := range "5#" {
		if d := nextDigit(t, far); d.Symbol != want {
			t.Errorf("digit %c, want %c", d.Symbol, want)
		}
	}
	near, far = peers(t, plane, c, false)
	recording := far.Record()
	near.SendDigits("5")
	done := closedAfter(300 * time.Millisecond)
	for open := true; open; { // the tones are encoded while others ask the worker
		plane.Stats()
		select {
		case <-done:
			open = false
		case <-time.After(time.Millisecond):
		}
	}
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
func TestBridgeOfWidebandRelaysBytes(t *testing.T) { eachWideband(t, bridgeRelaysBytes) }

func bridgeRelaysBytes(t *testing.T, c sdp.Codec) {
	p := newPlane(t, media.PlaneConfig{})
	a, b, x, y := open(t, p), open(t, p), newPhone(t), newPhone(t)
	for f, port := range map[*phone]*media.Port{x: a, y: b} {
		n := f.agreed()
		n.Codec = c
		negotiate(port, n, media.Sources{})
		f.send(port, c.PayloadType, make([]byte, 160))
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
		x.send(a, c.PayloadType, payload)
		if got := y.must(); got.PayloadType != c.PayloadType || !bytes.Equal(got.Payload, payload) {
			t.Fatalf("packet %d: type %d, % x", i, got.PayloadType, got.Payload)
		}
	}
}

func TestBridgeOfWidebandAndG711(t *testing.T) {
	t.Parallel()
	eachWideband(t, bridgeToG711)
}

func bridgeToG711(t *testing.T, c sdp.Codec) {
	p := newPlane(t, media.PlaneConfig{})
	a, wide := peers(t, p, c, true)
	b, narrow := peers(t, p, sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}, true)
	bridge := media.Join(a, b)
	defer bridge.Close()
	atWide, atNarrow := wide.Record(), narrow.Record()
	high := media.NewPrompt(media.Tone(-10, 500*time.Millisecond, 1200))
	first, second := wide.Play(tonePrompt(500*time.Millisecond)), narrow.Play(high)
	wait(t, first.Done(), "the prompt in "+c.Name)
	wait(t, second.Done(), "the prompt in G.711")
	wantTone(t, c.Name+" to G.711", atNarrow.Stop(), 1000, 0.5)
	wantTone(t, "G.711 to "+c.Name, atWide.Stop(), 1200, 0.5)
	if s := narrow.Stats(); s.Lost > 0 || s.Received < 25 {
		t.Errorf("%d packets received, %d lost", s.Received, s.Lost)
	}
}

// What the offer listed may come at any time, though another codec was agreed on
// (RFC 3264 §5.1); what it did not list is no audio.
func TestOfferedCodecIsReceived(t *testing.T) {
	t.Parallel()
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
		wait(t, port.Play(tonePrompt(100*time.Millisecond)).Done(), "a recording that is long enough: it ends with its time")
		loud := false
		for _, v := range recording.Stop() {
			loud = loud || v > 500 || v < -500
		}
		if loud != offered {
			t.Errorf("offered %v, recorded %v", offered, loud)
		}
	}
}

// joinedWithin is how far the level of a tone may be off for who joins in its middle: Opus
// predicts it from audio that was not received.
func joinedWithin(c sdp.Codec) float64 {
	if c == opus {
		return 4
	}
	return 0.5
}

func TestCodecChangeToWidebandInMidPrompt(t *testing.T) {
	t.Parallel()
	eachWideband(t, changeInMidPrompt)
}

func changeInMidPrompt(t *testing.T, c sdp.Codec) {
	p := newPlane(t, media.PlaneConfig{})
	near, far := peers(t, p, sdp.Codec{Name: sdp.PCMU, Rate: 8000}, true)
	b := near.Play(tonePrompt(time.Second))
	n := agreedWith(near, c.Name, c.PayloadType, 101)
	n.Receive = []sdp.Codec{c}
	negotiate(far, n, media.Sources{})
	negotiate(near, agreedWith(far, c.Name, c.PayloadType, 101), media.Sources{})
	recording := far.Record()
	wait(t, b.Done(), "the prompt's end")
	wantTone(t, "after the change", recording.Stop(), 1000, joinedWithin(c))
	if !b.Finished() {
		t.Error("the prompt was not sent to its end")
	}
}

// opusPhone is a phone in Opus that a port has agreed with.
func opusPhone(t *testing.T, p *media.Plane, parameters string, ptime time.Duration) (*media.Port, *phone) {
	t.Helper()
	port, f := open(t, p), newPhone(t)
	n := f.agreed()
	n.Codec, n.PTime = opus, ptime
	n.Codec.Parameters = parameters
	n.EventPT, n.EventRate, n.LocalEvents = 110, 48000, []sdp.Codec{sdp.Events(101, 8000), sdp.Events(110, 48000)}
	negotiate(port, n, media.Sources{})
	f.must() // silence, which opens the way
	return port, f
}

// A prompt in Opus has one packet each packet time, of one size, with timestamps of 48 kHz;
// silence and digits beside it are on the same clock.
func TestPromptInOpusOnTheWire(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ptime      time.Duration
		parameters string
		size       int
	}{
		{10 * time.Millisecond, "", 30}, {20 * time.Millisecond, "", 60}, {40 * time.Millisecond, "useinbandfec=1", 120},
		{60 * time.Millisecond, "", 180}, {20 * time.Millisecond, "maxaveragebitrate=20000", 40}, {60 * time.Millisecond, "maxaveragebitrate=9000", 60},
	} {
		port, f := opusPhone(t, newPlane(t, media.PlaneConfig{}), c.parameters, c.ptime)
		packets := f.until(port.Play(tonePrompt(240 * time.Millisecond)).Done())
		if want := int(240 * time.Millisecond / c.ptime); len(packets) != want {
			t.Errorf("%v: %d packets, want %d", c.ptime, len(packets), want)
		}
		units := uint32(c.ptime.Milliseconds()) * 48
		for i, k := range packets {
			if k.PayloadType != opus.PayloadType || len(k.Payload) != c.size || (k.Timestamp-packets[0].Timestamp)%units != 0 || k.Marker != (i == 0) {
				t.Errorf("%v, %q: packet %d is of type %d, %d bytes, %d units after the first, marker %v", c.ptime, c.parameters, i, k.PayloadType,
					len(k.Payload), k.Timestamp-packets[0].Timestamp, k.Marker)
			}
		}
		last := packets[len(packets)-1]
		if passed, want := last.Timestamp-packets[0].Timestamp, units*uint32(len(packets)-1+int(port.Stats().Inserted)); passed != want {
			t.Errorf("%v: the last packet is %d units after the first, want %d", c.ptime, passed, want)
		}
		port.SendDigits("5")
		for i := range 7 {
			want := uint16(min(i+1, 5) * 960)
			if k := f.must(); k.PayloadType != 110 || binary.BigEndian.Uint16(k.Payload[2:]) != want || int32(k.Timestamp-last.Timestamp) <= 0 {
				t.Errorf("event packet %d: type %d, duration %d, want %d", i, k.PayloadType, binary.BigEndian.Uint16(k.Payload[2:]), want)
			}
		}
	}
}

// Digits beside Opus come on either clock that was offered.
func TestDigitsOfBothClocksBesideOpus(t *testing.T) {
	port, f := opusPhone(t, newPlane(t, media.PlaneConfig{}), "", 20*time.Millisecond)
	for _, payloadType := range []uint8{101, 110} {
		f.press(port, payloadType, 7)
		want := 40 * time.Millisecond // 320 units of 8 kHz
		if payloadType == 110 {
			want /= 6
		}
		if d := nextDigit(t, port); d.Symbol != '7' || (d.Duration-want).Abs() > time.Millisecond {
			t.Errorf("type %d: digit %c for %v, want %v", payloadType, d.Symbol, d.Duration, want)
		}
	}
}

// Between a far end in Opus and one in G.711 audio and digits keep their times, each on the
// clock of its side, and the packets that cannot be decoded leave no gap in the numbers.
func TestBridgeBetweenClocks(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{})
	a, x := opusPhone(t, p, "", 20*time.Millisecond)
	b, y := open(t, p), newPhone(t)
	y.meet(b, y.agreed())
	x.sendOpus(a, []byte{0xF8, 0xFF, 0xFE})
	wait(t, a.FirstPacket(), "the phone's packet")
	bridge := media.Join(a, b)
	defer bridge.Close()
	x.drain()
	y.drain()
	x.sendOpus(a, []byte{0xF8, 0xFF, 0xFE}) // 20 ms of silence
	first := y.must()
	x.sendOpus(a, []byte{0xFB, 0}) // no frames
	x.sendOpus(a, []byte{0xF8, 0xFF, 0xFE})
	if k := y.must(); k.SequenceNumber != first.SequenceNumber+1 || k.Timestamp != first.Timestamp+320 || len(k.Payload) != 160 || k.PayloadType != 0 {
		t.Errorf("after what cannot be decoded: %+v, %d bytes, after %+v", k.Header, len(k.Payload), first.Header)
	}
	x.event(a, 110, x.out.Timestamp, 5, 960, false)
	if k := y.must(); k.PayloadType != 101 || binary.BigEndian.Uint16(k.Payload[2:]) != 160 || k.Timestamp != first.Timestamp+480 {
		t.Errorf("a digit is relayed as %+v, % x, %d units after the audio", k.Header, k.Payload, k.Timestamp-first.Timestamp)
	}
	y.send(b, 0, make([]byte, 160))
	back := x.must()
	y.send(b, 0, make([]byte, 240))
	if k := x.must(); k.PayloadType != opus.PayloadType || len(k.Payload) < 60 || k.Timestamp != back.Timestamp+960 || k.SequenceNumber != back.SequenceNumber+1 {
		t.Errorf("30 ms in Opus: %+v, %d bytes, after %+v", k.Header, len(k.Payload), back.Header)
	}
}

// A far end that wants less than another one may send gets it encoded anew.
func TestBridgeOfOpusToALowerBitRate(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{})
	a, x := opusPhone(t, p, "", 20*time.Millisecond)
	b, y := opusPhone(t, p, "maxaveragebitrate=16000", 20*time.Millisecond)
	for f, port := range map[*phone]*media.Port{x: a, y: b} {
		f.sendOpus(port, []byte{0xF8, 0xFF, 0xFE})
		wait(t, port.FirstPacket(), "the phone's packet")
	}
	media.Join(a, b)
	x.drain()
	y.drain()
	for range 3 {
		x.sendOpus(a, append([]byte{0xF8, 0xFF, 0xFE}, make([]byte, 97)...))
		if k := y.must(); len(k.Payload) != 40 {
			t.Errorf("%d bytes, want 40", len(k.Payload))
		}
		y.sendOpus(b, []byte{0xF8, 0xFF, 0xFE})
		if k := x.must(); len(k.Payload) != 3 {
			t.Errorf("%d bytes, want the 3 that came", len(k.Payload))
		}
	}
}

// sendOpus sends one packet, 20 ms after the one before.
func (f *phone) sendOpus(to *media.Port, payload []byte) {
	f.t.Helper()
	f.send(to, opus.PayloadType, payload)
	f.out.Timestamp += 960 - 160
}

package media_test

import (
	"encoding/binary"
	"testing"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
)

// eventPacket is one telephone-event packet of a test.
type eventPacket struct {
	ahead    uint32 // of the timestamp at which the press began
	code     byte
	duration uint16
	end      bool
	marker   bool
}

// digitPackets sends packets of one press that began at ts, numbered on.
func (f *phone) digitPackets(to *media.Port, payloadType uint8, ts uint32, list ...eventPacket) {
	f.t.Helper()
	for _, k := range list {
		payload := []byte{k.code, 10, 0, 0}
		if k.end {
			payload[1] |= 0x80
		}
		binary.BigEndian.PutUint16(payload[2:], k.duration)
		h := f.out
		h.PayloadType, h.Timestamp, h.Marker = payloadType, ts+k.ahead, k.marker
		f.write(to, h, payload)
		f.out.SequenceNumber++
	}
}

// usual is a press of 60 ms by RFC 4733.
func usual(code byte) []eventPacket {
	return []eventPacket{
		{code: code, duration: 160, marker: true}, {code: code, duration: 320}, {code: code, duration: 480},
		{code: code, duration: 480, end: true}, {code: code, duration: 480, end: true}, {code: code, duration: 480, end: true},
	}
}

// wantDigits expects the keys, and none after them.
func wantDigits(t *testing.T, port *media.Port, want string) {
	t.Helper()
	for _, k := range want {
		if d := nextDigit(t, port); d.Symbol != k {
			t.Errorf("key %c, want %c of %q", d.Symbol, k, want)
		}
	}
	select {
	case d := <-port.Digits():
		t.Errorf("after %q comes %c", want, d.Symbol)
	case <-time.After(200 * time.Millisecond):
	}
}

// met is a port that knows its phone.
func met(t *testing.T, change func(*sdp.Negotiated)) (*media.Port, *phone) {
	t.Helper()
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	n := f.agreed()
	if change != nil {
		change(&n)
	}
	f.meet(port, n)
	return port, f
}

// A sender may give a press the timestamp of the one before.
func TestAPressWithTheTimestampOfTheOneBefore(t *testing.T) {
	t.Parallel()
	port, f := met(t, nil)
	ts := f.out.Timestamp
	for _, code := range []byte{1, 1, 2, 3} {
		f.digitPackets(port, 101, ts, usual(code)...)
		if code == 2 {
			ts += 8000
		}
	}
	wantDigits(t, port, "1123")
}

// A timestamp that moves within a press is no other press.
func TestAPressWhoseTimestampMoves(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string][6]uint32{
		"the end's":           {0, 0, 0, 480, 480, 480},
		"each end's":          {0, 0, 0, 480, 640, 800},
		"every packet's":      {0, 160, 320, 480, 640, 800},
		"all but the end's":   {0, 160, 320, 0, 0, 0},
		"the end's, a little": {0, 0, 0, 1, 1, 1},
	} {
		port, f := met(t, nil)
		ts := f.out.Timestamp
		for range 2 {
			list := usual(1)
			for i := range list {
				list[i].ahead = ahead[i]
			}
			f.digitPackets(port, 101, ts, list...)
			ts += 2400
		}
		t.Log(name)
		wantDigits(t, port, "11")
	}
}

// What was offered is heard, though the far end takes none itself.
func TestDigitsOfAFarEndThatTakesNone(t *testing.T) {
	t.Parallel()
	n, err := sdp.Accept(sdp.Local{Addr: loopbackPort, SessionID: 1, Version: 1}, []byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	n.Remote = f.addr()
	f.meet(port, n)
	f.digitPackets(port, 101, f.out.Timestamp, usual(6)...)
	wantDigits(t, port, "6")
	f.drain()
	port.SendDigits("5") // it is sent none: it hears the key
	for _, p := range f.until(closedAfter(200 * time.Millisecond)) {
		if p.PayloadType != 0 {
			t.Errorf("it was sent payload type %d", p.PayloadType)
		}
	}
}

// Durations are counted in the clock that was agreed on, both ways.
func TestDigitsInAnotherClock(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{16000, 48000} {
		port, f := met(t, func(n *sdp.Negotiated) {
			n.EventPT, n.EventRate, n.LocalEvents = 96, rate, []sdp.Codec{sdp.Events(96, rate)}
		})
		list := usual(4)
		for i := range list {
			list[i].duration *= uint16(rate / 8000)
		}
		f.digitPackets(port, 96, f.out.Timestamp, list...)
		if d := nextDigit(t, port); d.Symbol != '4' || d.Duration != 60*time.Millisecond {
			t.Errorf("%d Hz: key %c of %v, want 60 ms", rate, d.Symbol, d.Duration)
		}
		f.drain()
		port.SendDigits("9")
		p := f.must()
		for p.PayloadType != 96 || p.Payload[1]&0x80 == 0 {
			p = f.must()
		}
		if got := int(binary.BigEndian.Uint16(p.Payload[2:])); got != rate/10 {
			t.Errorf("%d Hz: a press of 100 ms is sent as %d samples", rate, got)
		}
	}
}

// Offer and answer may change the payload type while a key is down, and packets under
// the old one may still be on the way.
func TestAPressAcrossANegotiation(t *testing.T) {
	t.Parallel()
	port, f := met(t, nil)
	ts := f.out.Timestamp
	list := usual(8)
	f.digitPackets(port, 101, ts, list[:2]...)
	eventually(t, "the press has begun", func() bool { return port.Stats().Received == 3 })
	n := f.agreed()
	n.EventPT, n.LocalEvents = 96, []sdp.Codec{sdp.Events(96, 8000)}
	negotiate(port, n, media.Sources{})
	f.digitPackets(port, 96, ts, list[2:4]...)
	f.digitPackets(port, 101, ts, list[4:]...)
	wantDigits(t, port, "8")
	n.HasEvents, n.EventPT, n.LocalEvents = false, 0, nil
	negotiate(port, n, media.Sources{})
	f.digitPackets(port, 96, ts+8000, usual(2)...)
	wantDigits(t, port, "2")
}

// A payload type of events that sound is agreed on for is that.
func TestAudioUnderAPayloadTypeThatWasOfEvents(t *testing.T) {
	t.Parallel()
	port, f := met(t, nil)
	n := f.agreed()
	n.Codec.PayloadType, n.EventPT, n.LocalEvents = 101, 96, []sdp.Codec{sdp.Events(96, 8000)}
	negotiate(port, n, media.Sources{})
	f.digitPackets(port, 101, f.out.Timestamp, usual(8)...)
	f.digitPackets(port, 96, f.out.Timestamp, usual(3)...)
	wantDigits(t, port, "3")
}

// A new source may take over while a key is down.
func TestAPressAcrossANewSource(t *testing.T) {
	t.Parallel()
	port, f := met(t, nil)
	list := usual(8)
	f.digitPackets(port, 101, f.out.Timestamp, list[:2]...)
	f.out.SSRC, f.out.SequenceNumber, f.out.Timestamp = 77, 60000, 123456
	f.digitPackets(port, 101, f.out.Timestamp, list[2:]...)
	f.digitPackets(port, 101, f.out.Timestamp+4000, usual(8)...)
	wantDigits(t, port, "88")
}

// One packet may carry several keys that follow one another.
func TestSeveralDigitsInOnePacket(t *testing.T) {
	t.Parallel()
	port, f := met(t, nil)
	h := f.out
	h.PayloadType, h.Marker = 101, true
	payload := []byte{1, 0x8A, 0, 160, 16, 0x8A, 0, 160, 2, 0x8A, 0, 160, 2, 0x8A, 0, 160, 3, 10, 0, 160}
	for range 3 {
		f.write(port, h, payload)
		h.SequenceNumber++
	}
	payload[17] |= 0x80
	f.write(port, h, payload)
	wantDigits(t, port, "1223")
	// A payload filled up with zeros has one key, and a piece of one is none.
	h.Timestamp += 8000
	h.SequenceNumber++
	f.write(port, h, []byte{9, 0x8A, 0, 160, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x8A})
	wantDigits(t, port, "9")
}

// The bits beside the end, and any volume, say nothing of the key.
func TestVolumeAndReservedBits(t *testing.T) {
	t.Parallel()
	port, f := met(t, nil)
	h := f.out
	h.PayloadType = 101
	for i, bits := range []byte{0x40, 0x7F, 0xFF, 0x80, 0xC0} {
		h.SequenceNumber++
		f.write(port, h, []byte{11, bits, 0, byte(160 + min(i, 2))})
	}
	wantDigits(t, port, "#")
}

// A key that is down when the call ends was pressed, and so was one whose packets
// nobody has read yet.
func TestDigitsPressedAtTheEnd(t *testing.T) {
	t.Parallel()
	for range 20 {
		port, f := met(t, nil)
		f.digitPackets(port, 101, f.out.Timestamp, usual(1)...)
		f.digitPackets(port, 101, f.out.Timestamp+1600, usual(2)[:1]...)
		port.Close()
		var got string
		for d := range port.Digits() {
			got += string(d.Symbol)
		}
		if got != "12" {
			t.Errorf("keys %q, want 12", got)
		}
	}
}

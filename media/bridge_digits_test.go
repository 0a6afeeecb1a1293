package media_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringflow/media"
	"ringflow/media/sdp"
)

// bridged is a bridge with usual phones on either side, whose sides have agreed on
// what b says.
func bridged(t *testing.T, b func(*sdp.Negotiated)) (pa, pb *media.Port, x, y *phone) {
	t.Helper()
	p := newPlane(t, media.PlaneConfig{Workers: 1})
	pa, pb, x, y = open(t, p), open(t, p), newPhone(t), newPhone(t)
	x.meet(pa, x.agreed())
	n := y.agreed()
	if b != nil {
		b(&n)
	}
	y.meet(pb, n)
	media.Join(pa, pb)
	x.drain()
	y.drain()
	return pa, pb, x, y
}

// relayed sends one packet of sound and returns it as the other side hears it.
func relayed(from, to *phone, via *media.Port) *rtp.Packet {
	from.t.Helper()
	from.send(via, 0, silence(sdp.Codec{Name: sdp.PCMU}))
	return to.must()
}

// What a far end hears after a new negotiation announces us to it: silence does not go
// between the packets that are relayed.
func TestBridgeRelaysAloneAfterANewNegotiation(t *testing.T) {
	t.Parallel()
	pa, pb, x, y := bridged(t, nil)
	negotiate(pb, y.agreed(), media.Sources{})
	before := pa.Stats().Received
	for range 8 {
		x.send(pa, 0, silence(sdp.Codec{Name: sdp.PCMU}))
	}
	eventually(t, "the packets are relayed", func() bool { return pa.Stats().Received == before+8 }) // silence before the first counts as sent
	y.drain()
	last := relayed(x, y, pa)
	if k := y.next(200 * time.Millisecond); k != nil {
		t.Errorf("in a gap of what is relayed comes %+v", k.Header)
	}
	if k := relayed(x, y, pa); k.Marker || k.Timestamp != last.Timestamp+160 || k.SequenceNumber != last.SequenceNumber+1 {
		t.Errorf("%+v after %+v", k.Header, last.Header)
	}
}

// Comfort noise, and all else that is for nobody, takes no number: the far end would
// count it as lost.
func TestBridgeLeavesNoHoleWhereNothingIsPassedOn(t *testing.T) {
	pa, _, x, y := bridged(t, nil)
	before := relayed(x, y, pa)
	for i, payloadType := range []uint8{13, 19, 97, 9, 127} {
		for range 3 { // one of them doubled
			x.send(pa, payloadType, []byte{60})
		}
		x.out.SequenceNumber--
		x.send(pa, payloadType, []byte{60})
		after := relayed(x, y, pa)
		if want := before.SequenceNumber + uint16(i+1); after.SequenceNumber != want || !after.Marker {
			t.Errorf("after payload type %d: number %d and marker %v, want %d and a marker", payloadType, after.SequenceNumber, after.Marker, want)
		}
	}
	if after := relayed(x, y, pa); after.Marker || after.SequenceNumber != before.SequenceNumber+6 {
		t.Errorf("the next: %+v", after.Header)
	}
}

// A source whose timestamps begin anew while its numbers run on is put where the
// stream is.
func TestBridgeTakesUpATimestampThatJumps(t *testing.T) {
	pa, _, x, y := bridged(t, nil)
	before := relayed(x, y, pa)
	for _, jump := range []int32{-1 << 31, 1 << 20, -1 << 20, 16000, -16000} {
		began := time.Now()
		x.out.Timestamp += uint32(jump)
		after := relayed(x, y, pa)
		if after.SequenceNumber != before.SequenceNumber+1 || !after.Marker || !follows(after, before, began) {
			t.Errorf("a jump of %d: %+v after %+v", jump, after.Header, before.Header)
		}
		next := relayed(x, y, pa)
		if next.Marker || next.SequenceNumber != after.SequenceNumber+1 || next.Timestamp != after.Timestamp+160 {
			t.Errorf("after a jump of %d: %+v after %+v", jump, next.Header, after.Header)
		}
		before = next
	}
}

// follows reports whether a packet's timestamp is after the one's before, by no more
// than a second and the time since then.
func follows(after, before *rtp.Packet, since time.Time) bool {
	ahead := int32(after.Timestamp - before.Timestamp)
	return ahead >= 160 && time.Duration(ahead)*time.Second/8000 <= time.Second+time.Since(since)
}

// Whatever a source begins anew, the stream to the far end stays one.
func TestBridgeOverSourcesThatBeginAnew(t *testing.T) {
	pa, _, x, y := bridged(t, nil)
	before := relayed(x, y, pa)
	began := time.Now()
	for name, change := range map[string]func(){
		"another SSRC":               func() { x.out.SSRC++; x.out.SequenceNumber, x.out.Timestamp = 9, 1 },
		"numbers far ahead":          func() { x.out.SequenceNumber += 20000; x.out.Timestamp += 1 << 30 },
		"numbers and time far ahead": func() { x.out.SequenceNumber -= 20000; x.out.Timestamp -= 1 << 30 },
		"a wrap of both":             func() { x.out.SequenceNumber, x.out.Timestamp = 65535, 1<<32-1; x.out.SSRC++ },
	} {
		change()
		for i := range 3 {
			after := relayed(x, y, pa)
			if after.SSRC != before.SSRC || after.SequenceNumber != before.SequenceNumber+1 || after.Marker != (i == 0) || !follows(after, before, began) {
				t.Errorf("%s: packet %d: %+v after %+v", name, i, after.Header, before.Header)
			}
			before = after
		}
	}
	// One whose numbers go back a little, as if they were late, is one of them from
	// the second packet on (RFC 3550 §A.1).
	x.out.SequenceNumber -= 1000
	x.out.Timestamp += 1 << 29
	x.send(pa, 0, make([]byte, 160))
	for i := range 3 {
		after := relayed(x, y, pa)
		if after.SequenceNumber != before.SequenceNumber+1 || after.Marker != (i == 0) || int32(after.Timestamp-before.Timestamp) < 160 {
			t.Errorf("numbers that go back: packet %d: %+v after %+v", i, after.Header, before.Header)
		}
		before = after
	}
}

// Keys sound to a far end that takes no events.
func TestDigitsInABridgeAreTonesToAFarEndWithoutEvents(t *testing.T) {
	t.Parallel()
	pa, _, x, y := bridged(t, func(n *sdp.Negotiated) { n.HasEvents, n.EventPT, n.LocalEvents = false, 0, nil })
	relayed(x, y, pa)
	x.digitPackets(pa, 101, x.out.Timestamp, usual(5)...)
	pcm := decodedAudio(y.until(closedAfter(time.Second)))
	if len(pcm) < 800 {
		t.Fatalf("%d samples came", len(pcm))
	}
	for freq, is := range map[float64]bool{770: true, 1336: true, 697: false, 1209: false} {
		if level := media.Goertzel(pcm[:800], freq); (level > -15) != is {
			t.Errorf("%.0f Hz at %.1f dBFS", freq, level)
		}
	}
	if d := nextDigit(t, pa); d.Symbol != '5' {
		t.Errorf("key %c", d.Symbol)
	}
}

// Each side of a bridge has its own payload type and clock of events.
func TestBridgeCountsEventsInTheClockOfEachSide(t *testing.T) {
	pa, pb, x, y := bridged(t, func(n *sdp.Negotiated) {
		n.EventPT, n.EventRate, n.LocalEvents = 96, 16000, []sdp.Codec{sdp.Events(96, 16000)}
	})
	for _, way := range []struct {
		from, to *phone
		via      *media.Port
		in, out  uint8
		times    [2]int
	}{{x, y, pa, 101, 96, [2]int{2, 1}}, {y, x, pb, 96, 101, [2]int{1, 2}}} {
		at := relayed(way.from, way.to, way.via)
		sent := usual(7)
		way.from.digitPackets(way.via, way.in, way.from.out.Timestamp, sent...)
		for i, k := range sent {
			p := way.to.must()
			want := int(k.duration) * way.times[0] / way.times[1]
			if got := int(binary.BigEndian.Uint16(p.Payload[2:])); p.PayloadType != way.out || got != want || p.Timestamp != at.Timestamp+160 ||
				p.SequenceNumber != at.SequenceNumber+uint16(i+1) || p.Payload[0] != 7 || (p.Payload[1]&0x80 != 0) != k.end || p.Marker != k.marker {
				t.Errorf("packet %d: %+v with duration %d, want %d", i, p.Header, got, want)
			}
		}
		if d := nextDigit(t, way.via); d.Symbol != '7' || d.Duration != 60*time.Millisecond*time.Duration(way.times[0])/2 {
			t.Errorf("key %c of %v", d.Symbol, d.Duration)
		}
	}
	// What no longer fits in a duration stays at the longest.
	x.digitPackets(pa, 101, x.out.Timestamp+9000, eventPacket{code: 1, duration: 0xA000, marker: true})
	if got := binary.BigEndian.Uint16(y.must().Payload[2:]); got != 0xFFFF {
		t.Errorf("duration %#x, want the longest", got)
	}
}

// Of presses whose timestamps do not say which they are, the far end gets some that do.
func TestBridgeGivesEachPressATimestampOfItsOwn(t *testing.T) {
	t.Parallel()
	pa, _, x, y := bridged(t, nil)
	relayed(x, y, pa)
	ts := x.out.Timestamp
	x.digitPackets(pa, 101, ts, usual(1)...)
	first := y.must().Timestamp
	for range 5 {
		if p := y.must(); p.Timestamp != first {
			t.Errorf("the first press moves: %+v", p.Header)
		}
	}
	x.digitPackets(pa, 101, ts, usual(1)...) // the timestamp stands
	second := y.must().Timestamp
	if int32(second-first) <= 0 {
		t.Errorf("the second press has timestamp %d, the first %d", second, first)
	}
	for range 5 {
		if p := y.must(); p.Timestamp != second {
			t.Errorf("the second press moves: %+v", p.Header)
		}
	}
	moving := usual(1) // the timestamp moves with every packet
	for i := range moving {
		moving[i].ahead = uint32(160 * i)
	}
	x.digitPackets(pa, 101, ts+8000, moving...)
	third := y.must()
	for i := 1; i < 6; i++ {
		p := y.must()
		if p.Timestamp != third.Timestamp || int32(p.Timestamp-second) <= 0 || binary.BigEndian.Uint16(p.Payload[2:]) != moving[i].duration {
			t.Errorf("packet %d of a press that moves: %+v % x", i, p.Header, p.Payload)
		}
	}
	for range 3 {
		if d := nextDigit(t, pa); d.Symbol != '1' {
			t.Errorf("key %c", d.Symbol)
		}
	}
	select {
	case d := <-pa.Digits():
		t.Errorf("one more key: %c", d.Symbol)
	case <-time.After(200 * time.Millisecond):
	}
}

// Events that are no keys are not passed on: nobody has agreed to them.
func TestBridgePassesDigitsAlone(t *testing.T) {
	pa, _, x, y := bridged(t, nil)
	before := relayed(x, y, pa)
	x.digitPackets(pa, 101, x.out.Timestamp, usual(16)...)
	if after := relayed(x, y, pa); after.PayloadType != 0 || after.SequenceNumber != before.SequenceNumber+1 {
		t.Errorf("%+v after %+v", after.Header, before.Header)
	}
}

// A bridge passes packets on as they are, whatever the other side asked for:
// docs/sip.md says so.
func TestBridgePassesLongPacketsWhole(t *testing.T) {
	pa, _, x, y := bridged(t, func(n *sdp.Negotiated) { n.PTime = 20 * time.Millisecond })
	before := relayed(x, y, pa)
	for i := range uint32(3) {
		x.send(pa, 0, make([]byte, 480))
		x.out.Timestamp += 320
		p := y.must()
		if len(p.Payload) != 480 || p.SequenceNumber != before.SequenceNumber+uint16(i+1) || p.Timestamp != before.Timestamp+160+480*i || p.Marker {
			t.Errorf("%d bytes: %+v after %+v", len(p.Payload), p.Header, before.Header)
		}
	}
}

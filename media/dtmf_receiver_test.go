package media

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

// wire is one telephone-event packet.
type wire struct {
	at       int // ms
	ssrc, ts uint32
	code     byte
	duration uint16
	end      bool
	marker   bool
	seq      uint16
}

// payload is what the packet carries.
func (p wire) payload() []byte {
	b := []byte{p.code, 10, 0, 0}
	if p.end {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.duration)
	return b
}

func (p wire) header() packet {
	return packet{marker: p.marker, seq: p.seq, ts: p.ts, ssrc: p.ssrc}
}

// listener is a receiver of events that is looked at every 20 ms, as a port does.
type listener struct {
	events  eventReceiver
	now     int // ms
	presses []event
}

func (l *listener) wait(until int) {
	for ; l.now < until; l.now += 20 {
		if e, over := l.events.timedOut(time.Duration(l.now) * tick); over {
			l.presses = append(l.presses, e)
		}
	}
}

func (l *listener) take(at int, k packet, payload []byte, clock int) event {
	l.wait(at)
	over, of := l.events.packet(time.Duration(at)*tick, k, payload, clock)
	l.presses = append(l.presses, over...)
	return of
}

func (l *listener) keys() (keys string) {
	for _, e := range l.presses {
		keys += string(eventDigits[e.code])
	}
	return keys
}

// pressed plays packets to a receiver and returns the keys.
func pressed(packets []wire) (keys string, presses []event) {
	var l listener
	for _, p := range packets {
		l.take(p.at, p.header(), p.payload(), sampleRate)
	}
	l.wait(l.now + 1000)
	return l.keys(), l.presses
}

// press is a whole key press of n packets 20 ms apart and three ends. Its numbers
// follow the time, so that what is sent later has later ones.
func press(at int, ssrc, ts uint32, code byte, n int) (out []wire) {
	for i := range n + 3 {
		d := min(i+1, n) * 160
		out = append(out, wire{at: at + 20*min(i, n), ssrc: ssrc, ts: ts, code: code, duration: uint16(d), end: i >= n, seq: uint16(at/10 + i)})
	}
	return out
}

// marked sets the marker of the first packet.
func marked(packets []wire) []wire {
	packets[0].marker = true
	return packets
}

func without(packets []wire, drop ...int) (out []wire) {
	for i, p := range packets {
		keep := true
		for _, d := range drop {
			keep = keep && i != d
		}
		if keep {
			out = append(out, p)
		}
	}
	return out
}

func join(lists ...[]wire) (out []wire) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func TestEvents(t *testing.T) {
	five := press(100, 1, 8000, 5, 5)
	twice := join(five, press(400, 1, 10400, 5, 5))
	var doubled []wire
	for _, p := range twice {
		doubled = append(doubled, p, p)
	}
	for name, c := range map[string]struct {
		packets []wire
		keys    string
	}{
		"one press, three ends":             {five, "5"},
		"the same key twice":                {twice, "55"},
		"every packet twice":                {doubled, "55"},
		"without its start":                 {without(five, 0, 1, 2), "5"},
		"only one end arrives":              {five[5:6], "5"},
		"only the last end arrives":         {five[7:], "5"},
		"without any end":                   {five[:5], "5"},
		"one packet of it arrives":          {five[2:3], "5"},
		"no end, and another follows":       {join(five[:5], press(220, 1, 8960, 6, 5)), "56"},
		"no end, the same key follows":      {join(five[:5], press(220, 1, 8960, 5, 5)), "55"},
		"40 ms keys, 40 ms pauses":          {join(press(0, 1, 0, 1, 2), press(80, 1, 640, 1, 2), press(160, 1, 1280, 2, 2), press(240, 1, 1920, 3, 2)), "1123"},
		"an end repeated after the next":    {join(five, press(400, 1, 10400, 6, 5), five[7:]), "56"},
		"ends come after it was given up":   {join(five[:5], []wire{{at: 600, ssrc: 1, ts: 8000, code: 5, duration: 800, end: true, seq: 60}}), "5"},
		"swapped ends of neighbours":        {[]wire{{at: 0, ssrc: 1, ts: 100, code: 1, duration: 160, end: false, seq: 0}, {at: 80, ssrc: 1, ts: 740, code: 2, duration: 160, end: true, seq: 8}, {at: 90, ssrc: 1, ts: 100, code: 1, duration: 640, end: true, seq: 1}}, "12"},
		"overtaken, never seen before":      {[]wire{{at: 0, ssrc: 1, ts: 740, code: 2, duration: 160, end: false, seq: 5}, {at: 10, ssrc: 1, ts: 100, code: 1, duration: 640, end: true, seq: 1}, {at: 20, ssrc: 1, ts: 740, code: 2, duration: 320, end: true, seq: 6}}, "12"},
		"another source, same timestamp":    {join(five, press(400, 2, 8000, 5, 5)), "55"},
		"timestamps that wrap":              {join(press(0, 1, 0xFFFFFF00, 7, 5), press(300, 1, 2144, 8, 5)), "78"},
		"a press longer than a duration":    {[]wire{{at: 0, ssrc: 1, ts: 0, code: 9, duration: 0x8000, end: false, seq: 0}, {at: 100, ssrc: 1, ts: 0, code: 9, duration: 0xFFFF, end: false, seq: 1}, {at: 120, ssrc: 1, ts: 0xFFFF, code: 9, duration: 160, end: false, seq: 2}, {at: 140, ssrc: 1, ts: 0xFFFF, code: 9, duration: 320, end: true, seq: 3}}, "9"},
		"all sixteen":                       {join(press(0, 1, 0, 0, 2), press(100, 1, 800, 10, 2), press(200, 1, 1600, 11, 2), press(300, 1, 2400, 12, 2), press(400, 1, 3200, 15, 2)), "0*#AD"},
		"a flash and other events are none": {press(0, 1, 0, 16, 5), ""},
		"a code out of range":               {press(0, 1, 0, 255, 5), ""},
	} {
		if keys, _ := pressed(c.packets); name == "overtaken, never seen before" || name == "swapped ends of neighbours" {
			if len(keys) != len(c.keys) {
				t.Errorf("%s: keys %q, want each of %q once", name, keys, c.keys)
			}
		} else if keys != c.keys {
			t.Errorf("%s: keys %q, want %q", name, keys, c.keys)
		}
	}
}

// Any subset of a press's packets that is not empty is one key.
func TestEventsUnderAnyLoss(t *testing.T) {
	whole := press(100, 1, 8000, 5, 4)
	for mask := 1; mask < 1<<len(whole); mask++ {
		var some []wire
		for i, p := range whole {
			if mask>>i&1 == 1 {
				some = append(some, p)
			}
		}
		if keys, _ := pressed(some); keys != "5" {
			t.Fatalf("packets %b: keys %q, want one 5", mask, keys)
		}
	}
}

// A press is one key wherever its packets are held up, on the way or by a sender
// that stands still, with or without sound between them.
func TestEventsUnderAStall(t *testing.T) {
	for _, stall := range []int{40, 120, 200, 490, 510, 700, 5000} {
		for _, step := range []uint16{1, 2} {
			whole := marked(press(100, 1, 8000, 5, 4))
			for after := range len(whole) - 1 {
				var held []wire
				for i, p := range whole {
					p.seq = uint16(i) * step
					if i > after {
						p.at += stall
					}
					held = append(held, p)
				}
				if keys, _ := pressed(held); keys != "5" {
					t.Errorf("a stall of %d ms after packet %d, numbers %d apart: keys %q, want one 5", stall, after, step, keys)
				}
			}
		}
	}
}

func TestEventDuration(t *testing.T) {
	_, presses := pressed(press(100, 1, 8000, 5, 5))
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	want := Digit{Symbol: '5', At: epoch.Add(100 * tick), Duration: 100 * time.Millisecond}
	if d := presses[0].digit(epoch); d != want {
		t.Errorf("digit %v, want %v", d, want)
	}
}

func TestEventsShortPayload(t *testing.T) {
	var r eventReceiver
	for n := range 4 {
		if over, of := r.packet(0, packet{ssrc: 1, ts: 1}, make([]byte, n), sampleRate); len(over) > 0 || of.id != 0 || r.pressed {
			t.Errorf("%d bytes make an event", n)
		}
	}
}

// FuzzEvents sends packets of any content: there is no press without a packet, and
// whatever has come, the next press of a usual sender is heard.
func FuzzEvents(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 5, 10, 0, 160, 1, 1, 0, 5, 138, 0, 160})
	f.Fuzz(func(t *testing.T, b []byte) {
		var l listener
		blocks := 0
		at := 0
		for ; len(b) >= 7; b = b[7:] {
			at += int(b[0] & 0x7F)
			size := 4 * (1 + int(b[1]>>6))
			payload := append(append([]byte{}, b[3:7]...), make([]byte, size-4)...)
			for i := 4; i < size; i++ {
				payload[i] = b[3+i%4] ^ byte(i)
			}
			blocks += size / 4
			l.take(at, packet{marker: b[0]&0x80 != 0, seq: uint16(b[1] & 0x3F), ts: uint32(b[2]&0x3F) * 160, ssrc: uint32(b[2] >> 6)}, payload, sampleRate)
		}
		l.wait(at + 1000)
		if len(l.presses) > blocks {
			t.Errorf("%d presses from %d events", len(l.presses), blocks)
		}
		heard := l.keys()
		for _, p := range marked(press(at+2000, 1, 1<<20, 7, 3)) {
			l.take(p.at, p.header(), p.payload(), sampleRate)
		}
		if got := l.keys(); got != heard+"7" {
			t.Errorf("after %q one more 7 is heard as %q", heard, got)
		}
	})
}

// What the sending side makes of keys must be read as the same keys.
func TestDigitsAreReadBack(t *testing.T) {
	const text = "159*0#abcd 55,5"
	var k digitSender
	k.enqueue(text)
	var packets []wire
	var ts uint32
	for rounds := 0; k.pending(); rounds++ {
		payload, send, first := k.next(sampleRate)
		if !send {
			continue
		}
		if first {
			ts = uint32(rounds * 160)
		}
		packets = append(packets, wire{
			at: rounds * 20, ssrc: 1, ts: ts, code: payload[0], duration: binary.BigEndian.Uint16(payload[2:]), end: payload[1]&0x80 != 0,
			marker: first, seq: uint16(len(packets)),
		})
	}
	if keys, _ := pressed(packets); keys != "159*0#ABCD555" {
		t.Errorf("keys %q", keys)
	}
	ends := 0
	for _, p := range packets {
		if p.end {
			ends++
		}
	}
	if want := 3 * len("159*0#ABCD555"); ends != want {
		t.Errorf("%d ends, want %d: three each", ends, want)
	}
}

func TestDigitsQueueIsBounded(t *testing.T) {
	var k digitSender
	for range 100 {
		k.enqueue("0123456789")
	}
	if len(k.queue) != maxQueuedDigits {
		t.Errorf("%d keys wait, want at most %d", len(k.queue), maxQueuedDigits)
	}
}

func TestDigitTones(t *testing.T) {
	pcm := make([]int16, 800)
	for key, want := range map[byte][2]float64{'1': {697, 1209}, '5': {770, 1336}, '#': {941, 1477}, 'D': {941, 1633}} {
		pcmu.decoder().decode(digitTones()[key].encoded(pcmu.usual(), nil).payload, pcm)
		for _, f := range []float64{697, 770, 852, 941, 1209, 1336, 1477, 1633} {
			level, present := Goertzel(pcm, f), f == want[0] || f == want[1]
			if (present && level < -10) || (!present && level > -30) {
				t.Errorf("key %s: %.0f Hz at %.1f dBFS", fmt.Sprintf("%c", key), f, level)
			}
		}
	}
}

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
}

// pressed plays packets to a receiver, looking for silence every 20 ms as a port
// does, and returns the keys.
func pressed(packets []wire) (keys string, presses []event) {
	var r events
	note := func(e event) { keys, presses = keys+string(eventKeys[e.code]), append(presses, e) }
	now := 0
	wait := func(until int) {
		for ; now < until; now += 20 {
			if e, over := r.quiet(time.Duration(now) * tick); over {
				note(e)
			}
		}
	}
	for _, p := range packets {
		wait(p.at)
		payload := []byte{p.code, 10, 0, 0}
		if p.end {
			payload[1] |= 0x80
		}
		binary.BigEndian.PutUint16(payload[2:], p.duration)
		over, n := r.packet(time.Duration(p.at)*tick, p.ssrc, p.ts, payload)
		for _, e := range over[:n] {
			note(e)
		}
	}
	wait(now + 1000)
	return keys, presses
}

// press is a whole key press of n packets 20 ms apart and three ends.
func press(at int, ssrc, ts uint32, code byte, n int) (out []wire) {
	for i := range n + 3 {
		d := min(i+1, n) * 160
		out = append(out, wire{at + 20*min(i, n), ssrc, ts, code, uint16(d), i >= n})
	}
	return out
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
		"ends come after it was given up":   {join(five[:5], []wire{{600, 1, 8000, 5, 800, true}}), "5"},
		"swapped ends of neighbours":        {[]wire{{0, 1, 100, 1, 160, false}, {80, 1, 740, 2, 160, true}, {90, 1, 100, 1, 640, true}}, "12"},
		"overtaken, never seen before":      {[]wire{{0, 1, 740, 2, 160, false}, {10, 1, 100, 1, 640, true}, {20, 1, 740, 2, 320, true}}, "12"},
		"another source, same timestamp":    {join(five, press(400, 2, 8000, 5, 5)), "55"},
		"timestamps that wrap":              {join(press(0, 1, 0xFFFFFF00, 7, 5), press(300, 1, 2144, 8, 5)), "78"},
		"a press longer than a duration":    {[]wire{{0, 1, 0, 9, 0x8000, false}, {100, 1, 0, 9, 0xFFFF, false}, {120, 1, 0xFFFF, 9, 160, false}, {140, 1, 0xFFFF, 9, 320, true}}, "9"},
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

func TestEventDuration(t *testing.T) {
	_, presses := pressed(press(100, 1, 8000, 5, 5))
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	want := Digit{Key: '5', At: epoch.Add(100 * tick), Duration: 100 * time.Millisecond}
	if d := presses[0].digit(epoch); d != want {
		t.Errorf("digit %v, want %v", d, want)
	}
}

func TestEventsShortPayload(t *testing.T) {
	var r events
	for n := range 4 {
		if _, got := r.packet(0, 1, 1, make([]byte, n)); got != 0 || r.open {
			t.Errorf("%d bytes make an event", n)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add([]byte{0, 5, 10, 0, 160, 1, 5, 138, 0, 160})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r events
		packets, out := 0, 0
		for now := time.Duration(0); len(b) >= 5; now, b = now+20*tick, b[5:] {
			_, n := r.packet(now, 1, uint32(b[0])*160, b[1:5])
			packets, out = packets+1, out+n
			if _, over := r.quiet(now); over {
				out++
			}
		}
		if out > packets {
			t.Errorf("%d presses from %d packets", out, packets)
		}
	})
}

// What the sending side makes of keys must be read as the same keys.
func TestKeysAreReadBack(t *testing.T) {
	const text = "159*0#abcd 55,5"
	var k keys
	k.add(text)
	var packets []wire
	var ts uint32
	for turns := 0; k.pending(); turns++ {
		p := k.next()
		if !p.send {
			continue
		}
		if p.first {
			ts = uint32(turns * 160)
		}
		packets = append(packets, wire{turns * 20, 1, ts, p.payload[0], binary.BigEndian.Uint16(p.payload[2:]), p.payload[1]&0x80 != 0})
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

func TestKeysQueueIsBounded(t *testing.T) {
	var k keys
	for range 100 {
		k.add("0123456789")
	}
	if len(k.queue) != keyQueue {
		t.Errorf("%d keys wait, want at most %d", len(k.queue), keyQueue)
	}
}

func TestKeyTones(t *testing.T) {
	pcm := make([]int16, 800)
	for key, want := range map[byte][2]float64{'1': {697, 1209}, '5': {770, 1336}, '#': {941, 1477}, 'D': {941, 1633}} {
		prompt := dtmfTones(key)
		for i := range pcm {
			pcm[i] = linear[ulaw][prompt.samples[ulaw][i]]
		}
		for _, f := range []float64{697, 770, 852, 941, 1209, 1336, 1477, 1633} {
			level, sounds := Goertzel(pcm, f), f == want[0] || f == want[1]
			if (sounds && level < -10) || (!sounds && level > -30) {
				t.Errorf("key %s: %.0f Hz at %.1f dBFS", fmt.Sprintf("%c", key), f, level)
			}
		}
	}
}

package media

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// sender is a manner of sending key presses that some device has. Its zero value
// keeps to RFC 4733 with a packet each 20 ms.
type sender struct {
	noMarker   bool
	allMarkers bool
	noEnd      bool
	ends       int  // packets with the end bit, 3 if 0
	zeroFirst  bool // the first packet has no duration
	growsOn    bool // the repeats of the end say ever more
	atOnce     bool // the ends are sent together
	interval   int  // ms, 20 if 0
	between    int  // packets of sound between two of an event
	clock      int  // Hz, 8000 if 0
	stands     bool // the timestamp does not move on from one press to the next
	endMoves   bool // the end's timestamp is when it ended
	endsMove   bool // and each repeat's is when that is sent
	moves      bool // the timestamp is when the packet is sent
	constant   bool // and the duration is that from one packet to the next
	least      int  // ms that a key is down at least, 40 if 0
	lost       int  // packets in a row that may be lost; 0: all but one of a press
}

var senders = map[string]sender{
	"RFC 4733":                     {},
	"each 50 ms":                   {interval: 50, least: 100},
	"no marker":                    {noMarker: true},
	"a marker on every packet":     {allMarkers: true},
	"no end":                       {noEnd: true},
	"no end, no marker":            {noEnd: true, noMarker: true},
	"one end":                      {ends: 1},
	"five ends":                    {ends: 5},
	"ends at once":                 {atOnce: true, noMarker: true},
	"ends that go on":              {growsOn: true},
	"a first packet of 0":          {zeroFirst: true},
	"sound between":                {between: 1},
	"16 kHz":                       {clock: 16000},
	"48 kHz":                       {clock: 48000, interval: 50, least: 100},
	"timestamp stands":             {stands: true, least: 80, lost: 2},
	"timestamp stands, no marker":  {stands: true, noMarker: true, least: 80, lost: 2},
	"timestamp stands, first of 0": {stands: true, zeroFirst: true, least: 80, lost: 2},
	"timestamp stands, sound":      {stands: true, between: 1, least: 80, lost: 2},
	"end moves":                    {endMoves: true, lost: 1},
	"end moves, no marker":         {endMoves: true, noMarker: true, lost: 1},
	"ends move":                    {endMoves: true, endsMove: true, lost: 1},
	"ends move on":                 {endMoves: true, endsMove: true, growsOn: true, lost: 1},
	"one end moves":                {endMoves: true, ends: 1, lost: 1},
	"timestamp moves":              {moves: true, lost: 1},
	"timestamp moves, end too":     {moves: true, endMoves: true, endsMove: true, lost: 1},
	"timestamp moves, no marker":   {moves: true, noMarker: true, lost: 1},
	"timestamp moves, constant":    {moves: true, constant: true, lost: 1},
	"constant, end moves":          {moves: true, constant: true, endMoves: true, endsMove: true, lost: 1},
	"timestamp moves, 50 ms":       {moves: true, interval: 50, least: 100, endMoves: true, lost: 1},
	"timestamp moves, 48 kHz":      {moves: true, clock: 48000, lost: 1},
}

// pressing is one press: which key, how long it is down and how long none is after.
type pressing struct {
	code        byte
	tone, pause int // ms
}

// sent is a packet on its way, and the press that it is of.
type sent struct {
	wire
	press int
}

// send lays presses out as packets, in the order of sending.
func (s sender) send(r *rand.Rand, presses []pressing) (out []sent) {
	interval, clock, ends := cmpOr(s.interval, 20), cmpOr(s.clock, sampleRate), cmpOr(s.ends, 3)
	samples := func(ms int) uint32 { return uint32(ms * clock / 1000) }
	begin, seq, at := r.Uint32(), uint16(r.Uint32()), 100
	stands := begin
	for i, p := range presses {
		first := begin + samples(at)
		if s.stands {
			first = stands
		}
		packet := func(after, duration int, end bool) {
			w := wire{at: at + after, ssrc: 7, ts: first, code: p.code, duration: uint16(samples(duration)), end: end, seq: seq}
			w.marker = s.allMarkers || after == 0 && !s.noMarker
			if s.moves && !end || end && s.endMoves {
				w.ts += samples(after)
			}
			if s.constant {
				w.duration = uint16(samples(interval))
			}
			out = append(out, sent{w, i})
			seq += uint16(1 + s.between)
		}
		for after := 0; after < p.tone; after += interval {
			duration := min(after+interval, p.tone)
			if after == 0 && s.zeroFirst {
				duration = 0
			}
			packet(after, duration, false)
		}
		for n := range ends {
			if s.noEnd {
				break
			}
			after, duration := p.tone, p.tone
			if n > 0 && s.growsOn {
				duration += n * interval
			}
			if after += n * interval; n > 0 && after >= p.tone+p.pause {
				break // the repeats end where the next press begins
			}
			before := len(out)
			packet(after, duration, true)
			if w := &out[before].wire; true {
				if !s.endsMove {
					w.ts -= samples(n*interval) * uint32(one(s.endMoves))
				}
				if s.atOnce {
					w.at -= n * interval
				}
			}
		}
		if p.pause > 100 && r.IntN(2) == 0 {
			seq += uint16(p.pause / 20) // of sound
		}
		at += p.tone + p.pause
	}
	return out
}

func cmpOr(v, otherwise int) int {
	if v == 0 {
		return otherwise
	}
	return v
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// network loses, delays and doubles packets, as far as the sender may be understood.
func (s sender) network(r *rand.Rand, packets []sent) (out []sent) {
	const doubledLate = 60 // ms
	late := 60
	if s.moves || s.endMoves || s.allMarkers {
		late = 15 // its numbers alone do not say which press a packet is of
	}
	loss := []float64{0, 0, 0.05, 0.3, 0.7}[r.IntN(5)]
	arrived := map[int]int{} // packets by press
	left := map[int]int{}
	for _, p := range packets {
		left[p.press]++
	}
	row := 0
	for _, p := range packets {
		left[p.press]--
		lost := r.Float64() < loss
		if s.lost > 0 && row == s.lost || s.lost == 0 && arrived[p.press] == 0 && left[p.press] == 0 {
			lost = false
		}
		if row++; lost {
			continue
		}
		row = 0
		arrived[p.press]++
		p.at += r.IntN(late + 1)
		out = append(out, p)
		if r.IntN(10) == 0 {
			p.at += r.IntN(doubledLate)
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b sent) int { return a.at - b.at })
	return out
}

// presses are some presses of few keys, so that the same one often comes twice.
func (s sender) presses(r *rand.Rand) (list []pressing, keys string) {
	least := cmpOr(s.least, 40)
	for range 1 + r.IntN(6) {
		p := pressing{code: byte(r.IntN(3)), tone: least + 20*r.IntN(8), pause: 40 + 20*r.IntN(8)}
		if r.IntN(5) == 0 {
			p.pause += 200 + r.IntN(2000)
		}
		list, keys = append(list, p), keys+string(eventDigits[p.code])
	}
	return list, keys
}

// holds sends some presses in a sender's manner over a bad network, and reports what
// was heard of them if that is not what was pressed.
func (s sender) holds(seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 1))
	presses, keys := s.presses(r)
	packets := s.network(r, s.send(r, presses))
	var l listener
	for _, p := range packets {
		l.take(p.at, p.header(), p.payload(), cmpOr(s.clock, sampleRate))
	}
	l.wait(l.now + 1000)
	if got := l.keys(); got != keys {
		var trace strings.Builder
		for _, p := range packets {
			fmt.Fprintf(&trace, "\n%+v", p)
		}
		return fmt.Errorf("keys %q, want %q: %v%s", got, keys, presses, trace.String())
	}
	return nil
}

// Whatever the manner of the sender, and whatever the network does within bounds: the
// keys are those that were pressed, in their order.
func TestEventsOfEverySender(t *testing.T) {
	for name, s := range senders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(500) {
				if err := s.holds(seed); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

func FuzzSenders(f *testing.F) {
	var names []string
	for name := range senders {
		names = append(names, name)
	}
	slices.Sort(names)
	for i := range names {
		f.Add(uint8(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, n uint8, seed uint64) {
		name := names[int(n)%len(names)]
		if err := senders[name].holds(seed); err != nil {
			t.Fatalf("%s, seed %d: %v", name, seed, err)
		}
	})
}

// How long a key was down is told in time, whatever the sender counts in.
func TestDurationsOfEverySender(t *testing.T) {
	for name, s := range senders {
		if s.growsOn {
			continue // it does not say
		}
		for _, tone := range []int{100, 300} {
			r := rand.New(rand.NewPCG(1, 1))
			var l listener
			for _, p := range s.send(r, []pressing{{code: 5, tone: tone, pause: 400}}) {
				l.take(p.at, p.header(), p.payload(), cmpOr(s.clock, sampleRate))
			}
			l.wait(l.now + 1000)
			if len(l.presses) != 1 {
				t.Errorf("%s: %d presses", name, len(l.presses))
				continue
			}
			// A sender of constant durations is exact to one packet.
			want, got := time.Duration(tone)*tick, l.presses[0].digit(time.Time{}).Duration
			if off := (got - want).Abs(); off > 0 && !s.constant || off > 50*tick {
				t.Errorf("%s: a press of %v is told to be %v long", name, want, got)
			}
		}
	}
}

// A press may be longer than one duration can say, in either clock and with losses.
func TestSegmentsOfALongPress(t *testing.T) {
	for _, clock := range []int{8000, 16000, 48000} {
		for seed := range uint64(50) {
			r := rand.New(rand.NewPCG(seed, 2))
			var l listener
			const held = 30000 // ms
			take := func(at int, ts, duration uint32, end bool) {
				if r.Float64() < 0.2 {
					return
				}
				b := []byte{9, 10, 0, 0}
				if end {
					b[1] |= 0x80
				}
				binary.BigEndian.PutUint16(b[2:], uint16(duration))
				l.take(at, packet{seq: uint16(at / 10), ts: ts, ssrc: 1, marker: at == 20}, b, clock)
			}
			base := uint32(1<<32 - 70000) // it wraps
			for at := 20; at <= held; at += 20 {
				length := uint32(at * clock / 1000)
				segment := length / maxDuration
				take(at, base+segment*maxDuration, length-segment*maxDuration, at == held)
			}
			take(held+20, base+uint32(held*clock/1000)/maxDuration*maxDuration, uint32(held*clock/1000)%maxDuration, true)
			take(held+40, base+uint32(held*clock/1000)/maxDuration*maxDuration, uint32(held*clock/1000)%maxDuration, true)
			for i, p := range press(held+200, 1, base+uint32((held+200)*clock/1000), 9, 4) {
				if i != 3 {
					l.take(p.at, p.header(), p.payload(), clock)
				}
			}
			l.wait(l.now + 1000)
			if l.keys() != "99" {
				t.Fatalf("%d Hz, seed %d: keys %q, want 99", clock, seed, l.keys())
			}
			if d := l.presses[0].digit(time.Time{}).Duration; (d - held*tick).Abs() > 200*tick {
				t.Fatalf("%d Hz, seed %d: held for %v, want %v", clock, seed, d, held*tick)
			}
		}
	}
}

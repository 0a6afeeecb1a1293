package media

import (
	"math/rand/v2"
	"testing"
	"time"
)

// arrival is a packet of sound of 20 ms, or one that the bridge leaves out.
type arrival struct {
	n    int // place in the stream
	left bool
}

// relayed gives a shift packets that come 20 ms apart, and returns the numbers of
// those that it sent, in the order of their coming.
func relayed(s *rewriter, first uint16, list []arrival) (numbers []uint16, sent []int) {
	out := newStream()
	out.header.SequenceNumber = 1000
	for i, a := range list {
		k := packet{ssrc: 1, seq: first + uint16(a.n), ts: uint32(160 * a.n), from: 12, to: 172}
		now := time.Duration(i) * 20 * time.Millisecond
		if a.left {
			s.omit(k)
			continue
		}
		if i == 0 || !s.sameStream(k) || !s.continues(now, k) {
			s.start(now, k, sampleRate, &out)
		}
		if n, ok := s.sequence(k.seq); ok {
			s.addAudio(now, k, 160)
			out.header.SequenceNumber = max(out.header.SequenceNumber, n+1)
			numbers, sent = append(numbers, n), append(sent, a.n)
		}
	}
	return numbers, sent
}

func TestShift(t *testing.T) {
	audioPackets := func(list ...int) (out []arrival) {
		for _, n := range list {
			out = append(out, arrival{max(n, -n), n < 0}) // below 0: left out
		}
		return out
	}
	for name, c := range map[string]struct {
		in   []arrival
		want []uint16 // after the first
	}{
		"in order":                              {audioPackets(0, 1, 2), []uint16{0, 1, 2}},
		"a loss stays one":                      {audioPackets(0, 1, 3), []uint16{0, 1, 3}},
		"disorder stays so":                     {audioPackets(0, 2, 1, 3), []uint16{0, 2, 1, 3}},
		"a double stays one":                    {audioPackets(0, 1, 1, 2), []uint16{0, 1, 1, 2}},
		"what is left out leaves no hole":       {audioPackets(0, -1, 2, -3, -4, 5), []uint16{0, 1, 2}},
		"doubles of what is left out":           {audioPackets(0, -1, -1, 2, -1, 3), []uint16{0, 1, 2}},
		"left out late: a loss by then":         {audioPackets(0, 2, -1, 3), []uint16{0, 2, 3}},
		"sound that what is left out overtook":  {audioPackets(0, -2, 1, 3), []uint16{0, 1, 2}},
		"sound among much that is left out":     {audioPackets(0, -2, -4, 3, 1, 5), []uint16{0, 2, 1, 3}},
		"a loss before what is left out":        {audioPackets(0, -2, 3), []uint16{0, 2}},
		"before the first":                      {audioPackets(5, 4, 6), []uint16{0, 1}},
		"too late for a place":                  {audioPackets(0, 100, 1, 101), []uint16{0, 100, 101}},
		"a source that begins again, far back":  {audioPackets(500, 1000, 10, 11, 12, 13), []uint16{0, 500, 501, 502, 503}},
		"a source that begins again, far ahead": {audioPackets(0, 1, 9000, 9001), []uint16{0, 1, 2, 3}},
	} {
		var s rewriter
		got, _ := relayed(&s, 65530, c.in) // the numbers wrap
		if len(got) != len(c.want) {
			t.Errorf("%s: numbers %v, want %v after the first", name, got, c.want)
			continue
		}
		for i, n := range got {
			if n-got[0] != c.want[i] {
				t.Errorf("%s: numbers %v, want %v after the first", name, got, c.want)
				break
			}
		}
	}
}

// However long a run lasts, a packet that another overtook is passed on.
func TestShiftPassesDisorderOnInALongRun(t *testing.T) {
	var in []arrival
	const length = 70000 // more than all sequence numbers
	for n := range length {
		in = append(in, arrival{n: n})
	}
	for n := 1; n+1 < length; n += 1000 {
		in[n], in[n+1] = in[n+1], in[n]
	}
	var s rewriter
	if numbers, _ := relayed(&s, 65530, in); len(numbers) != length {
		t.Errorf("%d of %d packets are passed on", len(numbers), length)
	}
}

// Whatever is lost, late, doubled or left out: no two packets have one number, later
// ones have later numbers, and the only holes are losses.
func TestShiftUnderAnyNetwork(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 3))
		left := map[int]bool{}
		var in []arrival
		for n := range 200 {
			left[n] = n > 0 && r.IntN(3) == 0
			if n > 0 && r.IntN(20) == 0 {
				continue // lost
			}
			in = append(in, arrival{n, left[n]})
			if r.IntN(10) == 0 {
				in = append(in, arrival{n, left[n]})
			}
		}
		for range 20 {
			i := 1 + r.IntN(len(in)-6)
			j := i + r.IntN(5)
			in[i], in[j] = in[j], in[i]
		}
		in = append([]arrival{{0, false}}, in...)
		var s rewriter
		numbers, sent := relayed(&s, uint16(r.Uint32()), in)
		at := map[uint16]int{}
		for i, n := range numbers {
			n -= numbers[0]
			if was, accepted := at[n]; accepted && was != sent[i] {
				t.Fatalf("seed %d: packets %d and %d both have number %d", seed, was, sent[i], n)
			}
			at[n] = sent[i]
		}
		last, missing := 0, 0
		for n := range uint16(200) {
			p, accepted := at[n]
			if !accepted {
				continue
			}
			if p < last {
				t.Fatalf("seed %d: packet %d has a number after that of packet %d", seed, p, last)
			}
			last = p
		}
		// A number is missing for each packet that was lost, or came to be left out
		// only after a later one had been sent.
		came, highest := map[int]bool{}, 0
		for _, a := range in {
			if a.left && (came[a.n] || a.n > highest) || !a.left {
				came[a.n] = true
			}
			highest = max(highest, a.n)
		}
		for n := range highest {
			if !came[n] {
				missing++
			}
		}
		top := uint16(0)
		for n := range at {
			top = max(top, n)
		}
		if holes := int(top) + 1 - len(at); holes > missing {
			t.Fatalf("seed %d: %d holes for %d losses", seed, holes, missing)
		}
	}
}

// A timestamp that goes on, pauses for as long as has passed, or begins anew.
func TestShiftFollowsTheClock(t *testing.T) {
	ms := time.Millisecond
	for name, c := range map[string]struct {
		step   uint16
		ahead  uint32 // from one timestamp to the next
		passed time.Duration
		goesOn bool
	}{
		"the next packet":                {1, 160, 20 * ms, true},
		"the next packet, late":          {1, 160, 700 * ms, true},
		"after a loss":                   {6, 960, 120 * ms, true},
		"after a loss, late":             {6, 960, 900 * ms, true},
		"after a pause":                  {1, 8000, 1000 * ms, true},
		"after a pause, with jitter":     {1, 8000, 1100 * ms, true},
		"after a long pause":             {1, 8000 * 60, time.Minute, true},
		"after a pause, with jitter, 2":  {1, 8000, 900 * ms, true},
		"a clock of its own":             {1, 320, 20 * ms, true},
		"a jump ahead":                   {1, 8000, 20 * ms, false},
		"a jump of an hour":              {1, 8000 * 3600, 20 * ms, false},
		"a jump by half of all there is": {1, 1 << 31, 20 * ms, false},
		"a jump back":                    {1, 1<<32 - 8000, 20 * ms, false},
		"a jump back, in a pause":        {1, 1<<32 - 8000, 3 * time.Second, false},
		"a jump with a loss":             {3, 80000, 60 * ms, false},
		"a clock that stood in a pause":  {1, 160, 5 * time.Second, true},
	} {
		var s rewriter
		out := newStream()
		first := packet{ssrc: 1, seq: 9, ts: 1<<32 - 100, from: 12, to: 172}
		s.start(time.Second, first, sampleRate, &out)
		s.sequence(first.seq)
		s.addAudio(time.Second, first, 160)
		k := packet{ssrc: 1, seq: 9 + c.step, ts: first.ts + c.ahead, from: 12, to: 172}
		if got := s.sameStream(k) && s.continues(time.Second+c.passed, k); got != c.goesOn {
			t.Errorf("%s: goes on %v, want %v", name, got, c.goesOn)
		}
	}
}

package media

import (
	"math/rand/v2"
	"testing"
	"time"
)

// run has a reception hear the sequence numbers, 20 ms apart.
func run(r *reception, from time.Duration, seqs ...uint16) {
	for i, s := range seqs {
		r.add(from+time.Duration(i)*20*tick, frame(s), pcmu, 160)
	}
}

// frame is a packet of 20 ms of sound whose time goes with its number.
func frame(seq uint16) packet { return packet{seq: seq, ts: uint32(seq) * 160, ssrc: 1, to: 160} }

func TestReceptionCounts(t *testing.T) {
	for name, c := range map[string]struct {
		seqs []uint16
		want Quality
	}{
		"none":             {[]uint16{10, 11, 12, 13}, Quality{Expected: 4}},
		"one":              {[]uint16{10, 12, 13}, Quality{Expected: 4, Lost: 1}},
		"many":             {[]uint16{10, 110}, Quality{Expected: 101, Lost: 99}},
		"wraps":            {[]uint16{65534, 65535, 0, 1}, Quality{Expected: 4}},
		"lost at the wrap": {[]uint16{65534, 1}, Quality{Expected: 4, Lost: 2}},
		"swapped":          {[]uint16{10, 12, 11, 13}, Quality{Expected: 4, Reordered: 1}},
		"before the first": {[]uint16{10, 9, 11}, Quality{Expected: 3, Reordered: 1}},
		"swapped at wrap":  {[]uint16{65535, 1, 0, 2}, Quality{Expected: 4, Reordered: 1}},
		"doubled":          {[]uint16{10, 10, 11, 11, 13}, Quality{Expected: 4, Lost: 1, Duplicated: 2}},
		"doubled and lost": {[]uint16{10, 10, 10, 13, 13}, Quality{Expected: 4, Lost: 2, Duplicated: 3}},
		"doubled later":    {[]uint16{10, 11, 12, 11}, Quality{Expected: 3, Duplicated: 1}},
		"filled, doubled":  {[]uint16{10, 12, 11, 11}, Quality{Expected: 3, Duplicated: 1, Reordered: 1}},
		"63 too late":      {[]uint16{10, 11, 74, 11}, Quality{Expected: 65, Lost: 62, Duplicated: 1}},
		"64 too late":      {[]uint16{10, 75, 11}, Quality{Expected: 66, Lost: 64, Reordered: 1}},
		"a new start":      {[]uint16{10, 11, 13, 30000, 30001}, Quality{Expected: 6, Lost: 1}},
		"back to zero":     {[]uint16{40000, 40001, 0, 1}, Quality{Expected: 4}},
	} {
		var r reception
		run(&r, 0, c.seqs...)
		got := r.quality()
		got.Jitter, got.JitterMax, got.Late = 0, 0, 0
		c.want.Counted = uint64(len(c.seqs))
		if got != c.want || r.received != c.want.Counted {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, c.want)
		}
	}
}

// Whatever way the packets take, each is counted once: as heard, as lost or as a
// double. The reference keeps them all.
func TestReceptionAgreesWithTheWholeRecord(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var r reception
		sent, came, doubles := uint64(0), map[uint16]bool{}, uint64(0)
		var waiting []uint16
		start := uint16(random.Uint32())
		deliver := func(seq uint16) {
			if came[seq] {
				doubles++
			}
			came[seq] = true
			r.add(0, frame(seq), pcmu, 160)
		}
		deliver(start)
		for n := uint16(1); n < 2000; n++ {
			sent = uint64(n) + 1
			switch seq := start + n; random.IntN(12) {
			case 0: // lost
			case 1:
				deliver(seq)
				deliver(seq)
			case 2:
				waiting = append(waiting, seq)
			default:
				deliver(seq)
			}
			if len(waiting) > 3 {
				for _, seq := range waiting {
					if start+n-seq < 60 {
						deliver(seq)
					}
				}
				waiting = nil
			}
		}
		deliver(start + 2000)
		sent++
		q := r.quality()
		if q.Expected != sent || q.Lost != sent-uint64(len(came)) || q.Duplicated != doubles || q.Counted != uint64(len(came))+doubles {
			t.Fatalf("%d sent, %d came, %d doubles: %+v", sent, len(came), doubles, q)
		}
	}
}

func TestReceptionNewSource(t *testing.T) {
	var r reception
	run(&r, 0, 10, 12)
	for i, seq := range []uint16{40000, 40001, 40003} {
		p := frame(seq)
		p.ssrc, p.ts = 2, p.ts+77777 // a clock of its own
		r.add(time.Duration(i)*20*tick, p, pcmu, 160)
	}
	if q := r.quality(); q.Lost != 2 || q.Expected != 7 || q.Late != 0 {
		t.Errorf("%+v", q)
	}
}

// While the kernel lets one packet of 64 through, the others are not lost.
func TestReceptionSampled(t *testing.T) {
	var r reception
	run(&r, 0, 10, 12)
	r.setSampled(true)
	run(&r, 0, 64, 128, 192)
	r.setSampled(false)
	run(&r, 0, 200, 202)
	if q := r.quality(); q.Lost != 2 || q.Expected != 6 || q.Counted != 4 || r.received != 7 {
		t.Errorf("%+v", q)
	}
}

func TestShortPackets(t *testing.T) {
	var r reception
	for i, size := range []int{160, 80, 79, 0, 160} {
		p := frame(uint16(i))
		p.to = size
		r.add(time.Duration(i)*20*tick, p, pcmu, uint32(size))
	}
	p := frame(5)
	p.to = 4
	r.add(0, p, nil, 0) // a telephone event is no sound
	if q := r.quality(); q.Short != 2 || q.Lost != 0 {
		t.Errorf("%+v", q)
	}
}

func BenchmarkReception(b *testing.B) {
	var r reception
	n := 0
	for b.Loop() {
		n++
		r.add(time.Duration(n)*20*tick, frame(uint16(n)), pcmu, 160)
	}
}

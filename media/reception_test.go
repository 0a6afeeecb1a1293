package media

import (
	"testing"
	"time"
)

// run has a reception hear the sequence numbers, 20 ms apart.
func run(r *reception, from time.Duration, seqs ...uint16) {
	for i, s := range seqs {
		r.heard(from+time.Duration(i)*20*tick, packet{seq: s, ts: uint32(s) * 160, ssrc: 1}, true)
	}
}

func TestReceptionLoss(t *testing.T) {
	for name, c := range map[string]struct {
		seqs []uint16
		lost uint64
	}{
		"none":             {[]uint16{10, 11, 12, 13}, 0},
		"one":              {[]uint16{10, 12, 13}, 1},
		"many":             {[]uint16{10, 110}, 99},
		"wraps":            {[]uint16{65534, 65535, 0, 1}, 0},
		"lost at the wrap": {[]uint16{65534, 1}, 2},
		"late, not lost":   {[]uint16{10, 12, 11, 13}, 0},
		"later than first": {[]uint16{10, 9, 11}, 0},
		"doubled":          {[]uint16{10, 10, 11, 11, 13}, 0},
		"a new start":      {[]uint16{10, 11, 13, 30000, 30001}, 1},
	} {
		var r reception
		run(&r, 0, c.seqs...)
		if got := r.totalLost(); got != c.lost || r.received != uint64(len(c.seqs)) {
			t.Errorf("%s: %d lost of %d received, want %d", name, got, r.received, c.lost)
		}
	}
}

func TestReceptionNewSource(t *testing.T) {
	var r reception
	run(&r, 0, 10, 12)
	r.heard(0, packet{seq: 40000, ssrc: 2}, true)
	r.heard(0, packet{seq: 40001, ssrc: 2}, true)
	if r.totalLost() != 1 {
		t.Errorf("%d lost, want 1", r.totalLost())
	}
}

// While the kernel lets one packet of 64 through, the others are not lost.
func TestReceptionSampled(t *testing.T) {
	var r reception
	run(&r, 0, 10, 12)
	r.sample(true)
	run(&r, 0, 64, 128, 192)
	r.sample(false)
	run(&r, 0, 200, 202)
	if r.totalLost() != 2 {
		t.Errorf("%d lost, want 2", r.totalLost())
	}
}

func TestJitter(t *testing.T) {
	var even, uneven reception
	for i := range 1000 {
		at := time.Duration(i) * 20 * tick
		even.heard(at, packet{seq: uint16(i), ts: uint32(i) * 160}, true)
		uneven.heard(at+time.Duration(i%2)*10*tick, packet{seq: uint16(i), ts: uint32(i) * 160}, true)
	}
	if even.jitterTime() != 0 {
		t.Errorf("jitter of an even stream: %v", even.jitterTime())
	}
	// Every interval is off by 10 ms, which RFC 3550 §A.8 settles at 10 ms.
	if j := uneven.jitterTime(); j < 9*tick || j > 11*tick {
		t.Errorf("jitter of an uneven stream: %v, want 10 ms", j)
	}
}

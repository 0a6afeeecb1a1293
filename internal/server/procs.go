package server

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// loadInterval is how often the load is measured: a burst has one P for so long.
	loadInterval = 250 * time.Millisecond
	// calmIntervals is after how many intervals Ps are given up.
	calmIntervals = 20
	// fullLoad is the share of their time that so many Ps are in use from which on all get work.
	fullLoad = 0.85
	// calmLoad is the share in use that the Ps that are kept have at most.
	calmLoad = 0.65
)

// procs has GOMAXPROCS follow the load of the process. A goroutine that becomes runnable while
// a P is idle wakes a thread for it, and below full load most of those find nothing to do:
// calls on two Ps take a fourth more of processor time than on one.
type procs struct {
	most     int                  // Ps that have work at full load
	reserved int                  // Ps beside them, of the workers of the media plane
	used     func() time.Duration // processor time of the process so far
	set      func(ps int)         // GOMAXPROCS
}

// followLoad makes a procs of a process that had most Ps before the media plane added its own.
func followLoad(most int) *procs {
	return &procs{most: most, reserved: runtime.GOMAXPROCS(0) - most, used: processorTime, set: func(ps int) { runtime.GOMAXPROCS(ps) }}
}

// run follows the load until ctx ends, and then restores GOMAXPROCS.
func (p *procs) run(ctx context.Context) {
	defer p.set(p.most + p.reserved)
	ticker := time.NewTicker(loadInterval)
	defer ticker.Stop()
	current, before, at := p.most, p.used(), time.Now()
	var loads []float64
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		used, now := p.used(), time.Now()
		loads = append(loads, (used-before).Seconds()/now.Sub(at).Seconds())
		before, at = used, now
		loads = loads[max(0, len(loads)-calmIntervals):]
		if next := nextProcs(current, p.most, loads); next != current {
			current, loads = next, nil
			p.set(current + p.reserved)
		}
	}
}

// nextProcs is how many Ps get work after loads, in processors, the latest last: all once
// those that do are in use, and after calmIntervals no more than the load needs.
func nextProcs(current, most int, loads []float64) int {
	if loads[len(loads)-1] > fullLoad*float64(current) {
		return most
	}
	if len(loads) < calmIntervals {
		return current
	}
	return min(current, max(1, int(math.Ceil(slices.Max(loads)/calmLoad))))
}

func processorTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // it cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

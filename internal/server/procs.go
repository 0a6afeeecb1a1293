package server

import (
	"context"
	"math"
	"time"

	"ringflow/media"
)

const (
	// loadInterval is how often the load is measured: a burst has the Ps of before for so long.
	loadInterval = 100 * time.Millisecond
	// holdIntervals is for how many intervals Ps are held, and holdAfterDelay for how many after
	// a delay.
	holdIntervals  = 20
	holdAfterDelay = 300
	// maxUse is the share of their time that the Ps that are kept are in use at most.
	maxUse = 0.65
)

// procs has GOMAXPROCS follow the load of the process. A goroutine that becomes runnable while
// a P is idle wakes a thread for it, and below full load most of those find nothing to do:
// calls on two Ps take a fourth more of processor time than on one. Whatever keeps a P that
// others need, as a goroutine in fsync does, shows as a delay, and has all Ps come back.
type procs struct {
	most    int          // Ps at full load, those of the media plane's workers not among them
	measure func() load  // since the last call
	add     func(ps int) // to GOMAXPROCS
}

// followLoad makes a procs of a process that had most Ps before the media plane added its own.
func followLoad(most int, plane *media.Plane) *procs {
	return &procs{most: most, measure: newLoadMeter(plane.Stats).measure, add: media.AddProcs}
}

// run follows the load until ctx ends, and then gives back the Ps that it took.
func (p *procs) run(ctx context.Context) {
	ticker := time.NewTicker(loadInterval)
	defer ticker.Stop()
	s := procsState{ps: p.most, most: p.most, hold: holdIntervals}
	p.measure()
	for {
		select {
		case <-ctx.Done():
			p.add(p.most - s.ps)
			return
		case <-ticker.C:
		}
		before := s.ps
		s.next(p.measure())
		if s.ps != before {
			p.add(s.ps - before)
		}
	}
}

// procsState is how many Ps get work, and since when.
type procsState struct {
	ps, most  int
	hold      int     // intervals
	intervals int     // since ps or hold changed
	delays    int     // intervals with a delay, up to this one
	used      float64 // processors, summed up over intervals
}

// next is the state after an interval: all Ps from the second interval with a delay on, and at
// the end of a hold no more than the load needs.
func (s *procsState) next(l load) {
	s.used, s.intervals, s.delays = s.used+l.processors, s.intervals+1, s.delays+1
	switch {
	case !l.delayed:
		s.delays = 0
	case s.delays >= 2:
		*s = procsState{ps: s.most, most: s.most, hold: holdAfterDelay, delays: s.delays}
		return
	}
	if s.intervals >= s.hold {
		needed := int(math.Ceil(s.used / float64(s.intervals) / maxUse))
		*s = procsState{ps: min(s.ps, max(1, needed)), most: s.most, hold: holdIntervals}
	}
}

package server

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestProcsFollowTheLoad(t *testing.T) {
	light, delayed := load{processors: 0.1}, load{processors: 0.5, delayed: true}
	fresh := func(ps, most int) procsState { return procsState{ps: ps, most: most, hold: holdIntervals} }
	of := func(l load, intervals int) []load { return slices.Repeat([]load{l}, intervals) }
	for _, c := range []struct {
		name     string
		from     procsState
		loads    []load
		ps, hold int
	}{
		{"at rest", fresh(2, 2), of(load{}, holdIntervals), 1, holdIntervals},
		{"at rest, on many cores", fresh(16, 16), of(load{}, holdIntervals), 1, holdIntervals},
		{"at rest, not for long enough", fresh(2, 2), of(load{}, holdIntervals-1), 2, holdIntervals},
		{"one busy interval", fresh(2, 2), append(of(load{processors: 2}, 1), of(light, 2*holdIntervals-1)...), 1, holdIntervals},
		{"more than one P has time for", fresh(2, 2), of(load{processors: 0.7}, holdIntervals), 2, holdIntervals},
		{"four of sixteen cores", fresh(16, 16), of(load{processors: 2.5}, holdIntervals), 4, holdIntervals},
		{"more than the Ps, by the workers of the media plane", fresh(2, 2), of(load{processors: 2.9}, holdIntervals), 2, holdIntervals},
		{"one P in use throughout, and nobody waits", fresh(1, 2), of(load{processors: 0.99}, 200), 1, holdIntervals},
		{"one delay", fresh(1, 16), of(delayed, 1), 1, holdIntervals},
		{"delays now and then", fresh(1, 16), slices.Repeat([]load{delayed, light}, 10), 1, holdIntervals},
		{"delays", fresh(1, 16), of(delayed, 2), 16, holdAfterDelay},
		{"rest after delays", fresh(1, 2), append(of(delayed, 2), of(light, 299)...), 2, holdAfterDelay},
		{"a long rest after delays", fresh(1, 2), append(of(delayed, 2), of(light, 300)...), 1, holdIntervals},
		{"delays with all Ps", fresh(2, 2), append(of(delayed, 1000), of(light, 299)...), 2, holdAfterDelay},
		{"one core", fresh(1, 1), of(load{1, true}, 50), 1, holdAfterDelay},
	} {
		s := c.from
		for _, l := range c.loads {
			s.next(l)
		}
		if s.ps != c.ps || s.hold != c.hold {
			t.Errorf("%s: %+v, want %d Ps and a hold of %d", c.name, s, c.ps, c.hold)
		}
	}
}

// A burst has all Ps after one interval, and what was taken is given back at the end.
func TestProcsOfABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now atomic.Pointer[load]
		now.Store(&load{})
		var ps atomic.Int64
		ps.Store(6) // with those of the media plane
		p := &procs{most: 4, measure: func() load { return *now.Load() }, add: func(n int) { ps.Add(int64(n)) }}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.run(ctx) }()
		for _, c := range []struct {
			now       load
			intervals time.Duration
			want      int64
		}{
			{load{processors: 0.1}, holdIntervals - 1, 6},
			{load{processors: 0.1}, 1, 3},
			{load{processors: 1.5, delayed: true}, 1, 3},
			{load{processors: 1.5, delayed: true}, 1, 6},
			{load{processors: 1.5}, holdAfterDelay, 5},
			{load{processors: 0.1}, 2 * holdIntervals, 3},
		} {
			now.Store(&c.now)
			<-time.After(c.intervals * loadInterval)
			synctest.Wait()
			if got := ps.Load(); got != c.want {
				t.Errorf("%+v: GOMAXPROCS is %d, want %d", c, got, c.want)
			}
		}
		cancel()
		<-done
		if got := ps.Load(); got != 6 {
			t.Errorf("at the end GOMAXPROCS is %d, want 6", got)
		}
	})
}

package server

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestProcsFollowTheLoad(t *testing.T) {
	for _, c := range []struct {
		name          string
		current, most int
		loads         []float64
		want          int
	}{
		{"at rest", 2, 2, slices.Repeat([]float64{0.01}, calmIntervals), 1},
		{"at rest, on many cores", 16, 16, slices.Repeat([]float64{0.01}, calmIntervals), 1},
		{"at rest, not for long enough", 2, 2, slices.Repeat([]float64{0.01}, calmIntervals-1), 2},
		{"light", 2, 2, slices.Repeat([]float64{0.6}, calmIntervals), 1},
		{"one busy interval among calm ones", 2, 2, append([]float64{0.7}, slices.Repeat([]float64{0.1}, calmIntervals-1)...), 2},
		{"more than one P has time for", 2, 2, slices.Repeat([]float64{0.7}, calmIntervals), 2},
		{"four of sixteen cores", 16, 16, slices.Repeat([]float64{2.5}, calmIntervals), 4},
		{"light, with one P", 1, 2, slices.Repeat([]float64{0.8}, calmIntervals), 1},
		{"a burst", 1, 2, []float64{0.1, 0.9}, 2},
		{"a burst, on many cores", 1, 16, []float64{0.9}, 16},
		{"full load", 2, 2, slices.Repeat([]float64{2}, calmIntervals), 2},
		{"more than the Ps, by the workers of the media plane", 2, 2, slices.Repeat([]float64{2.9}, calmIntervals), 2},
		{"one core", 1, 1, slices.Repeat([]float64{1}, calmIntervals), 1},
	} {
		if got := nextProcs(c.current, c.most, c.loads); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// A burst has all Ps after one interval; the Ps of the media plane are there throughout, and
// so are all at the end.
func TestProcsOfABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		load := 0.1
		var used time.Duration
		var set []int
		p := &procs{most: 4, reserved: 2, set: func(ps int) { set = append(set, ps) }, used: func() time.Duration {
			used += time.Duration(load * float64(loadInterval))
			return used
		}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.run(ctx) }()
		wait := func(intervals time.Duration) {
			time.Sleep(intervals*loadInterval + 1)
			synctest.Wait()
		}
		wait(calmIntervals - 1)
		load = 0.1
		wait(1)
		load = 1.5
		wait(1)
		wait(2 * calmIntervals)
		load = 0.1
		wait(2 * calmIntervals)
		cancel()
		<-done
		if want := []int{3, 6, 5, 3, 6}; !slices.Equal(set, want) {
			t.Errorf("GOMAXPROCS was %d, want %d", set, want)
		}
	})
}

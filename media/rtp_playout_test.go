package media

import (
	"testing"
	"time"
)

// arrivals has a playout take packets of 20 ms that come so many milliseconds
// after they were sent.
func arrivals(o *playout, delays ...int) {
	for i, ms := range delays {
		o.add(time.Duration(20*i+ms)*tick, uint32(160*i), i == 0)
	}
}

func repeated(n int, delays ...int) (all []int) {
	for len(all) < n {
		all = append(all, delays...)
	}
	return all[:n]
}

func TestJitter(t *testing.T) {
	for name, c := range map[string]struct {
		delays []int
		want   time.Duration
	}{
		"even": {repeated(1000, 30), 0},
		// Every interval is off by 10 ms, which RFC 3550 §A.8 settles at 10 ms.
		"uneven": {repeated(1000, 0, 10), 10 * tick},
		// One that is 16 ms late moves the estimate by 1 ms going and 1 ms coming.
		"once": {[]int{0, 16}, tick},
	} {
		o := playout{clock: sampleRate}
		arrivals(&o, c.delays...)
		if got := o.time(o.jitter); (got-c.want).Abs() > tick/8 || o.jitterMax < o.jitter {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	o := playout{clock: sampleRate}
	arrivals(&o, append(repeated(200, 0, 20), repeated(400, 5)...)...)
	if now, most := o.time(o.jitter), o.time(o.jitterMax); now > tick || most < 18*tick {
		t.Errorf("jitter %v and at most %v after it has calmed down", now, most)
	}
}

func TestLateness(t *testing.T) {
	for name, c := range map[string]struct {
		delays []int
		late   uint64
	}{
		"on time":                      {repeated(100, 40), 0},
		"at the edge":                  {append([]int{0}, repeated(10, 60)...), 0},
		"beyond it":                    {append([]int{0}, repeated(10, 61)...), 10},
		"now and then":                 {repeated(100, 0, 0, 0, 0, 100), 20},
		"the first was late itself":    {append([]int{100}, repeated(100, 5)...), 0},
		"the way got longer for good":  {append(repeated(10, 0), repeated(500, 100)...), playoutResync},
		"longer and back":              {append(append(repeated(10, 0), repeated(500, 100)...), repeated(100, 0)...), playoutResync},
		"testTimeout begins anew":      {append(append(append([]int{0}, repeated(49, 100)...), 0), repeated(49, 100)...), 98},
		"a burst after a stall of 0.2": {append(repeated(10, 0), 200, 180, 160, 140, 120, 100, 80, 60, 40, 20, 0), 7},
	} {
		o := playout{clock: sampleRate}
		arrivals(&o, c.delays...)
		if o.late != c.late {
			t.Errorf("%s: %d late, want %d", name, o.late, c.late)
		}
	}
}

// A far end that sends nothing in pauses is not late after them, whether its
// clock runs on or stands still meanwhile, and neither is jitter.
func TestSilenceSuppression(t *testing.T) {
	for name, clockRuns := range map[string]bool{"its clock runs on": true, "its clock stands still": false} {
		o := playout{clock: sampleRate}
		at, ts := time.Duration(0), uint32(4_294_960_000) // wraps
		for range 20 {
			for i := range 30 {
				o.add(at, ts, i == 0)
				at, ts = at+20*tick, ts+160
			}
			at += 3 * time.Second
			if clockRuns {
				ts += 3 * sampleRate
			}
		}
		if o.late != 0 || o.jitter != 0 || o.jitterMax != 0 {
			t.Errorf("%s: %d late, jitter %d, at most %d", name, o.late, o.jitter, o.jitterMax)
		}
	}
}

// Clocks that are 100 ppm apart make nothing late in an hour.
func TestDriftIsNotLateness(t *testing.T) {
	for _, ppm := range []int64{-90, 90} {
		o := playout{clock: sampleRate}
		for i := range int64(180_000) {
			at := time.Duration(i) * 20 * time.Millisecond
			o.add(at+at*time.Duration(ppm)/1e6, uint32(160*i), i == 0)
		}
		if o.late != 0 {
			t.Errorf("%d ppm: %d late", ppm, o.late)
		}
	}
}

package call

import (
	"slices"
	"sync"
	"time"

	"ringflow/flowengine/record"
)

// Distribution counts values by the buckets that they fall into.
type Distribution struct {
	Bounds []float64 // upper bounds, rising; immutable
	Counts []uint64  // by bound; what is above the last counts in Total alone
	Total  uint64
	Sum    float64
}

func (d *Distribution) add(v float64) {
	if d.Counts == nil {
		d.Counts = make([]uint64, len(d.Bounds))
	}
	if i, _ := slices.BinarySearch(d.Bounds, v); i < len(d.Bounds) {
		d.Counts[i]++
	}
	d.Total++
	d.Sum += v
}

// Quality is how the answered legs of one trunk sounded here.
type Quality struct {
	Jitter Distribution // seconds, the highest of each leg that was measured
	Loss   Distribution // share of packets lost or late, 0 to 1
	MOS    Distribution
	// Of legs that lasted for a second or longer: those from which no packet came, and
	// those whose packets came from a source that the trunk does not take, and none from
	// another.
	Silent, OtherSource uint64
}

func newQuality() *Quality {
	return &Quality{
		Jitter: Distribution{Bounds: []float64{.001, .002, .005, .01, .02, .03, .05, .1}},
		Loss:   Distribution{Bounds: []float64{0, .001, .005, .01, .02, .05, .1, .3}},
		MOS:    Distribution{Bounds: []float64{2, 2.6, 3.1, 3.6, 4, 4.2, 4.3}},
	}
}

// qualityCounter sums up by trunk. The zero value has seen nothing; any goroutine
// may use it.
type qualityCounter struct {
	mu      sync.Mutex // guards byTrunk
	byTrunk map[string]*Quality
}

// count takes an answered leg that talked for so long.
func (q *qualityCounter) count(trunk string, a *record.LegAudio, talked time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	of := q.byTrunk[trunk]
	if of == nil {
		if q.byTrunk == nil {
			q.byTrunk = map[string]*Quality{}
		}
		of = newQuality()
		q.byTrunk[trunk] = of
	}
	switch {
	case a.Heard != record.HeardNothing || talked < time.Second:
	case a.Refused != nil:
		of.OtherSource++
	default:
		of.Silent++
	}
	if a.Quality == nil || a.Quality.MOS == nil {
		return // too little to judge
	}
	of.Jitter.add(a.Quality.JitterMaxMS / 1000)
	of.Loss.add(a.Quality.LossPercent / 100)
	of.MOS.add(*a.Quality.MOS)
}

func (q *qualityCounter) snapshot() map[string]Quality {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make(map[string]Quality)
	for trunk, of := range q.byTrunk {
		c := *of
		for _, d := range []*Distribution{&c.Jitter, &c.Loss, &c.MOS} {
			d.Counts = slices.Clone(d.Counts)
		}
		out[trunk] = c
	}
	return out
}

package call

import (
	"slices"
	"time"

	"ringflow/flowengine/record"
)

const maxBounds = 8 // of a Distribution

// Distribution counts values by bucket.
type Distribution struct {
	Bounds []float64         // upper bounds, rising; immutable
	Counts [maxBounds]uint64 // by bound; values above the last bound count in Total alone
	Total  uint64
	Sum    float64
}

func (d *Distribution) add(v float64) {
	if i, _ := slices.BinarySearch(d.Bounds, v); i < len(d.Bounds) {
		d.Counts[i]++
	}
	d.Total++
	d.Sum += v
}

// merge adds the values of a Distribution with the same bounds.
func (d *Distribution) merge(other Distribution) {
	d.Bounds = other.Bounds
	for i, n := range other.Counts {
		d.Counts[i] += n
	}
	d.Total += other.Total
	d.Sum += other.Sum
}

// Quality is the quality of the audio received on the answered legs of one trunk.
type Quality struct {
	Jitter Distribution // seconds, the highest of each leg that was measured
	Loss   Distribution // share of packets lost or late, 0 to 1
	MOS    Distribution
	// Of legs that lasted for a second or longer: those without a packet, and those whose
	// packets all came from a source that the trunk's policy refuses.
	Silent, OtherSource uint64
}

func newQuality() *Quality {
	return &Quality{
		Jitter: Distribution{Bounds: []float64{.001, .002, .005, .01, .02, .03, .05, .1}},
		Loss:   Distribution{Bounds: []float64{0, .001, .005, .01, .02, .05, .1, .3}},
		MOS:    Distribution{Bounds: []float64{2, 2.6, 3.1, 3.6, 4, 4.2, 4.3}},
	}
}

// add counts an answered leg that talked for so long.
func (q *Quality) add(a *record.LegAudio, talked time.Duration) {
	switch {
	case a.Reception != record.ReceptionNone || talked < time.Second:
	case a.Refused != nil:
		q.OtherSource++
	default:
		q.Silent++
	}
	if a.Quality == nil || a.Quality.MOS == nil {
		return // too few packets
	}
	q.Jitter.add(a.Quality.JitterMaxMS / 1000)
	q.Loss.add(a.Quality.LossPercent / 100)
	q.MOS.add(*a.Quality.MOS)
}

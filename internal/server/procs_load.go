package server

import (
	"runtime/metrics"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ringflow/media"
)

// load is what the process did in an interval.
type load struct {
	processors float64 // in use, by user and system time
	delayed    bool    // goroutines waited for a P, or packets of audio were late
}

const (
	// longDelay is how long a goroutine that can run waits for a P, or a packet of audio after
	// its tick, before that is a delay.
	longDelay = 5 * time.Millisecond
	// rareDelays and rareLate are the shares of goroutines and of packets that may be delayed,
	// and fewDelays how many.
	rareDelays = 0.05
	rareLate   = 0.01
	fewDelays  = 3
)

// loadMeter measures the load of the process between two calls of measure.
type loadMeter struct {
	audio   func() media.PlaneStats
	sample  []metrics.Sample
	at      time.Time
	used    time.Duration
	waits   delays // of goroutines, of which the runtime measures one in eight
	packets delays
}

func newLoadMeter(audio func() media.PlaneStats) *loadMeter {
	return &loadMeter{audio: audio, sample: []metrics.Sample{{Name: "/sched/latencies:seconds"}}}
}

func (m *loadMeter) measure() load {
	now, used, waits, packets := time.Now(), processorTime(), m.goroutines(), packetsOf(m.audio())
	l := load{
		processors: (used - m.used).Seconds() / max(now.Sub(m.at), time.Millisecond).Seconds(),
		delayed:    waits.exceed(m.waits, rareDelays) || packets.exceed(m.packets, rareLate),
	}
	m.at, m.used, m.waits, m.packets = now, used, waits, packets
	return l
}

// delays counts events, and those that were delayed by longDelay.
type delays struct{ total, long uint64 }

// exceed reports whether more than a share of the events since an earlier count were delayed,
// and more than a few.
func (d delays) exceed(before delays, share float64) bool {
	total, long := d.total-before.total, d.long-before.long
	return long >= fewDelays && float64(long) > share*float64(total)
}

// goroutines counts how often one has waited for a P.
func (m *loadMeter) goroutines() (d delays) {
	metrics.Read(m.sample)
	h := m.sample[0].Value.Float64Histogram()
	for i, n := range h.Counts {
		d.total += n
		if h.Buckets[i] >= longDelay.Seconds() {
			d.long += n
		}
	}
	return d
}

// packetsOf counts the paced packets of a plane.
func packetsOf(s media.PlaneStats) (d delays) {
	first, _ := slices.BinarySearch(media.LatenessBounds(), longDelay)
	for i, n := range s.Late {
		d.total += n
		if i > first {
			d.long += n
		}
	}
	return d
}

func processorTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // it cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

package api

import (
	"context"
	"sync"
	"time"

	"ringflow/internal/keyed"
)

// The bounds of a pace: of one key paceBurst happen at once and then one every
// paceEvery. Where the last would wait for more than half of paceLongest, the interval
// shrinks, so that none waits for all of it.
const (
	intervalBurst   = 1000
	interval        = 10 * time.Millisecond
	intervalLongest = 10 * time.Second
)

// pacer delays, for each key, what must not be refused, to a rate. The zero value is
// ready, and its methods may be called by several goroutines.
type pacer[K comparable] struct {
	mu   sync.Mutex // guards what follows
	next map[K]time.Time
}

// wait returns after the delay, or with ctx's error.
func (p *pacer[K]) wait(ctx context.Context, key K) error {
	late := p.reserve(key, time.Now())
	if late == 0 {
		return nil
	}
	timer := time.NewTimer(late)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reserve reserves the next slot, and returns the delay until then.
func (p *pacer[K]) reserve(key K, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	earliest := now.Add(-intervalBurst * interval)
	next, known := p.next[key]
	if p.next == nil {
		p.next = make(map[K]time.Time)
	} else if !known && !keyed.MakeRoom(p.next, maxBuckets, earliest.After) {
		clear(p.next)
	}
	if next.Before(earliest) {
		next = earliest
	}
	late := max(0, next.Sub(now))
	every := interval
	if room := intervalLongest - late; room < intervalLongest/2 {
		every = time.Duration(float64(every) * float64(room) / float64(intervalLongest/2))
	}
	p.next[key] = next.Add(every)
	return late
}

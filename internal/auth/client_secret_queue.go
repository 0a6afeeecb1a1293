package auth

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// ErrBusy: too many requests wait to have a secret checked.
var ErrBusy = errors.New("too many requests wait to have a secret checked")

// The bounds of a secretQueue. A derivation costs 0.2 s of one core, so guesses take a
// fifth of it at most.
const (
	slotStep     = time.Second // the unit of the duration of a slot that ends in a refusal
	maxSlotSteps = 5           // on a slow machine, or for an expensive hash
	maxWaiting   = 1024
	maxLane      = 16 // waiting requests from one source, for clients of one lane
	sourceLanes  = 8
	newestOf     = 3 // of so many slots of a lane, one is the newest's and the others the oldest's
	maxWait      = 25 * time.Second
)

// secretQueue lets one request at a time derive a secret. Waiting requests are served by
// source in rotation, and of one source by lane, which a client's id shares with a few
// others: the many of one source delay another by one slot and not by their number, and
// guesses at one client's secret hardly delay those at another's. Of a lane the newest
// is served first and every third time, so that a burst of guesses does not delay a later
// request, and the oldest otherwise, so that each has its slot before maxWait. A full lane
// evicts its oldest.
//
// A slot that ends in a refusal lasts for whole steps, as many as any has needed: its
// duration shows neither whether there was a hash to derive nor the result. The zero
// value is ready, and its methods may be called by several goroutines.
type secretQueue struct {
	mu      sync.Mutex // guards what follows
	seed    maphash.Seed
	taken   bool
	waiting int
	sources []*source // those with waiting requests, the next one first
	steps   int       // what the longest slot needed
}

// source is the address of requests.
type source struct {
	from    string
	waiting int
	lanes   []*lane // those with waiting requests, the next one first
}

// lane holds the waiting requests of one source for some clients.
type lane struct {
	number uint64
	wait   []*waiter // the newest last
	passed int       // slots that it has had
}

// waiter is a waiting request. turn receives once: nil when it has its slot, ErrBusy when
// it is evicted.
type waiter struct {
	from  *source
	lane  *lane
	ready chan error
}

// acquire waits for a slot, for the secret of the client of this id. It returns ErrBusy or
// ctx's error without one; otherwise the slot lasts until release or releaseRefused.
func (q *secretQueue) acquire(ctx context.Context, from, id string) error {
	w := q.queue(from, id)
	if w == nil {
		return nil
	}
	late := time.NewTimer(maxWait)
	defer late.Stop()
	var err error
	select {
	case err = <-w.ready:
		return err
	case <-late.C:
		err = ErrBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	q.mu.Lock()
	waited := q.remove(w)
	q.mu.Unlock()
	if !waited && <-w.ready == nil { // acquired at this moment
		q.release()
	}
	return err
}

// queue takes a free slot and returns nil, or appends a waiter to its lane.
func (q *secretQueue) queue(from, id string) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.taken {
		q.taken = true
		return nil
	}
	if q.seed == (maphash.Seed{}) {
		q.seed = maphash.MakeSeed()
	}
	w := &waiter{from: q.source(from), ready: make(chan error, 1)}
	w.lane = w.from.lane(maphash.String(q.seed, id) % sourceLanes)
	w.lane.wait = append(w.lane.wait, w)
	w.from.waiting++
	q.waiting++
	switch {
	case len(w.lane.wait) > maxLane:
		q.evict(w.lane.wait[0])
	case q.waiting > maxWaiting:
		most := slices.MaxFunc(q.sources, func(a, b *source) int { return a.waiting - b.waiting })
		q.evict(slices.MaxFunc(most.lanes, func(a, b *lane) int { return len(a.wait) - len(b.wait) }).wait[0])
	}
	return w
}

// source returns the source of this name, which it adds if it has no waiter.
func (q *secretQueue) source(from string) *source {
	if i := slices.IndexFunc(q.sources, func(p *source) bool { return p.from == from }); i >= 0 {
		return q.sources[i]
	}
	q.sources = append(q.sources, &source{from: from})
	return q.sources[len(q.sources)-1]
}

// lane returns the lane of this number, which it adds if it has no waiter.
func (p *source) lane(number uint64) *lane {
	if i := slices.IndexFunc(p.lanes, func(l *lane) bool { return l.number == number }); i >= 0 {
		return p.lanes[i]
	}
	p.lanes = append(p.lanes, &lane{number: number})
	return p.lanes[len(p.lanes)-1]
}

// evict ends the wait of a waiter with ErrBusy.
func (q *secretQueue) evict(w *waiter) {
	q.remove(w)
	w.ready <- ErrBusy
}

// remove takes a waiter out of its lane, and reports whether it was in it.
func (q *secretQueue) remove(w *waiter) bool {
	at := slices.Index(w.lane.wait, w)
	if at < 0 {
		return false
	}
	q.waiting--
	w.from.waiting--
	if w.lane.wait = slices.Delete(w.lane.wait, at, at+1); len(w.lane.wait) == 0 {
		w.from.lanes = slices.DeleteFunc(w.from.lanes, func(l *lane) bool { return l == w.lane })
	}
	if w.from.waiting == 0 {
		q.sources = slices.DeleteFunc(q.sources, func(p *source) bool { return p == w.from })
	}
	return true
}

// release ends a slot and begins the next.
func (q *secretQueue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.sources) == 0 {
		q.taken = false
		return
	}
	p := q.sources[0]
	l := p.lanes[0]
	q.sources, p.lanes = append(q.sources[1:], p), append(p.lanes[1:], l)
	next := l.wait[0]
	if l.passed%newestOf == 0 {
		next = l.wait[len(l.wait)-1]
	}
	l.passed++
	q.remove(next)
	next.ready <- nil
}

// releaseRefused ends a slot that began then, in whole steps, and returns at that time or
// when ctx ends, which does not shorten the slot.
func (q *secretQueue) releaseRefused(ctx context.Context, began time.Time) {
	q.mu.Lock()
	needed := int((time.Since(began) + slotStep - 1) / slotStep)
	q.steps = min(max(q.steps, needed, 1), maxSlotSteps)
	rest := max(0, time.Duration(max(q.steps, needed))*slotStep-time.Since(began))
	q.mu.Unlock()
	over := make(chan struct{})
	time.AfterFunc(rest, func() { q.release(); close(over) })
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// delay lasts as long as a refused slot, without one.
func (q *secretQueue) delay(ctx context.Context) {
	q.mu.Lock()
	long := time.NewTimer(time.Duration(max(q.steps, 1)) * slotStep)
	q.mu.Unlock()
	defer long.Stop()
	select {
	case <-long.C:
	case <-ctx.Done():
	}
}

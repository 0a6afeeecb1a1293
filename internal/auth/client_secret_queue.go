package auth

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// ErrBusy: others wait to have a secret checked, too many of them to wait longer.
var ErrBusy = errors.New("too many requests wait to have a secret checked")

// The bounds of turns. A derivation costs 0.2 s of one core, so strangers who
// guess take a fifth of it at most.
const (
	turnStep     = time.Second // how long a turn lasts that ends in a refusal
	maxTurnSteps = 5           // of a machine that is slow, or a hash that is dear
	maxWaiting   = 1024
	maxLane      = 16 // of them from one place, for clients of one lane
	sourceLanes  = 8
	newestOf     = 3 // of so many turns of a lane, one is the newest's and the others the oldest's
	maxWait      = 25 * time.Second
)

// secretQueue lets one request after the other have a secret derived. Those who wait
// are served place by place in rotation, and of one place lane by lane, each
// client's id having a lane that a few others share: the many of one place delay
// another by one turn and not by their number, and guesses at one client's secret
// hardly those at another's. Of a lane the newest is served first and every third
// time, so that a burst of guesses does not stand in the way of who comes after it,
// and the oldest otherwise, so that whoever is in it has its turn before maxWait
// although others come again and again. Where a lane is full, the oldest gives way.
//
// A turn that ends in a refusal lasts for whole steps, as many as any has
// needed, whatever was done in it: the time tells neither whether there was
// anything to derive nor what came of it. The zero value is ready, and its
// methods may be called by several goroutines.
type secretQueue struct {
	mu      sync.Mutex // guards what follows
	seed    maphash.Seed
	taken   bool
	waiting int
	sources []*source // those in which somebody waits, the next one first
	steps   int       // what the longest turn needed
}

// source is where requests come from.
type source struct {
	from    string
	waiting int
	lanes   []*lane // those in which somebody waits, the next one first
}

// lane is those of one place who wait for a turn for one of its clients.
type lane struct {
	number uint64
	wait   []*waiter // the newest last
	passed int       // turns that it has had
}

// waiter is one who waits. turn gets nil when it has its turn and ErrBusy when it
// has to give way, once.
type waiter struct {
	place *source
	lane  *lane
	turn  chan error
}

// acquire waits for a turn, for the secret of the client of this id. It returns
// ErrBusy or ctx's error if none came; otherwise the turn lasts until pass or
// spend.
func (t *secretQueue) acquire(ctx context.Context, from, id string) error {
	w := t.queue(from, id)
	if w == nil {
		return nil
	}
	late := time.NewTimer(maxWait)
	defer late.Stop()
	var err error
	select {
	case err = <-w.turn:
		return err
	case <-late.C:
		err = ErrBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	if !t.cancel(w) && <-w.turn == nil { // it came at this moment
		t.release()
	}
	return err
}

// queue takes a free turn, or a place in a lane and returns what to wait for.
func (t *secretQueue) queue(from, id string) *waiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.taken {
		t.taken = true
		return nil
	}
	if t.seed == (maphash.Seed{}) {
		t.seed = maphash.MakeSeed()
	}
	w := &waiter{place: t.source(from), turn: make(chan error, 1)}
	w.lane = w.place.lane(maphash.String(t.seed, id) % sourceLanes)
	w.lane.wait = append(w.lane.wait, w)
	w.place.waiting++
	t.waiting++
	switch {
	case len(w.lane.wait) > maxLane:
		t.evict(w.lane.wait[0])
	case t.waiting > maxWaiting:
		most := slices.MaxFunc(t.sources, func(a, b *source) int { return a.waiting - b.waiting })
		t.evict(slices.MaxFunc(most.lanes, func(a, b *lane) int { return len(a.wait) - len(b.wait) }).wait[0])
	}
	return w
}

// source returns that of this name, which it adds if nobody waits there.
func (t *secretQueue) source(from string) *source {
	if i := slices.IndexFunc(t.sources, func(p *source) bool { return p.from == from }); i >= 0 {
		return t.sources[i]
	}
	t.sources = append(t.sources, &source{from: from})
	return t.sources[len(t.sources)-1]
}

// lane returns that of this number, which it adds if nobody waits in it.
func (p *source) lane(number uint64) *lane {
	if i := slices.IndexFunc(p.lanes, func(l *lane) bool { return l.number == number }); i >= 0 {
		return p.lanes[i]
	}
	p.lanes = append(p.lanes, &lane{number: number})
	return p.lanes[len(p.lanes)-1]
}

// evict sends a waiter away.
func (t *secretQueue) evict(w *waiter) {
	t.remove(w)
	w.turn <- ErrBusy
}

// cancel gives a place in a lane up. It reports false if the waiter has had its
// turn, or had to give way.
func (t *secretQueue) cancel(w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.remove(w)
}

// remove takes a waiter out of its lane, and reports whether it was in it.
func (t *secretQueue) remove(w *waiter) bool {
	at := slices.Index(w.lane.wait, w)
	if at < 0 {
		return false
	}
	t.waiting--
	w.place.waiting--
	if w.lane.wait = slices.Delete(w.lane.wait, at, at+1); len(w.lane.wait) == 0 {
		w.place.lanes = slices.DeleteFunc(w.place.lanes, func(l *lane) bool { return l == w.lane })
	}
	if w.place.waiting == 0 {
		t.sources = slices.DeleteFunc(t.sources, func(p *source) bool { return p == w.place })
	}
	return true
}

// release ends a turn and begins that of the next.
func (t *secretQueue) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sources) == 0 {
		t.taken = false
		return
	}
	p := t.sources[0]
	l := p.lanes[0]
	t.sources, p.lanes = append(t.sources[1:], p), append(p.lanes[1:], l)
	next := l.wait[0]
	if l.passed%newestOf == 0 {
		next = l.wait[len(l.wait)-1]
	}
	l.passed++
	t.remove(next)
	next.turn <- nil
}

// releaseRefused ends a turn that began then and comes to nothing, when its time is over,
// and returns at that time or when ctx ends, which does not shorten the turn:
// whoever goes away early lets nobody guess the sooner.
func (t *secretQueue) releaseRefused(ctx context.Context, began time.Time) {
	t.mu.Lock()
	needed := int((time.Since(began) + turnStep - 1) / turnStep)
	t.steps = min(max(t.steps, needed, 1), maxTurnSteps)
	rest := max(0, time.Duration(max(t.steps, needed))*turnStep-time.Since(began))
	t.mu.Unlock()
	over := make(chan struct{})
	time.AfterFunc(rest, func() { t.release(); close(over) })
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// delay lasts as long as a turn that is spent, and is none.
func (t *secretQueue) delay(ctx context.Context) {
	t.mu.Lock()
	long := time.NewTimer(time.Duration(max(t.steps, 1)) * turnStep)
	t.mu.Unlock()
	defer long.Stop()
	select {
	case <-long.C:
	case <-ctx.Done():
	}
}

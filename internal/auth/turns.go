package auth

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrBusy: too many requests wait to have a secret checked already, in all or
// from where this one comes.
var ErrBusy = errors.New("too many requests wait to have a secret checked")

// The bounds of turns. A derivation costs 0.2 s of one core, so strangers who
// guess take a fifth of it at most.
const (
	turnStep     = time.Second // how long a turn lasts that ends in a refusal
	maxTurnSteps = 5           // of a machine that is slow, or a hash that is dear
	maxWaiting   = 256
	maxLane      = 16 // of them from one place
	maxWait      = 20 * time.Second
)

// turns lets one request after the other have a secret derived. Those who wait
// form a lane for each place that they come from, and the lanes are served in
// rotation, so that the many of one place delay another by one turn and not by
// their number.
//
// A turn that ends in a refusal lasts for whole steps, as many as any has
// needed, whatever was done in it: the time tells neither whether there was
// anything to derive nor what came of it. The zero value is ready, and its
// methods may be called by several goroutines.
type turns struct {
	mu      sync.Mutex // guards what follows
	taken   bool
	waiting int
	lanes   []*lane // those in which somebody waits, the next one first
	steps   int     // what the longest turn needed
}

// lane is those of one place who wait for a turn, the next one first. Their
// channels are closed when it is theirs.
type lane struct {
	from string
	wait []chan struct{}
}

// take waits for a turn. It returns ErrBusy or ctx's error if none came;
// otherwise the turn lasts until pass or spend.
func (t *turns) take(ctx context.Context, from string) error {
	mine, err := t.queue(from)
	if err != nil || mine == nil {
		return err
	}
	late := time.NewTimer(maxWait)
	defer late.Stop()
	select {
	case <-mine:
		return nil
	case <-late.C:
		err = ErrBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	if !t.leave(from, mine) { // it came at this moment
		t.pass()
	}
	return err
}

// queue takes a free turn, or a place in a lane and returns what to wait for.
func (t *turns) queue(from string) (chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.taken {
		t.taken = true
		return nil, nil
	}
	i := slices.IndexFunc(t.lanes, func(l *lane) bool { return l.from == from })
	if t.waiting >= maxWaiting || i >= 0 && len(t.lanes[i].wait) >= maxLane {
		return nil, ErrBusy
	}
	if i < 0 {
		i = len(t.lanes)
		t.lanes = append(t.lanes, &lane{from: from})
	}
	mine := make(chan struct{})
	t.lanes[i].wait = append(t.lanes[i].wait, mine)
	t.waiting++
	return mine, nil
}

// leave gives a place in a lane up. It reports false if the turn has come.
func (t *turns) leave(from string, mine chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, l := range t.lanes {
		if at := slices.Index(l.wait, mine); l.from == from && at >= 0 {
			t.waiting--
			if l.wait = slices.Delete(l.wait, at, at+1); len(l.wait) == 0 {
				t.lanes = slices.Delete(t.lanes, i, i+1)
			}
			return true
		}
	}
	return false
}

// pass ends a turn and begins that of the next lane.
func (t *turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lanes) == 0 {
		t.taken = false
		return
	}
	l := t.lanes[0]
	t.lanes = slices.Delete(t.lanes, 0, 1)
	next := l.wait[0]
	if l.wait = slices.Delete(l.wait, 0, 1); len(l.wait) > 0 {
		t.lanes = append(t.lanes, l)
	}
	t.waiting--
	close(next)
}

// spend ends a turn that began then and comes to nothing, when its time is over,
// and returns at that time or when ctx ends, which does not shorten the turn:
// whoever goes away early lets nobody guess the sooner.
func (t *turns) spend(ctx context.Context, began time.Time) {
	t.mu.Lock()
	needed := int((time.Since(began) + turnStep - 1) / turnStep)
	t.steps = min(max(t.steps, needed, 1), maxTurnSteps)
	rest := max(0, time.Duration(max(t.steps, needed))*turnStep-time.Since(began))
	t.mu.Unlock()
	over := make(chan struct{})
	time.AfterFunc(rest, func() { t.pass(); close(over) })
	select {
	case <-over:
	case <-ctx.Done():
	}
}

package share

import (
	"context"
	"slices"
	"sync"
)

// Places bound how much of one kind goes on at once, in all and of each account.
//
// An account that has its share waits until one of its own places is left. Where
// all are taken, the next that is left goes to the account that holds the fewest
// of those that may have one more, and of equals to the one that came first. So an
// account that holds none waits until one place is left, and one more for each
// account that holds none either and came before it.
//
// The methods may be called by several goroutines.
type Places struct {
	all, share int

	mu    sync.Mutex // guards what follows
	taken int
	held  map[string]int // by account, those that it has
	queue []*waiter      // who came first stands first
}

// waiter waits for a place; got closes when it has it.
type waiter struct {
	account string
	got     chan struct{}
}

// NewPlaces returns so many places, of which an account has at most its share. Both
// are at least 1.
func NewPlaces(all, share int) *Places {
	return &Places{all: max(all, 1), share: max(min(all, share), 1), held: make(map[string]int)}
}

// Take waits for a place for the account, and returns what gives it back, or the
// cause of ctx's end.
func (p *Places) Take(ctx context.Context, account string) (leave func(), err error) {
	p.mu.Lock()
	s := &waiter{account: account, got: make(chan struct{})}
	p.queue = append(p.queue, s)
	p.assign()
	p.mu.Unlock()
	leave = func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.taken--
		if p.held[account]--; p.held[account] == 0 {
			delete(p.held, account)
		}
		p.assign()
	}
	select {
	case <-s.got:
		return leave, nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	at := slices.Index(p.queue, s)
	if at >= 0 {
		p.queue = slices.Delete(p.queue, at, at+1)
	}
	p.mu.Unlock()
	if at < 0 { // it came at this moment
		leave()
	}
	return nil, context.Cause(ctx)
}

// assign gives the places that are free to those who may have them.
func (p *Places) assign() {
	for p.taken < p.all {
		next := -1
		for i, s := range p.queue {
			if held := p.held[s.account]; held < p.share && (next < 0 || held < p.held[p.queue[next].account]) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		s := p.queue[next]
		p.queue = slices.Delete(p.queue, next, next+1)
		p.taken++
		p.held[s.account]++
		close(s.got)
	}
}

// Package fairshare limits what runs at once, such as processes, over all accounts
// and for each of them, so that no account takes the whole limit.
//
// It does not know what runs.
package fairshare

import (
	"context"
	"slices"
	"sync"
)

// Semaphore limits how much of one kind runs at once, in all and of each account.
//
// An account that has its share waits until it releases one of its own. At the limit
// the next release goes to the waiting account that holds the fewest and may have one
// more, and of equals to the one that waits longest. So an account that holds none
// waits for one release, and one more for each account that holds none either and
// waits longer.
//
// The methods may be called by several goroutines.
type Semaphore struct {
	limit, share int

	mu    sync.Mutex // guards what follows
	held  int
	by    map[string]int // held, by account
	queue []*waiter      // the longest waiting first
}

// waiter waits in the queue; acquired closes when it has left it with success.
type waiter struct {
	account  string
	acquired chan struct{}
}

// New returns a semaphore of this limit, of which an account has at most its share.
// Both are at least 1.
func New(limit, share int) *Semaphore {
	return &Semaphore{limit: max(limit, 1), share: max(min(limit, share), 1), by: make(map[string]int)}
}

// Acquire waits until the account may run one more, and returns what releases it, or
// the cause of ctx's end. The caller releases once.
func (s *Semaphore) Acquire(ctx context.Context, account string) (release func(), err error) {
	w := &waiter{account: account, acquired: make(chan struct{})}
	s.mu.Lock()
	s.queue = append(s.queue, w)
	s.assign()
	s.mu.Unlock()
	release = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held--
		if s.by[account]--; s.by[account] == 0 {
			delete(s.by, account)
		}
		s.assign()
	}
	select {
	case <-w.acquired:
		return release, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	at := slices.Index(s.queue, w)
	if at >= 0 {
		s.queue = slices.Delete(s.queue, at, at+1)
	}
	s.mu.Unlock()
	if at < 0 { // acquired at this moment
		release()
	}
	return nil, context.Cause(ctx)
}

// assign lets those in the queue run that may.
func (s *Semaphore) assign() {
	for s.held < s.limit {
		next := -1
		for i, w := range s.queue {
			if held := s.by[w.account]; held < s.share && (next < 0 || held < s.by[s.queue[next].account]) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		w := s.queue[next]
		s.queue = slices.Delete(s.queue, next, next+1)
		s.held++
		s.by[w.account]++
		close(w.acquired)
	}
}

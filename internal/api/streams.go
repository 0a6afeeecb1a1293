package api

import (
	"net/http"
	"strconv"
	"sync"
)

// Event streams open at once, where nothing else is configured.
const (
	DefaultStreams        = 1000
	DefaultAccountStreams = 100
)

// streams counts the event streams that are open. The zero value is ready, and
// its methods may be called by several goroutines.
type streams struct {
	mu        sync.Mutex
	open      int
	byAccount map[string]int
}

// enterStream counts one more stream of the account, unless there are too many.
// An account has a share, so that no other finds the server full of its streams.
// The caller calls leave once.
func (a *api) enterStream(account string) (leave func(), err error) {
	s, share := &a.streams, a.config.AccountStreams(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.byAccount[account] >= share:
		return nil, &refusal{status: http.StatusTooManyRequests, code: codeTooMany, message: "too many requests",
			description: "the account may have " + strconv.Itoa(share) + " event streams open", retryAfter: retryWhenDraining}
	case s.open >= a.config.Streams:
		return nil, &refusal{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable",
			description: "too many event streams are open", retryAfter: retryWhenDraining}
	}
	if s.byAccount == nil {
		s.byAccount = make(map[string]int)
	}
	s.open++
	s.byAccount[account]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
		if s.byAccount[account]--; s.byAccount[account] == 0 {
			delete(s.byAccount, account)
		}
	}, nil
}

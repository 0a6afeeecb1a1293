package api

import (
	"net/http"
	"sync"
)

// shares counts what accounts have under way at once, of a kind that takes much
// of the server. An account has a share, so that no other finds the server full of
// its. The zero value is ready, and its methods may be called by several
// goroutines.
type shares struct {
	mu        sync.Mutex // guards what follows
	taken     int
	byAccount map[string]int
}

// enter counts one more of the account, unless it has as many as it may, which is
// refused by 429 and the first description, or all together have, which is by 503
// and the second. The caller calls leave once.
func (s *shares) enter(account string, ofAccount, all int, much, full string) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.byAccount[account] >= ofAccount:
		return nil, &refusal{status: http.StatusTooManyRequests, code: codeTooMany, message: "too many requests",
			description: much, retryAfter: retryWhenDraining}
	case s.taken >= all:
		return nil, &refusal{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable",
			description: full, retryAfter: retryWhenDraining}
	}
	if s.byAccount == nil {
		s.byAccount = make(map[string]int)
	}
	s.taken++
	s.byAccount[account]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken--
		if s.byAccount[account]--; s.byAccount[account] == 0 {
			delete(s.byAccount, account)
		}
	}, nil
}

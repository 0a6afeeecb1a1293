package api

import (
	"net/http"
	"sync"
)

// concurrency limits what runs at once of one kind, in all and of each account, so
// that no account takes the whole limit. The zero value is ready, and its methods may
// be called by several goroutines.
type concurrency struct {
	mu        sync.Mutex // guards what follows
	running   int
	byAccount map[string]int
}

// acquire counts one more of the account until release is called. At the account's
// share it fails with 429 and the first description, at the limit with 503 and the
// second.
func (c *concurrency) acquire(account string, share, limit int, overShare, overLimit string) (release func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.byAccount[account] >= share:
		return nil, &httpError{status: http.StatusTooManyRequests, code: codeTooMany, message: "too many requests",
			description: overShare, retryAfter: retryWhenDraining}
	case c.running >= limit:
		return nil, &httpError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable",
			description: overLimit, retryAfter: retryWhenDraining}
	}
	if c.byAccount == nil {
		c.byAccount = make(map[string]int)
	}
	c.running++
	c.byAccount[account]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.running--
		if c.byAccount[account]--; c.byAccount[account] == 0 {
			delete(c.byAccount, account)
		}
	}, nil
}

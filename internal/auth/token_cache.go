package auth

import (
	"sync"
	"time"

	"ringflow/internal/keyed"
)

// maxCached bounds the tokens held in memory; one entry is about 200 bytes.
const maxCached = 50_000

// cache holds the tokens in use, so that a request costs no query. The timing of a look-up
// by hash leaks at most the hash, which is useless. Its methods may be called by several
// goroutines.
type cache struct {
	mu     sync.RWMutex
	tokens map[TokenHash]TokenRecord
	// memoryOnly are those that could not be stored.
	memoryOnly map[TokenHash]TokenRecord
}

func (c *cache) get(h TokenHash) (TokenRecord, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	t, known := c.tokens[h]
	if !known {
		t, known = c.memoryOnly[h]
	}
	return t, known
}

// hold adds a token that is stored nowhere else, and so is not dropped before it expires.
// It reports false if there are too many.
func (c *cache) hold(t TokenRecord, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !keyed.MakeRoom(c.memoryOnly, maxCached, expiredAt(now)) {
		return false
	}
	c.memoryOnly[t.Hash] = t
	return true
}

// put adds a token. A full cache drops those that have expired or, if none has, all:
// they are read from Tokens again.
func (c *cache) put(t TokenRecord, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !keyed.MakeRoom(c.tokens, maxCached, expiredAt(now)) {
		clear(c.tokens)
	}
	c.tokens[t.Hash] = t
}

func expiredAt(now time.Time) func(TokenRecord) bool {
	return func(t TokenRecord) bool { return !now.Before(t.Expires) }
}

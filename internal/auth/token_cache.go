package auth

import (
	"sync"
	"time"
)

// maxCached bounds the tokens held in memory; one entry is about 200 bytes.
const maxCached = 50_000

// cache holds the tokens in use, so that a request costs no query. Looking a
// token up by its hash leaks through timing at most the hash, which is no use
// to anybody. Its methods may be called by several goroutines.
type cache struct {
	mu     sync.RWMutex
	tokens map[TokenHash]TokenRecord
	// memoryOnly are those that stand nowhere else, because they could not be kept.
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

// hold adds a token that stands nowhere else, and so is not dropped before it
// expires. It reports false if there are too many.
func (c *cache) hold(t TokenRecord, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.memoryOnly == nil {
		c.memoryOnly = make(map[TokenHash]TokenRecord)
	}
	if len(c.memoryOnly) >= maxCached {
		for h, old := range c.memoryOnly {
			if !now.Before(old.Expires) {
				delete(c.memoryOnly, h)
			}
		}
		if len(c.memoryOnly) >= maxCached {
			return false
		}
	}
	c.memoryOnly[t.Hash] = t
	return true
}

// put adds a token, and makes room by dropping those that have expired or, if
// none has, all: they are read from Tokens again.
func (c *cache) put(t TokenRecord, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens == nil {
		c.tokens = make(map[TokenHash]TokenRecord)
	}
	if len(c.tokens) >= maxCached {
		for h, old := range c.tokens {
			if !now.Before(old.Expires) {
				delete(c.tokens, h)
			}
		}
		if len(c.tokens) >= maxCached {
			clear(c.tokens)
		}
	}
	c.tokens[t.Hash] = t
}

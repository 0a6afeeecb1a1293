package auth

import (
	"context"
	"errors"
	"sync"
)

// checks lets requests that say the same share one check of it. The zero value is
// ready, and its methods may be called by several goroutines.
type checks struct {
	mu      sync.Mutex // guards running
	running map[checkKey]*check
}

// errBroken is what a check comes to that panicked.
var errBroken = errors.New("the check of a secret broke off")

// check is one under way; client and err are set before done closes.
type check struct {
	done   chan struct{}
	client Client
	err    error
}

// do returns what the check comes to, which one of those who ask for it makes.
// If that one goes away before it is made, another takes its place. Who waits
// returns ctx's error when ctx ends.
func (c *checks) do(ctx context.Context, key checkKey, make func() (Client, error)) (Client, error) {
	for {
		running, mine := c.join(key)
		if mine {
			defer c.end(key, running)
			running.client, running.err = make()
			return running.client, running.err
		}
		select {
		case <-running.done:
		case <-ctx.Done():
			return Client{}, ctx.Err()
		}
		if gone := errors.Is(running.err, context.Canceled) || errors.Is(running.err, context.DeadlineExceeded); !gone {
			return running.client, running.err
		}
	}
}

// join returns the check of this name that is under way, or a new one that is the
// caller's to make.
func (c *checks) join(key checkKey) (running *check, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if running = c.running[key]; running != nil {
		return running, false
	}
	if c.running == nil {
		c.running = make(map[checkKey]*check)
	}
	running = &check{done: make(chan struct{}), err: errBroken}
	c.running[key] = running
	return running, true
}

// end tells those who wait for a check that it was made.
func (c *checks) end(key checkKey, made *check) {
	c.mu.Lock()
	delete(c.running, key)
	c.mu.Unlock()
	close(made.done)
}

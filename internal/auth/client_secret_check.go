package auth

import (
	"context"
	"errors"
	"sync"
)

// checks has requests with the same credentials share one check. Its methods may be called
// by several goroutines.
type checks struct {
	mu      sync.Mutex // guards running
	running map[checkKey]*check
}

// errBroken is the result of a check that panicked.
var errBroken = errors.New("the check of a secret broke off")

// check is one under way; client and err are set before done closes.
type check struct {
	done   chan struct{}
	client Client
	err    error
}

// do returns the result of the check under the key, which the first caller makes. If its
// context ends before that, another caller makes it. A waiting caller returns ctx's error
// when ctx ends.
func (c *checks) do(ctx context.Context, key checkKey, prove func() (Client, error)) (Client, error) {
	for {
		c.mu.Lock()
		running := c.running[key]
		if running == nil {
			running = &check{done: make(chan struct{}), err: errBroken}
			c.running[key] = running
			c.mu.Unlock()
			defer c.end(key, running)
			running.client, running.err = prove()
			return running.client, running.err
		}
		c.mu.Unlock()
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

// end wakes the callers that wait for a check.
func (c *checks) end(key checkKey, made *check) {
	c.mu.Lock()
	delete(c.running, key)
	c.mu.Unlock()
	close(made.done)
}

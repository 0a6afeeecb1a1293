package call

import "time"

// channel is one of the legs that a trunk carries at once (Trunk.Channels), claimed from
// a channelPool. Its holder calls release exactly once: Switch.dialLeg until a leg has
// it, then the end of that leg. It needs no lock of its own.
type channel struct {
	trunk    *Trunk
	pool     *channelPool
	load     *trunkLoad
	reason   string        // why the call takes this trunk
	waited   time.Duration // in the queue
	claimed  time.Time
	released bool // guarded by pool.mu
}

// accepted says that the carrier took the call, so that a limit of its own is not reached.
// It waits for the pool only after the trunk has rested.
func (c *channel) accepted() {
	if c.load.resting.Load() {
		c.pool.accepted(c.trunk, c.claimed)
	}
}

// release frees the channel, or assigns it to the first queued call that can use it. A
// second release panics: another leg would lose its channel by it.
func (c *channel) release() {
	p := c.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.released {
		panic("call: a channel is released twice")
	}
	c.released = true
	p.load(c.trunk).inUse--
	p.assign()
	p.claimed.Done()
}

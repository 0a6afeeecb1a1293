package call

// channel is one of the legs that a trunk carries at once (Trunk.Channels), claimed from
// a channelPool. Its holder calls release exactly once: Switch.dialLeg until a leg has
// it, then the end of that leg. It needs no lock of its own.
type channel struct {
	trunk    *Trunk
	pool     *channelPool
	released bool // guarded by pool.mu
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
	p.inUse[c.trunk.id]--
	p.assign()
	p.claimed.Done()
}

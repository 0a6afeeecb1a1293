package store

import (
	"sync"

	"ringflow/flowengine/record"
)

// versionCache holds the published versions, which every trigger asks for. It
// relies on this process being the only one that publishes.
type versionCache struct {
	mu      sync.RWMutex
	byFlow  map[[2]string]record.Version // by account, and flow id or alias
	changed int
}

func (c *versionCache) get(account, flowID string) (record.Version, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, known := c.byFlow[[2]string{account, flowID}]
	return v, known
}

// changes counts the publications so far: one that happens between a read and
// its put makes the put stale.
func (c *versionCache) changes() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changed
}

func (c *versionCache) put(flowID string, v record.Version, change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if change != c.changed {
		return
	}
	if c.byFlow == nil {
		c.byFlow = make(map[[2]string]record.Version)
	}
	c.byFlow[[2]string{v.Account, flowID}] = v
}

func (c *versionCache) forget(account, flowID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed++
	for key, v := range c.byFlow {
		if key[0] == account && (v.FlowID == flowID || key[1] != v.FlowID) { // aliases may lead elsewhere now
			delete(c.byFlow, key)
		}
	}
}

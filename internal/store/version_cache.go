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
	changes int
}

// get returns a version and, for put, how many publications there were so far.
func (c *versionCache) get(account, flowID string) (v record.Version, known bool, changes int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, known = c.byFlow[[2]string{account, flowID}]
	return v, known, c.changes
}

// put adds a version that was read, unless there was a publication since get.
func (c *versionCache) put(flowID string, v record.Version, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changes != c.changes {
		return
	}
	if c.byFlow == nil {
		c.byFlow = make(map[[2]string]record.Version)
	}
	c.byFlow[[2]string{v.Account, flowID}] = v
}

// clear empties the cache after a publication, if it came about.
func (c *versionCache) clear(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.changes++
		c.byFlow = nil
	}
}

// Package keyed holds what is shared by key: locks, so that work for one key, such as an
// account, delays that of no other, and maps that are bounded.
//
// It does not know what the keys name.
package keyed

import (
	"slices"
	"sync"
)

// RWMutex is a sync.RWMutex for each key. It never forgets a key. The zero value is
// ready, and its methods may be called by several goroutines.
type RWMutex struct {
	mu    sync.Mutex // guards locks
	locks map[string]*sync.RWMutex
}

// Of returns the key's lock.
func (m *RWMutex) Of(key string) *sync.RWMutex {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks == nil {
		m.locks = make(map[string]*sync.RWMutex)
	}
	if m.locks[key] == nil {
		m.locks[key] = new(sync.RWMutex)
	}
	return m.locks[key]
}

// RLock locks the keys for reading, in their order so that two calls never wait for
// each other, until unlock is called.
func (m *RWMutex) RLock(keys []string) (unlock func()) {
	var held []*sync.RWMutex
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		lock := m.Of(key)
		lock.RLock()
		held = append(held, lock)
	}
	return func() {
		for _, lock := range held {
			lock.RUnlock()
		}
	}
}

package api

import (
	"slices"
	"sync"
)

// AccountLocks are a lock for each account: what takes long for one keeps no other
// waiting. The zero value is ready, and its methods may be called by several
// goroutines.
type AccountLocks struct {
	mu sync.Mutex // guards of
	of map[string]*sync.RWMutex
}

// Of returns the account's lock.
func (l *AccountLocks) Of(account string) *sync.RWMutex {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = make(map[string]*sync.RWMutex)
	}
	if l.of[account] == nil {
		l.of[account] = new(sync.RWMutex)
	}
	return l.of[account]
}

// RLock holds the locks of several accounts for reading until unlock is called.
func (l *AccountLocks) RLock(accounts []string) (unlock func()) {
	var held []*sync.RWMutex
	for _, account := range slices.Compact(slices.Sorted(slices.Values(accounts))) {
		lock := l.Of(account)
		lock.RLock()
		held = append(held, lock)
	}
	return func() {
		for _, lock := range held {
			lock.RUnlock()
		}
	}
}

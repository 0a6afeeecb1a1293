package keyed

import (
	"context"
	"sync"
)

// Mutex is a mutex for each key, which Lock waits for no longer than a context. It
// forgets keys that nothing locks. The zero value is ready, and its methods may be
// called by several goroutines.
type Mutex[K comparable] struct {
	mu    sync.Mutex // guards locks
	locks map[K]*lock
}

// lock is that of one key.
type lock struct {
	free  chan struct{} // holds one while the key is not locked
	count int           // calls that hold it or wait, under Mutex.mu
}

// Lock locks a key until unlock is called. It fails only if ctx ends first.
func (m *Mutex[K]) Lock(ctx context.Context, key K) (unlock func(), err error) {
	m.mu.Lock()
	l := m.locks[key]
	if l == nil {
		l = &lock{free: make(chan struct{}, 1)}
		l.free <- struct{}{}
		if m.locks == nil {
			m.locks = make(map[K]*lock)
		}
		m.locks[key] = l
	}
	l.count++
	m.mu.Unlock()
	select {
	case <-l.free:
		return func() { l.free <- struct{}{}; m.forget(key, l) }, nil
	case <-ctx.Done():
		m.forget(key, l)
		return nil, ctx.Err()
	}
}

// forget counts a call out, and drops a lock that the last one leaves.
func (m *Mutex[K]) forget(key K, l *lock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.count--; l.count == 0 {
		delete(m.locks, key)
	}
}

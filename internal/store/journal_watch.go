package store

import (
	"sync"

	"ringflow/flowengine"
)

// Watch returns a channel that receives whenever something new of the
// execution can be read; several changes may be told at once. stop ends it.
func (s *Store) Watch(id flowengine.ExecutionID) (changed <-chan struct{}, stop func()) {
	return s.writer.watches.add(id)
}

// watches are those who wait for news. The zero value is ready, and its methods
// may be called by several goroutines.
type watches struct {
	mu   sync.Mutex
	byID map[flowengine.ExecutionID]map[chan struct{}]bool
	all  map[chan struct{}]bool
}

// WatchAll returns a channel that receives whenever something new of any
// execution can be read. stop ends it.
func (s *Store) WatchAll() (changed <-chan struct{}, stop func()) {
	w, c := &s.writer.watches, make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = make(map[chan struct{}]bool)
	}
	w.all[c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, c)
	}
}

func (w *watches) add(id flowengine.ExecutionID) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID == nil {
		w.byID = make(map[flowengine.ExecutionID]map[chan struct{}]bool)
	}
	if w.byID[id] == nil {
		w.byID[id] = make(map[chan struct{}]bool)
	}
	w.byID[id][c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.byID[id], c)
		if len(w.byID[id]) == 0 {
			delete(w.byID, id)
		}
	}
}

// changed tells those who watch the execution, unless nothing was written.
func (w *writer) changed(id flowengine.ExecutionID, err error) {
	if err != nil {
		return
	}
	w.watches.mu.Lock()
	defer w.watches.mu.Unlock()
	for c := range w.watches.byID[id] {
		signal(c)
	}
	for c := range w.watches.all {
		signal(c)
	}
}

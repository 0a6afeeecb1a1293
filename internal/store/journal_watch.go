package store

import (
	"sync"

	"ringflow/flowengine/record"
)

// watches are channels that are notified of what was written. Its methods may be called
// by several goroutines.
type watches struct {
	mu   sync.Mutex
	byID map[record.ExecutionID]map[chan struct{}]bool // "": of every execution
}

// Watch returns a channel that receives whenever something new of the
// execution can be read; several changes may be one notification. stop ends it.
func (s *Store) Watch(id record.ExecutionID) (changed <-chan struct{}, stop func()) {
	return s.writer.watches.add(id)
}

// WatchAll returns a channel that receives whenever something new of any
// execution can be read. stop ends it.
func (s *Store) WatchAll() (changed <-chan struct{}, stop func()) {
	return s.writer.watches.add("")
}

func (w *watches) add(id record.ExecutionID) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
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

// notify wakes the watches of an execution.
func (w *watches) notify(id record.ExecutionID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, watched := range []record.ExecutionID{id, ""} {
		for c := range w.byID[watched] {
			signal(c)
		}
	}
}

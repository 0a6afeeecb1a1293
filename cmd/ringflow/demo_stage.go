package main

import "sync"

// stage brings what several goroutines see to the show in the order it arrives,
// without making any of them wait for the terminal. It owns one goroutine.
type stage struct {
	mu      sync.Mutex // guards queue and closed
	queue   []func()
	closed  bool
	wake    chan struct{} // holds one token when the queue may not be empty
	drained sync.WaitGroup
}

func newStage() *stage {
	s := &stage{wake: make(chan struct{}, 1)}
	s.drained.Go(s.run)
	return s
}

// tell queues something to show; it does nothing after close.
func (s *stage) tell(f func()) {
	s.mu.Lock()
	if !s.closed {
		s.queue = append(s.queue, f)
	}
	s.mu.Unlock()
	s.nudge()
}

// close shows what is queued and waits for it.
func (s *stage) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.nudge()
	s.drained.Wait()
}

func (s *stage) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stage) run() {
	for range s.wake {
		s.mu.Lock()
		queue, closed := s.queue, s.closed
		s.queue = nil
		s.mu.Unlock()
		for _, f := range queue {
			f()
		}
		if closed {
			return
		}
	}
}

package main

import (
	"slices"
	"sync"
	"time"
)

// Several goroutines see a call at once, each a moment late: what happened is
// held back so long, and then shown in the order in which it happened.
const (
	stageDelay = 60 * time.Millisecond
	stageTick  = 20 * time.Millisecond
)

// stage brings what happens to the show, in the order in which it happened, and
// makes nobody who tells it wait for the terminal. It owns one goroutine.
type stage struct {
	mu     sync.Mutex // guards queue and closed
	queue  []scene
	closed bool

	leave chan struct{}
	done  chan struct{}
}

// scene is one thing that happened, and how to show it.
type scene struct {
	at   time.Time
	play func()
}

func newStage() *stage {
	s := &stage{leave: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

// tell queues something to show; it does nothing after close.
func (s *stage) tell(at time.Time, play func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.queue = append(s.queue, scene{at, play})
	}
}

// close shows what is queued and waits for it. It is called once.
func (s *stage) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	close(s.leave)
	<-s.done
}

func (s *stage) run() {
	defer close(s.done)
	tick := time.NewTicker(stageTick)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			s.play(now.Add(-stageDelay))
		case <-s.leave:
			s.play(time.Now().Add(time.Hour))
			return
		}
	}
}

// play shows what happened before a moment.
func (s *stage) play(before time.Time) {
	s.mu.Lock()
	slices.SortStableFunc(s.queue, func(a, b scene) int { return a.at.Compare(b.at) })
	n := 0
	for n < len(s.queue) && s.queue[n].at.Before(before) {
		n++
	}
	due := slices.Clone(s.queue[:n])
	s.queue = slices.Delete(s.queue, 0, n)
	s.mu.Unlock()
	for _, d := range due {
		d.play()
	}
}

package demo

import (
	"slices"
	"sync"
	"time"
)

// Several goroutines report at once, each with some delay: an entry is printed so long
// after its time, so that all are in the order of time.
const (
	sequencerDelay = 60 * time.Millisecond
	sequencerTick  = 20 * time.Millisecond
)

// sequencer prints entries in the order of time, in a goroutine of its own: add never
// waits for the terminal.
type sequencer struct {
	mu    sync.Mutex // guards queue
	queue []entry

	stop chan struct{}
	done chan struct{}
}

// entry is a moment and what prints it.
type entry struct {
	at    time.Time
	print func()
}

func newSequencer() *sequencer {
	s := &sequencer{stop: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

// add queues an entry; after close it is not printed.
func (s *sequencer) add(at time.Time, print func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, entry{at, print})
}

// close prints what is queued. It is called once.
func (s *sequencer) close() {
	close(s.stop)
	<-s.done
}

func (s *sequencer) run() {
	defer close(s.done)
	tick := time.NewTicker(sequencerTick)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			s.flush(now.Add(-sequencerDelay))
		case <-s.stop:
			s.flush(time.Now().Add(time.Hour))
			return
		}
	}
}

// flush prints the entries before a moment.
func (s *sequencer) flush(before time.Time) {
	s.mu.Lock()
	slices.SortStableFunc(s.queue, func(a, b entry) int { return a.at.Compare(b.at) })
	n, _ := slices.BinarySearchFunc(s.queue, before, func(e entry, t time.Time) int { return e.at.Compare(t) })
	due := s.queue[:n]
	s.queue = s.queue[n:]
	s.mu.Unlock()
	for _, d := range due {
		d.print()
	}
}

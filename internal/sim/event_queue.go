package sim

import (
	"sync"

	"ringflow/sip"
)

// eventQueue are the events of a session on their way to the goroutine of its phone. add waits
// for nothing, as that goroutine may be the one that calls it.
type eventQueue struct {
	ready chan struct{} // holds a token while there are events

	mu     sync.Mutex
	events []sip.Event
}

func newEventQueue() *eventQueue { return &eventQueue{ready: make(chan struct{}, 1)} }

func (q *eventQueue) add(e sip.Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events = append(q.events, e)
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *eventQueue) drain() []sip.Event {
	q.mu.Lock()
	defer q.mu.Unlock()
	events := q.events
	q.events = nil
	return events
}

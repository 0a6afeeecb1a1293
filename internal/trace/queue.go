package trace

import (
	"sync"
	"sync/atomic"

	"ringflow/sip"
)

// maxWaiting is how many messages wait for a Queue's write.
const maxWaiting = 8192

// Queue passes messages on to a write that may take its time: messages that come while
// too many wait are counted and dropped, so that no call waits. Message may be called by
// any goroutine until Close is.
type Queue struct {
	messages chan sip.Trace
	dropped  atomic.Uint64
	done     sync.WaitGroup
}

// NewQueue has write called with each message, one after the other; idle is called
// whenever none waits, and may be nil.
func NewQueue(write func(sip.Trace), idle func()) *Queue {
	q := &Queue{messages: make(chan sip.Trace, maxWaiting)}
	q.done.Go(func() {
		for m := range q.messages {
			write(m)
			if len(q.messages) == 0 && idle != nil {
				idle()
			}
		}
	})
	return q
}

// Message takes a message.
func (q *Queue) Message(m sip.Trace) {
	select {
	case q.messages <- m:
	default:
		q.dropped.Add(1)
	}
}

// Dropped is how many messages were dropped.
func (q *Queue) Dropped() uint64 { return q.dropped.Load() }

// Close returns once the messages that wait are written.
func (q *Queue) Close() {
	close(q.messages)
	q.done.Wait()
}

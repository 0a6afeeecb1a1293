package api

import (
	"context"
	"sync"
)

// queues let one at a time through for each key; whoever comes later with the
// same key waits until the one before has left. The zero value is ready, and its
// methods may be called by several goroutines.
type queues[K comparable] struct {
	mu   sync.Mutex
	open map[K]*queue // those in which somebody is or waits
}

type queue struct {
	turn  chan struct{} // holds one while nobody is through
	count int           // who is through and who waits, under queues.mu
}

// enter waits for the key's turn, and returns what ends it. It fails only if ctx
// ends first.
func (q *queues[K]) enter(ctx context.Context, key K) (leave func(), err error) {
	q.mu.Lock()
	mine := q.open[key]
	if mine == nil {
		mine = &queue{turn: make(chan struct{}, 1)}
		mine.turn <- struct{}{}
		if q.open == nil {
			q.open = make(map[K]*queue)
		}
		q.open[key] = mine
	}
	mine.count++
	q.mu.Unlock()
	select {
	case <-mine.turn:
		return func() { mine.turn <- struct{}{}; q.part(key, mine) }, nil
	case <-ctx.Done():
		q.part(key, mine)
		return nil, ctx.Err()
	}
}

// part forgets a queue that the last one leaves.
func (q *queues[K]) part(key K, mine *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if mine.count--; mine.count == 0 {
		delete(q.open, key)
	}
}

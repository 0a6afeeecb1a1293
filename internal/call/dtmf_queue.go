package call

import (
	"context"
	"slices"
	"sync"

	"ringflow/flowengine"
	"ringflow/media"
)

// maxDigits is how many digits are kept that are not read yet, as many as by a port; a
// further digit drops the oldest.
const maxDigits = 64

// digitQueue holds the DTMF digits of a far end, by telephone events and SIP INFO, each
// digit once, in the order of their beginning as far as it is known when they are read.
// Any goroutine may use it.
type digitQueue struct {
	events <-chan media.Digit // closed with the port
	infos  chan dtmfDigit

	mu      sync.Mutex // guards the fields below
	seen    deduplicator
	pending []dtmfDigit // not read yet
}

func newDigitQueue(events <-chan media.Digit) *digitQueue {
	return &digitQueue{events: events, infos: make(chan dtmfDigit, maxDigits)}
}

// addInfo adds a digit of a SIP INFO.
func (q *digitQueue) addInfo(d dtmfDigit) {
	for {
		select {
		case q.infos <- d:
			return
		default:
		}
		select {
		case <-q.infos:
		default:
		}
	}
}

// poll reads a digit that has been received already.
func (q *digitQueue) poll() (rune, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(q.drain()...)
	if len(q.pending) == 0 {
		return 0, false
	}
	first := q.pending[0]
	q.pending = slices.Delete(q.pending, 0, 1)
	return first.symbol, true
}

// drain empties the channels.
func (q *digitQueue) drain() (list []dtmfDigit) {
	for {
		select {
		case d, open := <-q.events:
			if open {
				list = append(list, eventDigit(d))
				continue
			}
		default:
		}
		select {
		case d := <-q.infos:
			list = append(list, d)
		default:
			return list
		}
	}
}

// add appends digits, except those that were received from the other source before. mu is
// held.
func (q *digitQueue) add(list ...dtmfDigit) {
	slices.SortStableFunc(list, func(a, b dtmfDigit) int { return a.start.Compare(b.start) })
	for _, d := range list {
		if q.seen.isNew(d) {
			q.pending = append(q.pending, d)
		}
	}
	if more := len(q.pending) - maxDigits; more > 0 {
		q.pending = slices.Delete(q.pending, 0, more)
	}
}

// next waits for a digit. Digits that came before the end of the leg are returned before
// ErrHungUp.
func (q *digitQueue) next(ctx context.Context, ended <-chan struct{}) (rune, error) {
	for over := false; ; {
		if symbol, ok := q.poll(); ok {
			return symbol, nil
		}
		if over {
			return 0, flowengine.ErrHungUp
		}
		var next dtmfDigit
		select {
		case d, open := <-q.events:
			if !open { // the port closes a moment before the leg has ended
				<-ended
				over = true
				continue
			}
			next = eventDigit(d)
		case next = <-q.infos:
		case <-ended:
			over = true
			continue
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
		q.mu.Lock()
		q.add(next)
		q.mu.Unlock()
	}
}

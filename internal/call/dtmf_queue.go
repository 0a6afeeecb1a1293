package call

import (
	"context"
	"slices"
	"sync"
	"time"

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
	added  chan struct{}      // of one: a digit of a SIP INFO was added

	mu      sync.Mutex // guards the fields below
	seen    deduplicator
	pending []media.Digit // not read yet
}

func newDigitQueue(events <-chan media.Digit) *digitQueue {
	return &digitQueue{events: events, added: make(chan struct{}, 1)}
}

// addInfo adds a digit of a SIP INFO, after the events that have been received.
func (q *digitQueue) addInfo(symbol rune, at time.Time) {
	q.mu.Lock()
	q.drain()
	q.add(media.Digit{Symbol: symbol, At: at}, fromInfo)
	q.mu.Unlock()
	select {
	case q.added <- struct{}{}:
	default:
	}
}

// poll reads a digit that has been received already.
func (q *digitQueue) poll() (rune, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drain()
	if len(q.pending) == 0 {
		return 0, false
	}
	first := q.pending[0]
	q.pending = slices.Delete(q.pending, 0, 1)
	return first.Symbol, true
}

// drain adds the events that have been received. mu is held.
func (q *digitQueue) drain() {
	for {
		select {
		case d, open := <-q.events:
			if !open {
				return
			}
			q.add(d, fromEvent)
		default:
			return
		}
	}
}

// add adds a digit, unless it was received from the other source before. mu is held.
func (q *digitQueue) add(d media.Digit, source digitSource) {
	if !q.seen.isNew(d, source) {
		return
	}
	q.pending = append(q.pending, d)
	slices.SortStableFunc(q.pending, func(a, b media.Digit) int { return a.At.Compare(b.At) })
	if len(q.pending) > maxDigits {
		q.pending = slices.Delete(q.pending, 0, 1)
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
		select {
		case d, open := <-q.events:
			if !open { // the port closes a moment before the leg has ended
				<-ended
				over = true
				continue
			}
			q.mu.Lock()
			q.add(d, fromEvent)
			q.mu.Unlock()
		case <-q.added:
		case <-ended:
			over = true
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

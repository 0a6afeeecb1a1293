package call

import (
	"context"
	"slices"
	"sync"

	"ringflow/flowengine"
	"ringflow/media"
)

// maxDigits is how many keys wait for somebody to read them before the oldest is
// dropped; as many as a port keeps.
const maxDigits = 64

// digitQueue are those that the far end of a leg presses: both ways, each once, in the order
// of their beginning as far as it is known when they are read. Any goroutine may use
// them.
type digitQueue struct {
	events <-chan media.Digit // closed with the port
	infos  chan dtmfDigit

	mu      sync.Mutex // guards the fields below
	seen    deduplicator
	pending []dtmfDigit // have not been read
}

func newDigitQueue(events <-chan media.Digit) *digitQueue {
	return &digitQueue{events: events, infos: make(chan dtmfDigit, maxDigits)}
}

// addInfo takes a key that came by INFO.
func (k *digitQueue) addInfo(p dtmfDigit) {
	for {
		select {
		case k.infos <- p:
			return
		default:
		}
		select {
		case <-k.infos:
		default:
		}
	}
}

// poll takes a key that has come already.
func (k *digitQueue) poll() (rune, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(k.drain()...)
	if len(k.pending) == 0 {
		return 0, false
	}
	first := k.pending[0]
	k.pending = slices.Delete(k.pending, 0, 1)
	return first.symbol, true
}

// drain empties the channels.
func (k *digitQueue) drain() (list []dtmfDigit) {
	for {
		select {
		case d, open := <-k.events:
			if open {
				list = append(list, eventDigit(d))
				continue
			}
		default:
		}
		select {
		case p := <-k.infos:
			list = append(list, p)
		default:
			return list
		}
	}
}

// add has presses wait to be read, those that have not come the other way. mu is
// held.
func (k *digitQueue) add(list ...dtmfDigit) {
	slices.SortStableFunc(list, func(a, b dtmfDigit) int { return a.start.Compare(b.start) })
	for _, p := range list {
		if k.seen.isNew(p) {
			k.pending = append(k.pending, p)
		}
	}
	if more := len(k.pending) - maxDigits; more > 0 {
		k.pending = slices.Delete(k.pending, 0, more)
	}
}

// next waits for a key. A key that was pressed before the leg ended is handed over
// before it returns ErrHungUp.
func (k *digitQueue) next(ctx context.Context, ended <-chan struct{}) (rune, error) {
	for over := false; ; {
		if key, ok := k.poll(); ok {
			return key, nil
		}
		if over {
			return 0, flowengine.ErrHungUp
		}
		var p dtmfDigit
		select {
		case d, open := <-k.events:
			if !open { // the port closes a moment before the leg has ended
				<-ended
				over = true
				continue
			}
			p = eventDigit(d)
		case p = <-k.infos:
		case <-ended:
			over = true
			continue
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
		k.mu.Lock()
		k.add(p)
		k.mu.Unlock()
	}
}

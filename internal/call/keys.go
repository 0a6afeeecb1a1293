package call

import (
	"context"
	"slices"
	"sync"

	"ringflow/flowengine"
	"ringflow/media"
)

// keysKept is how many keys wait for somebody to read them before the oldest is
// dropped; as many as a port keeps.
const keysKept = 64

// keys are those that the far end of a leg presses: both ways, each once, in the order
// of their beginning as far as it is known when they are read. Any goroutine may use
// them.
type keys struct {
	events <-chan media.Digit // closed with the port
	infos  chan keyPress

	mu      sync.Mutex // guards the fields below
	pairs   keyPairs
	waiting []keyPress // have not been read
}

func newKeys(events <-chan media.Digit) *keys {
	return &keys{events: events, infos: make(chan keyPress, keysKept)}
}

// info takes a key that came by INFO.
func (k *keys) info(p keyPress) {
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

// pressed takes a key that has come already.
func (k *keys) pressed() (rune, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.take(k.come()...)
	if len(k.waiting) == 0 {
		return 0, false
	}
	first := k.waiting[0]
	k.waiting = slices.Delete(k.waiting, 0, 1)
	return first.key, true
}

// come empties the channels.
func (k *keys) come() (list []keyPress) {
	for {
		select {
		case d, open := <-k.events:
			if open {
				list = append(list, eventPress(d))
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

// take has presses wait to be read, those that have not come the other way. mu is
// held.
func (k *keys) take(list ...keyPress) {
	slices.SortStableFunc(list, func(a, b keyPress) int { return a.from.Compare(b.from) })
	for _, p := range list {
		if k.pairs.fresh(p) {
			k.waiting = append(k.waiting, p)
		}
	}
	if more := len(k.waiting) - keysKept; more > 0 {
		k.waiting = slices.Delete(k.waiting, 0, more)
	}
}

// next waits for a key. A key that was pressed before the leg ended is handed over
// before it returns ErrContactGone.
func (k *keys) next(ctx context.Context, ended <-chan struct{}) (rune, error) {
	for over := false; ; {
		if key, ok := k.pressed(); ok {
			return key, nil
		}
		if over {
			return 0, flowengine.ErrContactGone
		}
		var p keyPress
		select {
		case d, open := <-k.events:
			if !open { // the port closes a moment before the leg has ended
				<-ended
				over = true
				continue
			}
			p = eventPress(d)
		case p = <-k.infos:
		case <-ended:
			over = true
			continue
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
		k.mu.Lock()
		k.take(p)
		k.mu.Unlock()
	}
}

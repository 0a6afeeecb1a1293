package call

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
)

// MaxQueued is how many of an account may wait for a channel before the account
// is refused new work.
const MaxQueued = 1000

// callQueue holds those who wait for a channel of one of their account's trunks: legs
// to agents first, as somebody is on the phone for them already, then calls to
// contacts, both in the order in which they came. A channel that comes free is handed to the first
// who can use it, so that none is free while somebody waits for it. It belongs
// to an Switch and is guarded by its mu.
type callQueue struct {
	entries []*queueEntry
	count   map[string]int // by account
}

// queueEntry is one who waits, for its account as it is now. The channel it is handed
// is one it has claimed.
type queueEntry struct {
	account *Account
	party   record.Party
	channel chan *Trunk // closed when the exchange closes
}

func (l *callQueue) push(a *Account, p record.Party) *queueEntry {
	w := &queueEntry{account: a, party: p, channel: make(chan *Trunk, 1)}
	at := len(l.entries)
	if i := slices.IndexFunc(l.entries, func(other *queueEntry) bool { return other.party == record.PartyContact }); p == record.PartyAgent && i >= 0 {
		at = i
	}
	l.entries = slices.Insert(l.entries, at, w)
	if l.count == nil {
		l.count = map[string]int{}
	}
	l.count[a.Name]++
	return w
}

// remove takes w out of the line. It reports false if w was handed a channel
// before, or the line was closed: then its channel says which.
func (l *callQueue) remove(w *queueEntry) bool {
	i := slices.Index(l.entries, w)
	if i < 0 {
		return false
	}
	l.removeAt(i)
	return true
}

func (l *callQueue) removeAt(i int) {
	a := l.entries[i].account.Name
	if l.count[a]--; l.count[a] == 0 {
		delete(l.count, a)
	}
	l.entries = slices.Delete(l.entries, i, i+1)
}

// close sends everybody away.
func (l *callQueue) close() {
	for _, w := range l.entries {
		close(w.channel)
	}
	l.entries, l.count = nil, nil
}

// Waiting is the number of calls that wait for a channel.
func (x *Switch) Waiting() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.queue.entries)
}

// Admit implements flowengine.Admission: it refuses new work of an account while too
// much of it waits for a channel.
func (x *Switch) Admit(account string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n := x.queue.count[account]; n >= MaxQueued {
		return fmt.Errorf("%w: %d calls of account %s wait for a channel of its trunks", flowengine.ErrQueueFull, n, account)
	}
	return nil
}

// queueOptions is how somebody waits in line.
type queueOptions struct {
	party     record.Party
	limit     time.Duration   // 0: not at all
	abandoned <-chan struct{} // closed when nobody needs the channel any more; may be nil
	queued    func()          // called when the waiting begins
}

// claim claims a channel, and waits in line for one if all are in use.
func (x *Switch) claim(ctx context.Context, a *Account, p queueOptions) (*Trunk, error) {
	x.mu.Lock()
	trunk, err := x.free(a)
	if !errors.Is(err, errNoChannel) || p.limit == 0 {
		x.mu.Unlock()
		return trunk, err
	}
	w := x.queue.push(a, p.party)
	x.mu.Unlock()
	p.queued()

	late := time.NewTimer(p.limit)
	defer late.Stop()
	select {
	case trunk := <-w.channel:
		return received(trunk)
	case <-late.C:
		err = fmt.Errorf("every channel of account %s's trunks was in use for %v", a.Name, p.limit)
	case <-p.abandoned:
		err = flowengine.ErrHungUp
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	x.mu.Lock()
	left := x.queue.remove(w)
	x.mu.Unlock()
	if left {
		return nil, err
	}
	trunk, closing := received(<-w.channel)
	if closing != nil || ctx.Err() == nil && !errors.Is(err, flowengine.ErrHungUp) {
		return trunk, closing
	}
	x.release(trunk)
	x.wg.Done()
	return nil, err
}

// appendAwaited notes that a call waits in line.
func appendAwaited(j record.Journal, p record.Party) {
	j.Append(record.Event{Kind: record.ChannelAwaited, Detail: string(p)})
}

// received reads what a waiter was handed.
func received(t *Trunk) (*Trunk, error) {
	if t == nil {
		return nil, errClosing
	}
	return t, nil
}

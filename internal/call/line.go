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

// MaxInLine is how many of an account may wait for a channel before the account
// is refused new work.
const MaxInLine = 1000

// line holds those who wait for a channel of one of their account's trunks: legs
// to agents first, as somebody is on the phone for them already, then calls to
// contacts, both in the order in which they came. A channel that comes free is handed to the first
// who can use it, so that none is free while somebody waits for it. It belongs
// to an Exchange and is guarded by its mu.
type line struct {
	waiters []*waiter
	of      map[string]int // by account
}

// waiter is one who waits, for its account as it is now. The channel it is handed
// is one it has claimed.
type waiter struct {
	account *Account
	party   record.Party
	channel chan *Trunk // closed when the exchange closes
}

func (l *line) join(a *Account, p record.Party) *waiter {
	w := &waiter{account: a, party: p, channel: make(chan *Trunk, 1)}
	at := len(l.waiters)
	if i := slices.IndexFunc(l.waiters, func(other *waiter) bool { return other.party == record.PartyContact }); p == record.PartyAgent && i >= 0 {
		at = i
	}
	l.waiters = slices.Insert(l.waiters, at, w)
	if l.of == nil {
		l.of = map[string]int{}
	}
	l.of[a.Name]++
	return w
}

// leave takes w out of the line. It reports false if w was handed a channel
// before, or the line was closed: then its channel says which.
func (l *line) leave(w *waiter) bool {
	i := slices.Index(l.waiters, w)
	if i < 0 {
		return false
	}
	l.drop(i)
	return true
}

func (l *line) drop(i int) {
	a := l.waiters[i].account.Name
	if l.of[a]--; l.of[a] == 0 {
		delete(l.of, a)
	}
	l.waiters = slices.Delete(l.waiters, i, i+1)
}

// close sends everybody away.
func (l *line) close() {
	for _, w := range l.waiters {
		close(w.channel)
	}
	l.waiters, l.of = nil, nil
}

// Waiting is the number of calls that wait for a channel.
func (x *Exchange) Waiting() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.line.waiters)
}

// Admit implements flowengine.Admission: it refuses new work of an account while too
// much of it waits for a channel.
func (x *Exchange) Admit(account string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n := x.line.of[account]; n >= MaxInLine {
		return fmt.Errorf("%w: %d calls of account %s wait for a channel of its trunks", flowengine.ErrQueueFull, n, account)
	}
	return nil
}

// patience is how somebody waits in line.
type patience struct {
	party  record.Party
	limit  time.Duration   // 0: not at all
	gone   <-chan struct{} // closed when nobody needs the channel any more; may be nil
	begins func()          // called when the waiting begins
}

// queue claims a channel, and waits in line for one if all are in use.
func (x *Exchange) queue(ctx context.Context, a *Account, p patience) (*Trunk, error) {
	x.mu.Lock()
	trunk, err := x.free(a)
	if !errors.Is(err, errInUse) || p.limit == 0 {
		x.mu.Unlock()
		return trunk, err
	}
	w := x.line.join(a, p.party)
	x.mu.Unlock()
	p.begins()

	late := time.NewTimer(p.limit)
	defer late.Stop()
	select {
	case trunk := <-w.channel:
		return handed(trunk)
	case <-late.C:
		err = fmt.Errorf("every channel of account %s's trunks was in use for %v", a.Name, p.limit)
	case <-p.gone:
		err = flowengine.ErrContactGone
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	x.mu.Lock()
	left := x.line.leave(w)
	x.mu.Unlock()
	if left {
		return nil, err
	}
	trunk, closing := handed(<-w.channel)
	if closing != nil || ctx.Err() == nil && !errors.Is(err, flowengine.ErrContactGone) {
		return trunk, closing
	}
	x.release(trunk)
	x.wg.Done()
	return nil, err
}

// await notes that a call waits in line.
func await(j record.Journal, p record.Party) {
	j.Append(record.Event{Kind: record.ChannelAwaited, Detail: string(p)})
}

// handed reads what a waiter was handed.
func handed(t *Trunk) (*Trunk, error) {
	if t == nil {
		return nil, errClosing
	}
	return t, nil
}

package call

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
)

// MaxQueued is how many calls of an account wait for a channel before the account is
// refused new work.
const MaxQueued = 1000

// The reasons for which a channel cannot be claimed.
var (
	errClosed    = errors.New("the switch is closing")
	errNoChannel = errors.New("is in use")
)

// channelPool holds the channels of all trunks, and the calls that wait for one: legs to
// agents first, as a contact is on the phone for them already, then calls to contacts,
// both in the order in which they came. A channel that becomes free is assigned to the
// first call that can use it, so that none is free while a call waits for it. Any
// goroutine may use it.
type channelPool struct {
	claimed  sync.WaitGroup     // one for each channel that is not released
	unusable func(*Trunk) error // why no call can be placed over a trunk, nil if one can

	mu     sync.Mutex // guards the fields below
	closed bool
	inUse  map[trunkID]int
	queue  []*queuedCall
	queued map[string]int // by account
}

// queuedCall waits for a channel of the account's trunks, as the account is configured now.
type queuedCall struct {
	account  *Account
	party    record.Party
	assigned chan *channel // of one; closed with the pool
}

func newChannelPool(unusable func(*Trunk) error) *channelPool {
	return &channelPool{unusable: unusable, inUse: map[trunkID]int{}, queued: map[string]int{}}
}

// claimOptions say how a call waits where every channel is in use.
type claimOptions struct {
	party     record.Party
	wait      time.Duration   // at most; 0: not at all
	abandoned <-chan struct{} // closed when the channel is no longer needed; may be nil
	queued    func()          // called when the wait begins; of a legRequest may be nil
}

// claim returns a channel of the first of the account's trunks that has one free, and
// waits for one if every channel is in use. The caller releases it.
func (p *channelPool) claim(ctx context.Context, a *Account, o claimOptions) (*channel, error) {
	p.mu.Lock()
	c, err := p.tryClaim(a)
	if !errors.Is(err, errNoChannel) || o.wait == 0 {
		p.mu.Unlock()
		return c, err
	}
	q := p.push(a, o.party)
	p.mu.Unlock()
	o.queued()

	timeout := time.NewTimer(o.wait)
	defer timeout.Stop()
	needed, open := true, true
	select {
	case c, open = <-q.assigned:
	case <-timeout.C:
		err = fmt.Errorf("every channel of account %s's trunks was in use for %v", a.Name, o.wait)
		needed = ctx.Err() == nil
	case <-o.abandoned:
		needed, err = false, flowengine.ErrHungUp
	case <-ctx.Done():
		needed, err = false, context.Cause(ctx)
	}
	if c == nil && open { // it waits no longer
		if p.remove(q) {
			return nil, err
		}
		c, open = <-q.assigned // at the same moment
	}
	switch {
	case !open:
		return nil, errClosed
	case needed:
		return c, nil
	}
	c.release()
	return nil, err
}

// tryClaim claims a free channel, or returns why there is none. mu is held.
func (p *channelPool) tryClaim(a *Account) (*channel, error) {
	if p.closed {
		return nil, errClosed
	}
	if c := p.take(a); c != nil {
		return c, nil
	}
	if len(a.Trunks) == 0 {
		return nil, fmt.Errorf("account %s has no trunk", a.Name)
	}
	var unusable []string
	for _, t := range a.Trunks {
		if err := p.unusable(t); err != nil {
			unusable = append(unusable, err.Error())
		}
	}
	if len(unusable) == len(a.Trunks) {
		return nil, errors.New(strings.Join(unusable, "; "))
	}
	return nil, fmt.Errorf("every channel of account %s's trunks %w", a.Name, errNoChannel)
}

// take claims a channel of the first of the account's trunks that can be used and has one
// free, nil if none has. mu is held.
func (p *channelPool) take(a *Account) *channel {
	for _, t := range a.Trunks {
		if (t.Channels == 0 || p.inUse[t.id] < t.Channels) && p.unusable(t) == nil {
			p.inUse[t.id]++
			p.claimed.Add(1) // under mu, so that close comes before or after it
			return &channel{trunk: t, pool: p}
		}
	}
	return nil
}

// assign gives a free channel to the first call in the queue that can use it, and reports
// whether there was one. mu is held.
func (p *channelPool) assign() bool {
	for i, q := range p.queue {
		if c := p.take(q.account); c != nil {
			p.removeAt(i)
			q.assigned <- c
			return true
		}
	}
	return false
}

// push appends a call to the queue; a leg to an agent stands before calls to contacts.
// mu is held.
func (p *channelPool) push(a *Account, party record.Party) *queuedCall {
	q := &queuedCall{account: a, party: party, assigned: make(chan *channel, 1)}
	at := len(p.queue)
	if i := slices.IndexFunc(p.queue, func(other *queuedCall) bool { return other.party == record.PartyContact }); party == record.PartyAgent && i >= 0 {
		at = i
	}
	p.queue = slices.Insert(p.queue, at, q)
	p.queued[a.Name]++
	return q
}

// remove takes a call out of the queue. It is false if a channel was assigned to the call
// before, or the pool was closed.
func (p *channelPool) remove(q *queuedCall) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.queue, q)
	if i < 0 {
		return false
	}
	p.removeAt(i)
	return true
}

func (p *channelPool) removeAt(i int) {
	account := p.queue[i].account.Name
	if p.queued[account]--; p.queued[account] == 0 {
		delete(p.queued, account)
	}
	p.queue = slices.Delete(p.queue, i, i+1)
}

// setAccounts has the calls in the queue wait for the trunks of the accounts as they are
// now configured, by name.
func (p *channelPool) setAccounts(accounts map[string]*Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.queue {
		q.account = accounts[q.account.Name]
	}
	for p.assign() {
	}
}

// assignAll gives the free channels to the calls in the queue: a trunk that could not be
// used may be usable now.
func (p *channelPool) assignAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.assign() {
	}
}

// inUseBy is the number of channels of a trunk that are not released.
func (p *channelPool) inUseBy(t *Trunk) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inUse[t.id]
}

func (p *channelPool) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)
}

// admit returns flowengine.ErrQueueFull if MaxQueued calls of the account wait.
func (p *channelPool) admit(account string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.queued[account]; n >= MaxQueued {
		return fmt.Errorf("%w: %d calls of account %s wait for a channel of its trunks", flowengine.ErrQueueFull, n, account)
	}
	return nil
}

// close refuses claims from now on, those in the queue included.
func (p *channelPool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, q := range p.queue {
		close(q.assigned)
	}
	p.queue = nil
	clear(p.queued)
}

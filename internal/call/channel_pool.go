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
	errClosed  = errors.New("the switch is closing")
	errNoTrunk = errors.New("no trunk takes the call")
)

// maxRetryAfter bounds the rest of a trunk that a carrier asks for.
const maxRetryAfter = time.Hour

// maxAgentsInRow is how many legs to agents of an account are placed one after the other while a
// contact of the account waits.
const maxAgentsInRow = 3

// channelPool holds the channels of all trunks, and the calls that wait for one: legs to
// agents first, as a contact is on the phone for them already, then calls to contacts,
// both in the order in which they came; behind maxAgentsInRow agents comes a contact. A channel
// that becomes free, and a start that calls_per_second allows, is assigned to the first call that
// can use it, so that none is free while a call waits for it. Any goroutine may use it.
type channelPool struct {
	claimed  sync.WaitGroup     // one for each channel that is not released
	unusable func(*Trunk) error // why no call can be placed over a trunk, nil if one can

	mu     sync.Mutex // guards the fields below
	closed bool
	loads  map[trunkID]*trunkLoad
	queue  []*queuedCall
	queued map[string]int // by account
	agents map[string]int // placed in a row, by account
	timer  *time.Timer    // of the next start that a queued call waits for; nil: none
	timeAt time.Time
	missed uint64 // calls that waited in vain
}

// queuedCall waits for a channel of its candidates, as the account is configured now.
type queuedCall struct {
	account    string
	party      record.Party
	since      time.Time // it stands before those that came later
	entered    time.Time
	choose     func(*Account) ([]candidate, []string)
	candidates []candidate
	passed     []string      // trunks passed over
	assigned   chan *channel // of one; closed with the pool
}

func newChannelPool(unusable func(*Trunk) error) *channelPool {
	return &channelPool{unusable: unusable, loads: map[trunkID]*trunkLoad{}, queued: map[string]int{}, agents: map[string]int{}}
}

// claimOptions say how a call waits where every channel is in use.
type claimOptions struct {
	party     record.Party
	wait      time.Duration   // at most; 0: not at all
	abandoned <-chan struct{} // closed when the channel is no longer needed; may be nil
	queued    func()          // called when the wait begins; of a legRequest may be nil
	since     time.Time       // of a call that goes on: when its first wait began; zero: now
	// choose returns the trunks that the call may take, in order, and which it passes over; nil:
	// all trunks of the account. It is called with the pool locked.
	choose func(*Account) ([]candidate, []string)
}

// claim returns a channel of the first of the candidates that takes a call now, and waits for one
// if none does. The caller releases it.
func (p *channelPool) claim(ctx context.Context, a *Account, o claimOptions) (*channel, error) {
	if o.choose == nil {
		o.choose = func(a *Account) ([]candidate, []string) { return a.candidates("", ""), nil }
	}
	q := &queuedCall{account: a.Name, party: o.party, since: o.since, entered: time.Now(), choose: o.choose, assigned: make(chan *channel, 1)}
	if q.since.IsZero() {
		q.since = q.entered
	}
	if err := p.enqueue(q, a, o.wait); err != nil {
		return nil, err
	}
	select {
	case c, open := <-q.assigned:
		if !open {
			return nil, errClosed
		}
		return c, nil
	default:
	}
	o.queued()

	timeout := time.NewTimer(o.wait)
	defer timeout.Stop()
	needed, open := true, true
	var c *channel
	var err error
	select {
	case c, open = <-q.assigned:
	case <-timeout.C:
		err = fmt.Errorf("%s for %v", p.busy(q), o.wait)
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

// enqueue adds a call to the queue, which assigns it a channel at once if one is free. The error
// says why the call cannot wait: there is no trunk for it, it may not wait, or it would wait for
// longer than wait at the calls_per_second of its trunks.
func (p *channelPool) enqueue(q *queuedCall, a *Account, wait time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	if len(a.Trunks) == 0 {
		return fmt.Errorf("account %s has no trunk", a.Name)
	}
	if q.candidates, q.passed = q.choose(a); len(q.candidates) == 0 {
		return errNoTrunk
	}
	var unusable []string
	for _, c := range q.candidates {
		if err := p.unusable(c.trunk); err != nil {
			unusable = append(unusable, err.Error())
		}
	}
	if len(unusable) == len(q.candidates) {
		return errors.New(strings.Join(unusable, "; "))
	}
	p.push(q)
	p.assign()
	at := slices.Index(p.queue, q)
	if at < 0 {
		return nil
	}
	paced := p.intervalWait(at)
	if wait > 0 && paced < wait {
		return nil
	}
	p.removeAt(at)
	p.missed++
	busy := p.busyText(q, "is")
	if wait > 0 {
		return fmt.Errorf("%s, and so many calls wait that it would wait for %v and may for %v", busy, waited(paced), wait)
	}
	return errors.New(busy)
}

// intervalWait is how long the call at a place of the queue waits at least for the calls_per_second
// of its trunks; 0 if one of them has no such limit.
func (p *channelPool) intervalWait(at int) time.Duration {
	q, rate, now := p.queue[at], 0.0, time.Now()
	var first time.Time // when the first of the trunks takes a call
	for _, c := range q.candidates {
		if c.trunk.CallsPerSecond == 0 {
			return 0
		}
		rate += c.trunk.CallsPerSecond
		if next := p.load(c.trunk).next; first.IsZero() || next.Before(first) {
			first = next
		}
	}
	ahead := 0
	for _, other := range p.queue[:at] {
		if !slices.ContainsFunc(other.candidates, func(c candidate) bool { return !q.mayTake(c.trunk) }) {
			ahead++
		}
	}
	return max(first.Sub(now), 0) + time.Duration(float64(ahead)/rate*float64(time.Second))
}

func (q *queuedCall) mayTake(t *Trunk) bool {
	return slices.ContainsFunc(q.candidates, func(c candidate) bool { return c.trunk.id == t.id })
}

// busy is why the call waits, in the past tense.
func (p *channelPool) busy(q *queuedCall) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed++
	return p.busyText(q, "was")
}

// busyText says that every channel is in use, and what the trunks of a call are at their limits
// with. mu is held.
func (p *channelPool) busyText(q *queuedCall, verb string) string {
	text := fmt.Sprintf("every channel of account %s's trunks %s in use", q.account, verb)
	for _, c := range q.candidates {
		if _, next := p.load(c.trunk).refusal(c.trunk, time.Now()); !next.IsZero() {
			return fmt.Sprintf("every channel of account %s's trunks, or their calls_per_second, %s in use", q.account, verb)
		}
	}
	return text
}

// load is what a trunk carries. mu is held.
func (p *channelPool) load(t *Trunk) *trunkLoad {
	l := p.loads[t.id]
	if l == nil {
		l = newTrunkLoad()
		p.loads[t.id] = l
	}
	return l
}

// trunkRefusal is why a trunk takes no call, and when its interval lets one start.
type trunkRefusal struct {
	why string // empty: it takes one
	at  time.Time
}

// refusal is that of a trunk now. mu is held.
func (p *channelPool) refusal(t *Trunk, now time.Time) (r trunkRefusal) {
	if err := p.unusable(t); err != nil {
		return trunkRefusal{why: err.Error()}
	}
	r.why, r.at = p.load(t).refusal(t, now)
	return r
}

// take claims a channel of the first candidate of a call that takes one now; nil if none does, and
// then when the interval of one lets it. refused has the trunks that took none at the same moment:
// they take none of the calls behind either. mu is held.
func (p *channelPool) take(q *queuedCall, now time.Time, refused map[trunkID]trunkRefusal) (c *channel, next time.Time) {
	for i, candidate := range q.candidates {
		t := candidate.trunk
		r, known := refused[t.id]
		if !known {
			if r = p.refusal(t, now); r.why == "" {
				c = &channel{trunk: t, pool: p, load: p.load(t), reason: candidate.reason, waited: now.Sub(q.entered), claimed: now}
				passed := slices.Clip(q.passed)
				for _, before := range q.candidates[:i] {
					passed = append(passed, fmt.Sprintf("%s (%s)", before.trunk.Name, refused[before.trunk.id].why))
				}
				if len(passed) > 0 {
					c.reason += "; passed over: " + strings.Join(passed, ", ")
				}
				p.load(t).start(t, now, c.waited)
				p.claimed.Add(1) // under mu, so that close comes before or after it
				return c, time.Time{}
			}
			refused[t.id] = r
		}
		if next.IsZero() || !r.at.IsZero() && r.at.Before(next) {
			next = r.at
		}
	}
	return nil, next
}

// assign gives channels to the calls in the queue that can use one, and sets the timer for the
// first that waits for the calls_per_second of its trunk. mu is held.
func (p *channelPool) assign() {
	now, refused := time.Now(), map[trunkID]trunkRefusal{}
	var first time.Time
	for i := 0; i < len(p.queue); {
		q := p.queue[i]
		if q.party == record.PartyAgent && p.agents[q.account] >= maxAgentsInRow {
			if at := p.contactBehind(i); at >= 0 {
				if c, _ := p.take(p.queue[at], now, refused); c != nil {
					p.give(at, c)
					continue
				}
			}
		}
		c, next := p.take(q, now, refused)
		if c != nil {
			p.give(i, c)
			continue
		}
		if first.IsZero() || !next.IsZero() && next.Before(first) {
			first = next
		}
		i++
	}
	p.wakeAt(first)
}

// contactBehind is the place of the first contact of the same account behind a call in the
// queue; -1: there is none.
func (p *channelPool) contactBehind(i int) int {
	for at := i + 1; at < len(p.queue); at++ {
		if p.queue[at].party == record.PartyContact && p.queue[at].account == p.queue[i].account {
			return at
		}
	}
	return -1
}

// give takes a call out of the queue with its channel. mu is held.
func (p *channelPool) give(at int, c *channel) {
	q := p.queue[at]
	p.removeAt(at)
	if q.party == record.PartyAgent {
		p.agents[q.account]++
	} else {
		delete(p.agents, q.account)
	}
	q.assigned <- c
}

// wakeAt has assign called at a time; zero: not by time. mu is held.
func (p *channelPool) wakeAt(at time.Time) {
	if at == p.timeAt {
		return
	}
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if p.timeAt = at; at.IsZero() {
		return
	}
	p.timer = time.AfterFunc(time.Until(at), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.timeAt == at {
			p.timer, p.timeAt = nil, time.Time{}
			p.assign()
		}
	})
}

// push inserts a call into the queue: legs to agents before calls to contacts, the oldest first.
// mu is held.
func (p *channelPool) push(q *queuedCall) {
	at := slices.IndexFunc(p.queue, func(other *queuedCall) bool {
		if other.party != q.party {
			return q.party == record.PartyAgent
		}
		return other.since.After(q.since)
	})
	if at < 0 {
		at = len(p.queue)
	}
	p.queue = slices.Insert(p.queue, at, q)
	p.queued[q.account]++
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
	account := p.queue[i].account
	if p.queued[account]--; p.queued[account] == 0 {
		delete(p.queued, account)
	}
	p.queue = slices.Delete(p.queue, i, i+1)
}

// setAccounts has the calls in the queue wait for the trunks of the accounts as they are
// now configured, by name. A call for which there is no trunk any more waits until its time is
// over.
func (p *channelPool) setAccounts(accounts map[string]*Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.queue {
		q.candidates, q.passed = q.choose(accounts[q.account])
	}
	for _, a := range accounts {
		for _, t := range a.Trunks { // a calls_per_second that was raised holds at once
			if l := p.loads[t.id]; l != nil && l.backOff == 0 {
				if soonest := time.Now().Add(t.interval()); l.next.After(soonest) {
					l.next = soonest
				}
			}
		}
	}
	p.assign()
}

// backOff has a trunk rest after a response by which a limit of the carrier's is reached, to a call
// that began at a time: for longer each time in a row, and for as long as retryAfter at least.
func (p *channelPool) backOff(t *Trunk, began time.Time, retryAfter time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, now := p.load(t), time.Now()
	if !began.Before(l.raised) { // of those that were on their way together, one counts
		l.backOff++
		l.raised = now
		l.resting.Store(true)
	}
	if next := now.Add(max(l.rest(), min(retryAfter, maxRetryAfter))); next.After(l.next) {
		l.next = next
	}
	p.assign()
}

// accepted ends that, by a call that began after it and was taken.
func (p *channelPool) accepted(t *Trunk, began time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.load(t)
	if l.backOff == 0 || began.Before(l.raised) {
		return
	}
	l.backOff = 0
	l.resting.Store(false)
	if soonest := time.Now().Add(t.interval()); l.next.After(soonest) {
		l.next = soonest
	}
	p.assign()
}

// assignAll gives the free channels to the calls in the queue: a trunk that could not be
// used may be usable now.
func (p *channelPool) assignAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.assign()
}

// inUseBy is the number of channels of a trunk that are not released.
func (p *channelPool) inUseBy(t *Trunk) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.load(t).inUse
}

// TrunkQueue are the calls that wait for a trunk.
type TrunkQueue struct {
	Waiting int           // calls that may take it, and wait
	Oldest  time.Duration // how long the first of them has waited
}

// queueOf is the queue of a trunk.
func (p *channelPool) queueOf(t *Trunk) (q TrunkQueue) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.queue {
		if one.mayTake(t) {
			q.Waiting++
			q.Oldest = max(q.Oldest, time.Since(one.since))
		}
	}
	return q
}

// waits returns how long calls waited for each trunk, and how many waited in vain.
func (p *channelPool) waits() (byTrunk map[trunkID]Distribution, missed uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	byTrunk = map[trunkID]Distribution{}
	for id, l := range p.loads {
		byTrunk[id] = l.waits
	}
	return byTrunk, p.missed
}

func (p *channelPool) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)
}

// admit returns flowengine.ErrQueueFull if MaxQueued calls of the account wait, or if another would
// wait for longer than it may at the calls_per_second of the account's trunks.
func (p *channelPool) admit(a *Account) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, rate := p.queued[a.Name], 0.0
	if n >= MaxQueued {
		return fmt.Errorf("%w: %d calls of account %s wait for a channel of its trunks", flowengine.ErrQueueFull, n, a.Name)
	}
	for _, t := range a.Trunks {
		if t.CallsPerSecond == 0 {
			return nil
		}
		rate += t.CallsPerSecond
	}
	if n > 0 && float64(n+1)/rate >= a.QueueWait.Seconds() {
		return fmt.Errorf("%w: %d calls of account %s wait, and at %g a second another would for %v or longer", flowengine.ErrQueueFull, n, a.Name, rate, a.QueueWait)
	}
	return nil
}

// close refuses claims from now on, those in the queue included.
func (p *channelPool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.wakeAt(time.Time{})
	for _, q := range p.queue {
		close(q.assigned)
	}
	p.queue = nil
	clear(p.queued)
}

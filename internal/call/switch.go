package call

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/prompt"
	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/numbers"
	"ringflow/sip"
)

// setupMargin is how much longer than the ring limit a call may take to its
// first 18x: the table of exits in docs/exits.md counts from the INVITE.
const setupMargin = 10 * time.Second

// Switch places legs for all accounts and keeps the table of those that live.
// It implements flowengine.Dialer and flowengine.Preparer, and may be used by
// any number of goroutines.
type Switch struct {
	agent   *sip.Agent
	plane   *media.Plane
	library *prompt.Library
	log     *slog.Logger

	tally     attemptCounter
	qualities qualityCounter

	wg sync.WaitGroup // one for each channel claimed

	mu       sync.Mutex // guards the fields below
	closed   bool
	accounts map[string]*Account
	legs     map[*Leg]struct{}
	channels map[trunkID]int // legs per trunk, claimed before the INVITE
	last     map[trunkID]TrunkResult
	queue    callQueue
}

// NewSwitch joins a user agent, a media plane and a library of sound. It owns
// none of them: close the Switch first.
func NewSwitch(agent *sip.Agent, plane *media.Plane, library *prompt.Library, accounts []*Account, log *slog.Logger) *Switch {
	x := &Switch{
		agent: agent, plane: plane, library: library, log: log,
		accounts: map[string]*Account{}, legs: map[*Leg]struct{}{}, channels: map[trunkID]int{}, last: map[trunkID]TrunkResult{},
	}
	for _, a := range accounts {
		a.prepare()
		x.accounts[a.Name] = a
	}
	x.setPings()
	return x
}

// SetAccounts changes what accounts are, or adds them. Calls that are placed from
// now on go by it, and those that wait in line; a call that has begun goes on with
// what it began with, its agent's leg included, but for the destinations, which hold
// for every INVITE from now on. A leg counts among those of its trunk, whatever the
// trunk was like when it was placed.
func (x *Switch) SetAccounts(accounts []*Account) {
	for _, a := range accounts {
		a.prepare()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, a := range accounts {
		x.accounts[a.Name] = a
	}
	x.setPings()
	for _, w := range x.queue.entries {
		w.account = x.accounts[w.account.Name]
	}
	for x.serve() {
	}
}

// account returns an account as it is now, nil if there is none of the name.
func (x *Switch) account(name string) *Account {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.accounts[name]
}

// latest is an account as it is now: what it may call is asked of that, also by the legs
// of a call that began before.
func (x *Switch) latest(a *Account) *Account {
	if latest := x.account(a.Name); latest != nil {
		return latest
	}
	return a
}

// Legs is the number of legs that live.
func (x *Switch) Legs() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.legs)
}

// Attempts counts how the legs placed so far came out.
func (x *Switch) Attempts() map[Attempt]uint64 { return x.tally.copy() }

// Qualities tells, by trunk, how the answered legs that have ended sounded here.
func (x *Switch) Qualities() map[string]Quality { return x.qualities.snapshot() }

// Close hangs up every leg, refuses new ones and waits for the last.
func (x *Switch) Close() {
	x.mu.Lock()
	x.closed = true
	for l := range x.legs {
		l.session.Hangup(sip.Cause{Q850: 16})
	}
	x.queue.close()
	x.mu.Unlock()
	x.wg.Wait()
}

// Prepare implements flowengine.Preparer.
func (x *Switch) Prepare(ctx context.Context, account string, a flowfile.Audio) error {
	return x.library.Prepare(ctx, account, a)
}

// Dial implements flowengine.Dialer.
func (x *Switch) Dial(ctx context.Context, d flowengine.DialRequest) (flowengine.Contact, flowengine.Outcome, error) {
	account := x.account(d.Account)
	if account == nil {
		return nil, flowengine.Outcome{}, fmt.Errorf("dial: there is no account %q", d.Account)
	}
	from, err := account.callerID(d.From)
	if err != nil {
		return nil, failed("the outbound number cannot be used: " + err.Error()), nil
	}
	leg, refusal := x.invite(legRequest{
		execution: d.Execution, account: account, party: record.PartyContact, to: d.To, from: from, callerID: from, ring: d.Ring, journal: d.Journal,
		claim: func(a *Account) (*Trunk, error) {
			return x.claim(ctx, a, queueOptions{party: record.PartyContact, limit: a.QueueWait, queued: func() { appendAwaited(d.Journal, record.PartyContact) }})
		},
	})
	if refusal != nil && ctx.Err() != nil {
		return nil, flowengine.Outcome{}, context.Cause(ctx)
	} else if refusal != nil {
		return nil, *refusal, nil
	}
	answered, err := leg.awaitAnswer(ctx)
	switch {
	case err != nil:
		leg.hangUp()
		return nil, flowengine.Outcome{}, err
	case !answered:
		return nil, leg.outcome(), nil
	}
	c := &Call{exchange: x, account: account, from: from, contact: leg, journal: d.Journal}
	return c, leg.outcome(), nil
}

// legRequest is what it takes to place a leg.
type legRequest struct {
	execution record.ExecutionID
	account   *Account
	party     record.Party
	to        string       // as given
	from      numbers.E164 // that From shows
	callerID  numbers.E164 // the account's, from which the call is
	ring      time.Duration
	journal   record.Journal
	claim     func(*Account) (*Trunk, error)
}

// invite sends the INVITE of a new leg, or says why none left.
func (x *Switch) invite(p legRequest) (*Leg, *flowengine.Outcome) {
	judge := x.latest(p.account)
	to, err := judge.destination(p.to)
	if err != nil {
		return nil, &flowengine.Outcome{Exit: flowfile.ExitInvalidNumber, Detail: err.Error()}
	}
	trunk, err := p.claim(p.account)
	if err != nil {
		out := failed(err.Error())
		return nil, &out
	}
	if later := x.latest(p.account); later != judge { // it changed while the leg waited for a channel
		if to, err = later.destination(p.to); err != nil {
			x.release(trunk)
			x.wg.Done()
			return nil, &flowengine.Outcome{Exit: flowfile.ExitInvalidNumber, Detail: err.Error()}
		}
	}
	port, err := x.plane.Open()
	if err != nil {
		x.release(trunk)
		x.wg.Done()
		x.log.Warn("a leg could not begin: see rtp.ports", "account", p.account.Name, "error", err)
		out := failed("rtp.ports: " + err.Error())
		out.SIP.Trunk = trunk.Name
		return nil, &out
	}
	l := &Leg{
		id: newLegID(), execution: p.execution, account: p.account.Name, party: p.party, trunk: trunk, number: string(to), port: port, journal: p.journal,
		log: x.log, answered: make(chan struct{}), ended: make(chan struct{}), digits: newDigitQueue(port.Digits()),
		local: sdp.Local{
			Addr: port.LocalAddr(), Codecs: trunk.Codecs, EventPT: 101,
			SessionID: newSDPID(), Version: 1, Direction: sdp.SendRecv, Resolve: new(hostResolver).resolve,
		},
	}
	l.session = x.agent.Invite(sip.Outgoing{
		Trunk: &trunk.Trunk, From: string(p.from), To: string(to), Headers: trunk.Identity.headers(p.from, p.callerID),
		Offer: sdp.Offer(l.local), RingLimit: p.ring, SetupLimit: p.ring + setupMargin,
	})
	l.facts = record.LegEvent{
		ID: l.id, Party: p.party, From: string(p.from), To: string(to), CallID: l.session.CallID(),
	}
	x.register(l)
	return l, nil
}

// Why no channel can be had.
var (
	errClosing   = errors.New("the exchange is closing")
	errNoChannel = errors.New("is in use")
)

// free takes a channel of the first of the account's trunks that has one free, or
// returns errNoChannel. Who is given one releases it, and calls wg.Done after that. It
// is called while mu is held.
func (x *Switch) free(a *Account) (*Trunk, error) {
	if x.closed {
		return nil, errClosing
	}
	if t := x.take(a); t != nil {
		return t, nil
	}
	if len(a.Trunks) == 0 {
		return nil, fmt.Errorf("account %s has no trunk", a.Name)
	}
	return nil, fmt.Errorf("every channel of account %s's trunks %w", a.Name, errNoChannel)
}

// take takes a channel of the first of the account's trunks that has one free, nil
// if none has. mu is held.
func (x *Switch) take(a *Account) *Trunk {
	for _, t := range a.Trunks {
		if t.Channels == 0 || x.channels[t.id] < t.Channels {
			x.channels[t.id]++
			x.wg.Add(1) // here, under mu: Close waits for whoever was let in before it
			return t
		}
	}
	return nil
}

func (x *Switch) release(t *Trunk) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.channels[t.id]--; x.channels[t.id] == 0 {
		delete(x.channels, t.id)
	}
	x.serve()
}

// serve hands a free channel to the first in line who can use one, and reports
// whether there was one. mu is held.
func (x *Switch) serve() bool {
	for i, w := range x.queue.entries {
		if t := x.take(w.account); t != nil {
			x.queue.removeAt(i)
			w.channel <- t
			return true
		}
	}
	return false
}

// register puts the leg on the table and starts its life; it leaves the table
// when that is over, whatever ended it.
func (x *Switch) register(l *Leg) {
	x.mu.Lock()
	x.legs[l] = struct{}{}
	closed := x.closed
	x.mu.Unlock()
	if closed {
		l.session.Hangup(sip.Cause{Q850: 16})
	}
	l.start(func() {
		defer x.wg.Done()
		x.recordOutcome(l)
		x.mu.Lock()
		delete(x.legs, l)
		x.mu.Unlock()
		x.release(l.trunk)
		close(l.ended) // last: whoever waited for it may dial again over the same channel
	})
}

// recordOutcome counts how a leg came out, and warns of a trunk that did not do its part:
// the operator has to hear of it from the log, not from a customer.
func (x *Switch) recordOutcome(l *Leg) {
	out, o := l.outcome(), l.session.Outcome()
	if out.Exit == flowfile.ExitError && o.By == sip.EndedLocal && l.fault.Load() == nil {
		out.Exit = attemptCancelled
	}
	x.mu.Lock()
	x.last[l.trunk.id] = TrunkResult{
		At: o.EndedAt, Exit: out.Exit, Code: o.Code, Reason: o.Reason, EndedBy: out.SIP.EndedBy, Explanation: out.SIP.Explanation(),
	}
	x.mu.Unlock()
	attempt := Attempt{Trunk: l.trunk.Name, Party: l.party, Exit: out.Exit}
	if out.SIP.EndedBy == record.EndedByNetwork {
		attempt.Blocked = o.Code
	}
	x.tally.count(attempt)
	if l.audio != nil {
		x.qualities.count(l.trunk.Name, l.audio, o.EndedAt.Sub(o.AnsweredAt))
	}
	if out.Exit != flowfile.ExitError {
		return
	}
	x.log.Warn("a trunk failed a call", "trunk", l.trunk.Name, "target", o.Target, "leg", l.id, "call_id", l.facts.CallID,
		"code", o.Code, "reason", o.Reason, "why", out.Detail)
}

func failed(detail string) flowengine.Outcome {
	return flowengine.Outcome{Exit: flowfile.ExitError, Detail: detail}
}

func newLegID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// newSDPID is an o= session id: below 2^62, as old peers read it as signed.
func newSDPID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:]) >> 2
}

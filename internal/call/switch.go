package call

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/prompt"
	"ringflow/internal/trace"
	"ringflow/media"
	"ringflow/sip"
)

// Switch places legs for all accounts, and has the table of those that live. It
// implements flowengine.Dialer, Preparer and Admission. Any goroutine may use it.
type Switch struct {
	agent   *sip.Agent
	plane   *media.Plane
	library *prompt.Library
	log     *slog.Logger

	channels *channelPool
	traces   *trace.Recorder // nil: none

	mu        sync.Mutex // guards the fields below
	closed    bool
	accounts  map[string]*Account
	legs      map[*Leg]struct{}
	last      map[trunkID]TrunkResult
	attempts  map[Attempt]uint64
	tries     map[TargetAttempt]uint64
	qualities map[string]*Quality // by trunk
}

// NewSwitch returns a Switch over a user agent, a media plane and a library of prompts.
// It owns none of them: close the Switch first.
func NewSwitch(agent *sip.Agent, plane *media.Plane, library *prompt.Library, accounts []*Account, log *slog.Logger) *Switch {
	s := &Switch{
		agent: agent, plane: plane, library: library, log: log,
		accounts: map[string]*Account{}, legs: map[*Leg]struct{}{}, last: map[trunkID]TrunkResult{},
		attempts: map[Attempt]uint64{}, tries: map[TargetAttempt]uint64{}, qualities: map[string]*Quality{},
	}
	s.channels = newChannelPool(s.unregistered)
	s.SetAccounts(accounts)
	return s
}

// KeepTraces has the messages of legs kept. It is called before the first leg.
func (s *Switch) KeepTraces(r *trace.Recorder) { s.traces = r }

// SetAccounts changes accounts, or adds them. It applies to calls that are placed from
// now on, and to those that wait for a channel. A call that has begun keeps its account
// and trunks, also for the agent's leg; but each INVITE goes to a destination that the
// account allows now. A leg counts among those of its trunk by the trunk's name.
func (s *Switch) SetAccounts(accounts []*Account) {
	for _, a := range accounts {
		a.prepare()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range accounts {
		s.accounts[a.Name] = a
	}
	s.setPeers()
	s.setPings()
	s.setRegistrations()
	s.channels.setAccounts(s.accounts)
}

// account returns an account as it is configured now, nil if there is none of the name.
func (s *Switch) account(name string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[name]
}

// Legs is the number of legs that live.
func (s *Switch) Legs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.legs)
}

// Attempts counts the legs that have ended, by their result.
func (s *Switch) Attempts() map[Attempt]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.attempts)
}

// TargetAttempts counts the INVITEs of legs that have ended, by target and result.
func (s *Switch) TargetAttempts() map[TargetAttempt]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.tries)
}

// Waits returns, by trunk, how long calls waited for a channel, and how many waited in vain.
func (s *Switch) Waits() (byTrunk map[string]Distribution, missed uint64) {
	loads, missed := s.channels.waits()
	byTrunk = map[string]Distribution{}
	for id, d := range loads {
		sum := byTrunk[id.name]
		sum.merge(d)
		byTrunk[id.name] = sum
	}
	return byTrunk, missed
}

// Qualities returns, by trunk, the audio quality of the answered legs that have ended.
func (s *Switch) Qualities() map[string]Quality {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]Quality, len(s.qualities))
	for trunk, q := range s.qualities {
		all[trunk] = *q
	}
	return all
}

// Waiting is the number of calls that wait for a channel.
func (s *Switch) Waiting() int { return s.channels.waiting() }

// Admit refuses new work of an account of which MaxQueued calls wait for a channel, or so many that
// another would wait in vain.
func (s *Switch) Admit(account string) error {
	if a := s.account(account); a != nil {
		return s.channels.admit(a)
	}
	return nil
}

// Prepare implements flowengine.Preparer.
func (s *Switch) Prepare(ctx context.Context, account string, a flowfile.Audio) error {
	_, err := s.library.Resolve(ctx, account, a)
	return err
}

// HangUp ends the legs of an execution that live, in whatever state, as the API asked;
// with an id, that leg alone. It returns their number, 0 if the account has none such,
// and does not wait for their end: the flow goes on as if the far end had hung up. It
// reads the table of legs and not the journal, which may lag behind.
func (s *Switch) HangUp(account string, execution record.ExecutionID, leg string) int {
	found := s.legsWhere(func(l *Leg) bool {
		return l.account == account && l.execution == execution && (leg == "" || l.id == leg)
	})
	for _, l := range found {
		l.requestHangUp(&apiHangUp)
	}
	return len(found)
}

// legsWhere are the legs that fulfil a condition.
func (s *Switch) legsWhere(condition func(*Leg) bool) (found []*Leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.legs {
		if condition(l) {
			found = append(found, l)
		}
	}
	return found
}

// Close hangs up every leg, refuses new ones and waits for the end of the last.
func (s *Switch) Close() {
	s.channels.close()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, l := range s.legsWhere(func(*Leg) bool { return true }) {
		l.requestHangUp(&shutdownHangUp)
	}
	s.channels.claimed.Wait()
}

// start adds the leg to the table and starts it. At its end the leg leaves the table and
// its channel is released, before ended is closed: the channel is free for a caller that
// waited for the end.
func (s *Switch) start(l *Leg) {
	s.mu.Lock()
	s.legs[l] = struct{}{}
	closed := s.closed
	s.mu.Unlock()
	if closed {
		l.requestHangUp(&shutdownHangUp)
	}
	l.start(func() {
		defer l.channel.release()
		l.safely(func() { s.recordOutcome(l) })
		s.mu.Lock()
		delete(s.legs, l)
		s.mu.Unlock()
	})
}

// count adds the result of a leg to the counters.
func (s *Switch) count(l *Leg, attempt Attempt, out flowengine.Outcome, o sip.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[l.trunk.id] = TrunkResult{
		At: o.EndedAt, Exit: out.Exit, Code: o.Code, Reason: o.Reason, EndedBy: out.SIP.EndedBy, Explanation: out.SIP.Explanation(),
		Target: o.Target, Address: o.Address, Transport: o.Transport,
	}
	s.attempts[attempt]++
	for _, t := range triesOf(o) {
		s.tries[t]++
	}
	if l.audio != nil {
		if s.qualities[l.trunk.Name] == nil {
			s.qualities[l.trunk.Name] = newQuality()
		}
		s.qualities[l.trunk.Name].add(l.audio, o.EndedAt.Sub(o.AnsweredAt))
	}
}

// recordOutcome counts the result of a leg, and logs a warning where the trunk failed.
func (s *Switch) recordOutcome(l *Leg) {
	out, o := l.outcome(), l.session.Outcome()
	if out.Exit == flowfile.ExitError && o.By == sip.EndedLocal && l.fault.Load() == nil {
		out.Exit = attemptCancelled
	}
	attempt := Attempt{Trunk: l.trunk.Name, Party: l.party, Exit: out.Exit}
	if out.SIP.EndedBy == record.EndedByNetwork {
		attempt.Blocked = o.Code
	}
	s.count(l, attempt, out, o)
	unheard := l.audio != nil && l.audio.Reception == record.ReceptionNone && o.EndedAt.Sub(o.AnsweredAt) >= time.Second
	s.traces.End(l.facts.CallID, out.Exit == flowfile.ExitError || attempt.Blocked != 0 || l.fault.Load() != nil || unheard)
	s.logEnd(l, out, o)
	if out.Exit != flowfile.ExitError {
		return
	}
	s.log.Warn("a trunk failed a call", "trunk", l.trunk.Name, "target", o.Target, "leg", l.id, "call_id", l.facts.CallID,
		"code", o.Code, "reason", o.Reason, "why", out.Detail)
}

package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/trace"
	"ringflow/media/sdp"
	"ringflow/numbers"
	"ringflow/sip"
)

// setupMargin is how much longer than the ring limit a call may take to its
// first 18x: the table of exits in docs/exits.md counts from the INVITE.
const setupMargin = 10 * time.Second

// Dial implements flowengine.Dialer.
func (s *Switch) Dial(ctx context.Context, d flowengine.DialRequest) (flowengine.Contact, flowengine.Outcome, error) {
	account := s.account(d.Account)
	if account == nil {
		return nil, flowengine.Outcome{}, fmt.Errorf("dial: there is no account %q", d.Account)
	}
	from, err := account.callerID(d.From)
	if err != nil {
		return nil, failed("the outbound number cannot be used: " + err.Error()), nil
	}
	h := hunt{sw: s, legRequest: legRequest{
		execution: d.Execution, cause: d.HangUpCause, account: account, to: d.To, from: from, callerID: from, ring: d.Ring, journal: d.Journal,
		claimOptions: claimOptions{party: record.PartyContact, wait: account.QueueWait},
	}}
	for {
		leg, refusal := h.next(ctx)
		if leg == nil {
			return nil, refusal, context.Cause(ctx)
		}
		answered, err := leg.awaitAnswer(ctx)
		switch {
		case err != nil:
			leg.hangUp()
			return nil, flowengine.Outcome{}, err
		case answered:
			return &Call{sw: s, account: account, from: from, contact: leg, journal: d.Journal}, h.outcome(leg), nil
		case !h.goesOn(leg):
			return nil, h.outcome(leg), nil
		}
	}
}

type legRequest struct {
	execution record.ExecutionID
	cause     func() error // of a hang-up, see flowengine.DialRequest
	account   *Account
	to        string       // as the flow has it
	from      numbers.E164 // that From shows
	callerID  numbers.E164 // the account's, from which the call is
	ring      time.Duration
	journal   record.Journal
	claimOptions
}

// dialLeg claims a channel and sends the INVITE of a new leg over its trunk, or returns
// nil and why no INVITE was sent.
func (h *hunt) dialLeg(ctx context.Context) (*Leg, flowengine.Outcome) {
	s, r := h.sw, h.legRequest
	to, err := s.destination(r)
	if err != nil {
		return nil, flowengine.Outcome{Exit: flowfile.ExitInvalidNumber, Detail: err.Error()}
	}
	s.awaitRegistration(ctx, r.account)
	claim := r.claimOptions
	claim.queued = func() {
		r.journal.Append(record.Event{Kind: record.ChannelAwaited, Detail: string(r.party)})
		if r.queued != nil {
			r.queued()
		}
	}
	claim.choose = func(a *Account) ([]candidate, []string) { return s.candidates(a, r.callerID, to, h.tried) }
	ch, err := s.channels.claim(ctx, r.account, claim)
	if errors.Is(err, errNoTrunk) {
		return nil, failed(r.account.noTrunk(r.callerID, to))
	}
	if err != nil {
		return nil, failed(err.Error())
	}
	to, err = s.destination(r)
	if err != nil { // the account changed meanwhile
		ch.release()
		return nil, flowengine.Outcome{Exit: flowfile.ExitInvalidNumber, Detail: err.Error()}
	}
	port, err := s.plane.Open()
	if err != nil {
		ch.release()
		s.log.Warn("a leg could not begin: see rtp.ports", "account", r.account.Name, "error", err)
		out := failed("rtp.ports: " + err.Error())
		out.SIP.Trunk = ch.trunk.Name
		return nil, out
	}
	l := &Leg{
		id: fmt.Sprintf("%016x", rand.Uint64()), execution: r.execution, account: r.account.Name, party: r.party, channel: ch, trunk: ch.trunk, number: string(to), port: port, journal: r.journal,
		log: s.log, cause: r.cause, answered: make(chan struct{}), ended: make(chan struct{}), digits: newDigitQueue(port.Digits()), agreed: map[string]sdp.Negotiated{},
		local: sdp.Local{ // the session id is below 2^62, as old peers read it as signed
			Codecs:    ch.trunk.Codecs,
			SessionID: rand.Uint64() >> 2, Direction: sdp.SendRecv,
		},
	}
	l.local.Resolve = l.hosts.resolve
	l.rekey()
	if s.isChoice(r.account.Name) {
		l.choice = ch.reason
	}
	account := cmp.Or(s.account(r.account.Name), r.account)
	who := caller{Identity: &ch.trunk.Identity, username: ch.trunk.Username, shown: r.from, own: r.callerID, to: to}
	l.session = s.agent.Invite(who.outgoing(sip.Outgoing{
		Trunk: &ch.trunk.Trunk, Permits: func(user string) bool { _, err := account.destination(user); return err == nil },
		Offer: l.offer, RingLimit: r.ring, SetupLimit: h.setupLimit(), Alternative: h.hasNext(ch.trunk, to), Decide: ch.trunk.decide,
	}))
	l.facts = record.LegEvent{
		ID: l.id, Party: r.party, From: string(r.from), To: string(to), CallID: l.session.CallID(),
	}
	s.traces.Begin(trace.Facts{Account: l.account, Execution: l.execution, Leg: l.id, CallID: l.facts.CallID, Trunk: l.trunk.Name}, l.rtp)
	s.start(l)
	return l, flowengine.Outcome{}
}

// noTrunk says why no trunk takes a call.
func (a *Account) noTrunk(from, to numbers.E164) string {
	var reasons []string
	for _, c := range a.choices(from, to) {
		reasons = append(reasons, c.Trunk+": "+c.Reason)
	}
	return fmt.Sprintf("no trunk of account %s takes the call: %s", a.Name, strings.Join(reasons, "; "))
}

// isChoice says whether calls of an account may go over more than one trunk, or the only one takes
// some of them.
func (s *Switch) isChoice(account string) bool {
	a := s.account(account)
	return a == nil || len(a.Trunks) > 1 || len(a.Trunks) == 1 && len(a.Trunks[0].Destinations)+len(a.Trunks[0].Callers) > 0
}

// destination reads the number of a leg, and checks that the account allows it as it is
// configured now.
func (s *Switch) destination(r legRequest) (numbers.E164, error) {
	if latest := s.account(r.account.Name); latest != nil {
		return latest.destination(r.to)
	}
	return r.account.destination(r.to)
}

func failed(detail string) flowengine.Outcome {
	return flowengine.Outcome{Exit: flowfile.ExitError, Detail: detail}
}

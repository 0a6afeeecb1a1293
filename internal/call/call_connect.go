package call

import (
	"context"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/media"
)

// Connect implements flowengine.Contact. While the agent's phone rings, and while the leg
// waits for a channel, the contact receives ringback until the first RTP packet of early
// media: the audio decides, not the last SIP code (RFC 3960 §3.2).
func (c *Call) Connect(ctx context.Context, n flowengine.ConnectRequest) (flowengine.Outcome, error) {
	ringback := &ringback{call: c}
	defer ringback.stop()
	h := hunt{sw: c.sw, legRequest: legRequest{
		execution: c.contact.execution, cause: c.contact.cause, account: c.account, to: n.To, from: c.from, callerID: c.from, ring: n.Ring, journal: n.Journal,
		claimOptions: claimOptions{party: record.PartyAgent, wait: min(c.account.QueueWait, n.Ring), abandoned: c.contact.ended, queued: ringback.start},
	}}
	if n.ShowContact {
		shown, err := c.account.destination(c.contact.number)
		if err != nil {
			return failed("the contact's number cannot be shown: " + err.Error()), nil
		}
		h.from = shown
	}
	for {
		agent, refusal := h.next(ctx)
		if agent == nil {
			ringback.stop()
			return c.refusedOutcome(ctx, refusal)
		}
		ringback.start()
		if out, err := c.connectLeg(ctx, agent, ringback); err != nil || agent.isAnswered() {
			out.SIP.Attempts = h.outcome(agent).SIP.Attempts
			return out, err
		}
		if !h.goesOn(agent) {
			return h.outcome(agent), nil
		}
	}
}

// ringback is the ringing tone that the contact hears while an agent's phone rings. It belongs to
// one goroutine.
type ringback struct {
	call     *Call
	playback *media.Playback // nil: none runs
}

func (r *ringback) start() {
	if r.playback == nil {
		r.playback = r.call.contact.port.Play(r.call.account.ringback)
	}
}

func (r *ringback) stop() {
	if r.playback != nil {
		r.playback.Stop()
		r.playback = nil
	}
}

// connectLeg waits for the answer of an agent's leg, and bridges it then until either hangs up. A
// leg without an answer returns without an error, when it has ended; the ringback goes on.
func (c *Call) connectLeg(ctx context.Context, agent *Leg, ringback *ringback) (flowengine.Outcome, error) {
	c.agent.Store(agent)
	defer c.agent.Store(nil)
	defer agent.hangUp()

	unjoin, err := c.awaitAgent(ctx, agent)
	if unjoin != nil || err != nil || agent.isAnswered() {
		ringback.stop()
	}
	if unjoin != nil {
		defer unjoin()
	}
	if err != nil || !agent.isAnswered() {
		return flowengine.Outcome{}, err
	}
	if unjoin == nil {
		defer c.join(agent)()
	}
	return c.bridged(ctx, agent)
}

// join bridges the contact and the agent until the returned function is called.
func (c *Call) join(agent *Leg) (unjoin func()) {
	bridge := media.Join(c.contact.port, agent.port)
	c.contact.peerPort.Store(agent.port)
	agent.peerPort.Store(c.contact.port)
	legs := []*Leg{c.contact, agent}
	for _, l := range legs {
		l.level.start(l.port)
	}
	return func() {
		for _, l := range legs {
			l.level.stop()
			l.peerPort.Store(nil)
		}
		bridge.Close()
	}
}

// refusedOutcome is the result of a leg that was not placed: an error if the contact or the
// execution has ended meanwhile.
func (c *Call) refusedOutcome(ctx context.Context, out flowengine.Outcome) (flowengine.Outcome, error) {
	select {
	case <-c.contact.ended:
		return flowengine.Outcome{}, flowengine.ErrHungUp
	default:
	}
	if ctx.Err() != nil {
		return flowengine.Outcome{}, context.Cause(ctx)
	}
	return out, nil
}

// awaitAgent waits for the answer or the end of the agent's leg. It returns the end of the
// bridge that early media has opened, nil if there was none.
func (c *Call) awaitAgent(ctx context.Context, agent *Leg) (unjoin func(), err error) {
	firstPacket := agent.port.FirstPacket()
	for {
		select {
		case <-firstPacket:
			firstPacket = nil
			unjoin = c.join(agent)
		case <-agent.answered:
			return unjoin, nil
		case <-agent.ended:
			return unjoin, nil
		case <-c.contact.ended:
			return unjoin, flowengine.ErrHungUp
		case <-ctx.Done():
			return unjoin, context.Cause(ctx)
		}
	}
}

// bridged waits for the end of either leg.
func (c *Call) bridged(ctx context.Context, agent *Leg) (flowengine.Outcome, error) {
	out := agent.outcome()
	out.Exit = flowfile.ExitOK
	c.journal.Append(record.Event{Kind: record.LegsJoined, Leg: &agent.facts})
	defer func() { c.journal.Append(record.Event{Kind: record.LegsParted}) }()
	select {
	case <-agent.ended:
	case <-c.contact.ended:
	case <-ctx.Done():
	}
	// An execution that is stopped ends ctx before it hangs up. A hang-up of the contact is
	// no error here.
	if cause := context.Cause(ctx); cause != flowengine.ErrHungUp {
		return out, cause
	}
	return out, nil
}

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
	var ringback *media.Playback
	ring := func() {
		if ringback == nil {
			ringback = c.contact.port.Play(c.account.ringback)
		}
	}
	r := legRequest{
		execution: c.contact.execution, account: c.account, to: n.To, from: c.from, callerID: c.from, ring: n.Ring, journal: n.Journal,
		claimOptions: claimOptions{party: record.PartyAgent, wait: min(c.account.QueueWait, n.Ring), abandoned: c.contact.ended, queued: ring},
	}
	if n.ShowContact {
		shown, err := c.account.destination(c.contact.number)
		if err != nil {
			return failed("the contact's number cannot be shown: " + err.Error()), nil
		}
		r.from = shown
	}
	agent, refusal := c.sw.dialLeg(ctx, r)
	if agent == nil {
		if ringback != nil {
			ringback.Stop()
		}
		return c.refusedOutcome(ctx, refusal)
	}
	ring()
	c.agent.Store(agent)
	defer c.agent.Store(nil)
	defer agent.hangUp()

	unjoin, err := c.awaitAgent(ctx, agent, ringback)
	if unjoin != nil {
		defer unjoin()
	}
	if err != nil {
		return flowengine.Outcome{}, err
	}
	if !agent.isAnswered() {
		return agent.outcome(), nil
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

// awaitAgent waits for the answer or the end of the agent's leg, and stops the ringback. It
// returns the end of the bridge that early media has opened, nil if there was none.
func (c *Call) awaitAgent(ctx context.Context, agent *Leg, ringback *media.Playback) (unjoin func(), err error) {
	defer ringback.Stop()
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

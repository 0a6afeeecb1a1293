package call

import (
	"context"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/media"
)

// Connect implements flowengine.Contact. What the contact hears while the
// agent's phone rings follows the audio, not the last SIP code (RFC 3960 §3.2):
// ringback until the first RTP packet of the trunk's early media, also while the
// leg waits for a channel.
func (c *Call) Connect(ctx context.Context, n flowengine.ConnectRequest) (flowengine.Outcome, error) {
	var ringback *media.Playback
	ring := func() {
		if ringback == nil {
			ringback = c.contact.port.Play(c.account.ringback)
		}
	}
	r := legRequest{
		execution: c.contact.execution, account: c.account, party: record.PartyAgent, to: n.To, from: c.from, callerID: c.from, ring: n.Ring, journal: n.Journal,
		wait: min(c.account.QueueWait, n.Ring), abandoned: c.contact.ended, queued: ring,
	}
	if n.ShowContact {
		shown, err := c.account.destination(c.contact.number)
		if err != nil {
			return failed("the contact's number cannot be shown: " + err.Error()), nil
		}
		r.from = shown
	}
	agent, refusal := c.sw.placeLeg(ctx, r)
	if refusal != nil {
		if ringback != nil {
			ringback.Stop()
		}
		return c.refusedOutcome(ctx, *refusal)
	}
	ring()
	c.setAgent(agent)
	defer c.setAgent(nil)
	defer agent.hangUp()

	part, err := c.awaitAgent(ctx, agent, ringback)
	if part != nil {
		defer part()
	}
	if err != nil {
		return flowengine.Outcome{}, err
	}
	select {
	case <-agent.answered:
	default:
		return agent.outcome(), nil
	}
	if part == nil {
		defer c.join(agent)()
	}
	return c.bridged(ctx, agent)
}

// join bridges the contact and the agent; the function that it returns parts them.
func (c *Call) join(agent *Leg) (part func()) {
	bridge := media.Join(c.contact.port, agent.port)
	c.contact.peerPort.Store(agent.port)
	agent.peerPort.Store(c.contact.port)
	for _, l := range []*Leg{c.contact, agent} {
		l.level.start(l.port)
	}
	return func() {
		c.contact.level.stop()
		agent.level.stop()
		c.contact.peerPort.Store(nil)
		agent.peerPort.Store(nil)
		bridge.Close()
	}
}

// refusedOutcome is what comes of a leg that was not placed: nothing that the flow
// should hear of if nobody is there any more for whom it was.
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

// awaitAgent returns when the agent has answered or will not, with the end of the bridge
// that early media has opened, nil if it has not. The contact hears no more ringback
// then.
func (c *Call) awaitAgent(ctx context.Context, agent *Leg, ringback *media.Playback) (part func(), err error) {
	defer ringback.Stop()
	heard := agent.port.FirstPacket()
	for {
		select {
		case <-heard:
			heard = nil
			part = c.join(agent)
		case <-agent.answered:
			return part, nil
		case <-agent.ended:
			return part, nil
		case <-c.contact.ended:
			return part, flowengine.ErrHungUp
		case <-ctx.Done():
			return part, context.Cause(ctx)
		}
	}
}

// bridged returns when either has hung up.
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
	// Whoever stops an execution ends ctx first and hangs up then; that the contact
	// has hung up is no error of a talk.
	if cause := context.Cause(ctx); cause != flowengine.ErrHungUp {
		return out, cause
	}
	return out, nil
}

func (c *Call) setAgent(l *Leg) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.agent = l
}

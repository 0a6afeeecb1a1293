package call

import (
	"context"

	"ringflow/flowengine"
	"ringflow/media"
	"ringflow/sip"
)

// Connect implements flowengine.Connector. What the contact hears while the
// agent's phone rings follows the audio, not the last SIP code (RFC 3960 §3.2):
// ringback until the first RTP packet of the trunk's early media.
func (c *Call) Connect(ctx context.Context, n flowengine.Connection) (flowengine.Outcome, error) {
	p := placing{
		account: c.account, party: PartyAgent, to: n.To, from: c.from, ring: n.Ring, journal: n.Journal,
		claim: c.exchange.claim, // at once: the contact is on the line
	}
	if n.ShowContact {
		shown, err := c.account.destination(c.contact.number)
		if err != nil {
			return failed("the contact's number cannot be shown: " + err.Error()), nil
		}
		p.from = shown
		p.headers = []sip.Header{{Name: "P-Asserted-Identity", Value: "<tel:" + string(c.from) + ">"}}
	}
	agent, refusal := c.exchange.place(p)
	if refusal != nil {
		return *refusal, nil
	}
	c.setAgent(agent)
	defer c.setAgent(nil)
	defer agent.hangUp()

	early, err := c.ring(ctx, agent)
	if early != nil {
		defer early.Close()
	}
	if err != nil {
		return flowengine.Outcome{}, err
	}
	select {
	case <-agent.answered:
	default:
		return agent.outcome(), nil
	}
	if early == nil {
		defer media.Join(c.contact.port, agent.port).Close()
	}
	return c.talk(ctx, agent)
}

// ring returns when the agent has answered or will not, with the bridge that
// early media has opened, if any. The contact hears no more ringback then.
func (c *Call) ring(ctx context.Context, agent *Leg) (early *media.Bridge, err error) {
	ringback := c.contact.port.Play(c.account.ringback)
	defer ringback.Stop()
	heard := agent.port.Heard()
	for {
		select {
		case <-heard:
			heard = nil
			early = media.Join(c.contact.port, agent.port)
		case <-agent.answered:
			return early, nil
		case <-agent.ended:
			return early, nil
		case <-c.contact.ended:
			return early, flowengine.ErrContactGone
		case <-ctx.Done():
			return early, context.Cause(ctx)
		}
	}
}

// talk returns when either has hung up.
func (c *Call) talk(ctx context.Context, agent *Leg) (flowengine.Outcome, error) {
	out := agent.outcome()
	out.Exit = flowengine.ExitOK
	c.journal.Append(flowengine.Event{Kind: flowengine.LegsJoined, Leg: &agent.facts})
	defer func() { c.journal.Append(flowengine.Event{Kind: flowengine.LegsParted}) }()
	select {
	case <-agent.ended:
		return out, nil
	case <-c.contact.ended:
		return out, nil
	case <-ctx.Done():
		return out, context.Cause(ctx)
	}
}

func (c *Call) setAgent(l *Leg) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.agent = l
}

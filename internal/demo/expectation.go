package demo

import (
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/sim"
)

// expectation is the result that a demo must have.
type expectation struct {
	exits map[string]flowfile.Exit // of the steps that run, by name
	codes map[string]int           // the SIP codes behind them
	calls int                      // legs that reach a phone
	// The audio that must be received: the flow's prompt, ringback and the agent by the
	// customer, the customer by the agent.
	prompt, ringback, agent, customer bool
}

// The steps of the demo's flow that are checked.
const (
	stepCall     = "call_customer"
	stepAnnounce = "announce"
	stepAgent    = "agent"
)

// answer is what a called party does, and what comes of it: the exit of the step that
// called it, the SIP code behind it, and whether the calling party hears ringback.
type answer struct {
	phone    sim.Behaviour
	exit     flowfile.Exit
	code     int
	ringback bool
}

// answers are those of both parties by their choice, but for a party that takes part in
// the conversation.
var answers = map[string]answer{
	"busy":     {sim.Busy(), flowfile.ExitBusy, 486, true},
	"declines": {sim.Declines(), flowfile.ExitBusy, 603, true},
	"blocked":  {sim.Blocked(), flowfile.ExitBusy, 603, true},
	"invalid":  {sim.Invalid(), flowfile.ExitInvalidNumber, 404, false},
	"silent":   {sim.Silent(), flowfile.ExitNoAnswer, 487, true},
	"hangs-up": {sim.HangsUp(2 * time.Second), flowfile.ExitAnswered, 200, false},
}

// expectationOf is the expectation of a demo with these options. The agent is called
// only if the customer hears the whole prompt.
func expectationOf(o Options) expectation {
	customer, alone := answers[o.Customer]
	if !alone {
		customer = answer{exit: flowfile.ExitAnswered, code: 200}
	}
	want := expectation{exits: map[string]flowfile.Exit{stepCall: customer.exit}, codes: map[string]int{stepCall: customer.code}, calls: 1}
	if customer.exit == flowfile.ExitAnswered {
		want.exits[stepAnnounce] = flowfile.ExitOK
	}
	if alone {
		return want
	}
	agent, refused := answers[o.Agent]
	if !refused {
		agent = answer{exit: flowfile.ExitOK, code: 200, ringback: true}
	}
	want.prompt, want.calls, want.ringback = true, 2, agent.ringback
	want.exits[stepAgent], want.codes[stepAgent] = agent.exit, agent.code
	want.agent, want.customer = !refused, !refused
	return want
}

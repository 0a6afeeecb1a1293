package demo

import (
	"ringflow/flowengine/flowfile"
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

// answer is how a called party answers: the exit of the step that called it, the SIP
// code behind it, and whether the calling party hears ringback.
type answer struct {
	exit     flowfile.Exit
	code     int
	ringback bool
}

// answers are the answers of a party by its choice; every other choice is an answered
// call.
var answers = map[string]answer{
	"busy":     {flowfile.ExitBusy, 486, true},
	"declines": {flowfile.ExitBusy, 603, true},
	"blocked":  {flowfile.ExitBusy, 603, true},
	"invalid":  {flowfile.ExitInvalidNumber, 404, false},
	"silent":   {flowfile.ExitNoAnswer, 487, true},
}

// expectationOf is the expectation of a demo with these options. The agent is called
// only if the customer hears the whole prompt.
func expectationOf(o Options) expectation {
	customer, refused := answers[o.Customer]
	if !refused {
		customer = answer{exit: flowfile.ExitAnswered, code: 200}
	}
	want := expectation{exits: map[string]flowfile.Exit{stepCall: customer.exit}, codes: map[string]int{stepCall: customer.code}, calls: 1}
	if refused {
		return want
	}
	want.exits[stepAnnounce] = flowfile.ExitOK
	if o.Customer == "hangs-up" {
		return want
	}
	agent, refused := answers[o.Agent]
	if !refused {
		agent = answer{flowfile.ExitOK, 200, true}
	}
	want.prompt, want.calls, want.ringback = true, 2, agent.ringback
	want.exits[stepAgent], want.codes[stepAgent] = agent.exit, agent.code
	want.agent, want.customer = !refused, !refused
	return want
}

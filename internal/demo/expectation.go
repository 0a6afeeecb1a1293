package demo

import (
	"ringflow/flowengine/flowfile"
)

// expectation is what should come of a demo.
type expectation struct {
	// exits are those of the flow's steps that run, and codes the SIP answers
	// behind them; a step that is not named must not run.
	exits map[string]flowfile.Exit
	codes map[string]int
	calls int // legs that reach a phone
	// What is heard: the flow's prompt, ringback and the agent by the customer, the
	// customer by the agent.
	prompt, ringback, agent, customer bool
}

// The steps of the demo's flow that say how its call went.
const (
	stepCall     = "call_customer"
	stepAnnounce = "announce"
	stepAgent    = "agent"
)

// expectationOf is what should come of what the customer and the agent do. What the
// agent does matters only if the customer is there to be connected.
func expectationOf(o Options) expectation {
	called := func(exit flowfile.Exit, code int) expectation {
		return expectation{
			exits: map[string]flowfile.Exit{stepCall: exit},
			codes: map[string]int{stepCall: code},
			calls: 1,
		}
	}
	switch o.Customer {
	case "busy":
		return called(flowfile.ExitBusy, 486)
	case "declines", "blocked":
		return called(flowfile.ExitBusy, 603)
	case "invalid":
		return called(flowfile.ExitInvalidNumber, 404)
	case "silent":
		return called(flowfile.ExitNoAnswer, 487)
	}
	want := called(flowfile.ExitAnswered, 200)
	want.exits[stepAnnounce] = flowfile.ExitOK
	if o.Customer == "hangs-up" {
		return want // in the middle of the prompt
	}
	want.prompt, want.calls = true, 2
	switch o.Agent {
	case "busy":
		want.exits[stepAgent], want.codes[stepAgent] = flowfile.ExitBusy, 486
		want.ringback = true
	case "invalid":
		want.exits[stepAgent], want.codes[stepAgent] = flowfile.ExitInvalidNumber, 404
	case "silent":
		want.exits[stepAgent], want.codes[stepAgent] = flowfile.ExitNoAnswer, 487
		want.ringback = true
	default:
		want.exits[stepAgent], want.codes[stepAgent] = flowfile.ExitOK, 200
		want.ringback, want.agent, want.customer = true, true, true
	}
	return want
}

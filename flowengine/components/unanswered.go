package components

import "ringflow/flowengine"

// exitBlocked is the exit of a call that the network kept from the party.
var exitBlocked = flowengine.ExitSpec{
	Name: flowengine.ExitBlocked, Title: "Blocked", CaseOf: flowengine.ExitBusy,
	Doc: "The network blocked the call: nobody was busy, and nobody declined. Trying again gets the same answer.",
}

// refusedByTrunk is what fails a call for a reason that is not the number's.
const refusedByTrunk = "a trunk that refuses the call (403, 488, 5xx) or does not reply"

// explanation is the step variable for what a refusal says about why.
var explanation = flowengine.VariableSpec{
	Name: "sip_explanation",
	Doc:  "What the final SIP answer says about why, such as whom to turn to when the network blocked the call; empty if it says nothing.",
}

// unanswered is the exit of a call that came out so: the outcome's, but for a call
// that was blocked, which is busy.
func unanswered(o flowengine.Outcome) flowengine.Exit {
	if o.Exit == flowengine.ExitBusy && o.SIP.EndedBy == flowengine.EndedByNetwork {
		return flowengine.ExitBlocked
	}
	return o.Exit
}

package components

import (
	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// exitBlocked is the exit of a call that the network blocked.
var exitBlocked = flowfile.ExitSpec{
	Name: flowfile.ExitBlocked, Title: "Blocked", CaseOf: flowfile.ExitBusy,
	Doc: "The network blocked the call: nobody was busy, and nobody declined. Trying again gets the same answer.",
}

// refusedByTrunk is what fails a call for a reason that is not the number's.
const refusedByTrunk = "a trunk that refuses the call (403, 488, 5xx) or does not reply"

// explanation is the step variable for what a refusal says about why.
var explanation = flowfile.VariableSpec{
	Name: "sip_explanation",
	Doc:  "What the final SIP answer says about why, such as whom to turn to when the network blocked the call; empty if it says nothing.",
}

// unanswered is the exit of a call: the outcome's, or blocked for one that the network
// blocked, whose outcome is busy.
func unanswered(o flowengine.Outcome) flowfile.Exit {
	if o.Exit == flowfile.ExitBusy && o.SIP.EndedBy == record.EndedByNetwork {
		return flowfile.ExitBlocked
	}
	return o.Exit
}

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

// The step variables of a call.
var (
	sipCode      = flowfile.VariableSpec{Name: "sip_code", Doc: "The final SIP answer, such as 486; empty if none came."}
	q850Cause    = flowfile.VariableSpec{Name: "q850_cause", Doc: "The Q.850 cause, such as 17; empty if none was given."}
	explanation  = flowfile.VariableSpec{Name: "sip_explanation", Doc: "What the final SIP answer says about why, such as whom to turn to when the network blocked the call; empty if it says nothing."}
	ringTime     = flowfile.VariableSpec{Name: "ring_ms", Doc: "For how many milliseconds the phone rang."}
	dialedNumber = flowfile.VariableSpec{Name: "dialed_number", Doc: "The number as it was dialled, in E.164."}
)

// unanswered is the exit of a call: the outcome's, or blocked for one that the network
// blocked, whose outcome is busy.
func unanswered(o flowengine.Outcome) flowfile.Exit {
	if o.Exit == flowfile.ExitBusy && o.SIP.EndedBy == record.EndedByNetwork {
		return flowfile.ExitBlocked
	}
	return o.Exit
}

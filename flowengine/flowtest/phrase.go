package flowtest

import "ringflow/flowengine"

// phrase is a way to end ringing. One without a SIP answer has what usually goes
// with its exit.
type phrase struct {
	word string
	exit flowengine.Exit
	sip  flowengine.SIPResult
}

var phrases = []phrase{
	{word: "answers", exit: flowengine.ExitAnswered},
	{word: "busy", exit: flowengine.ExitBusy},
	{word: "blocked", exit: flowengine.ExitBusy, sip: flowengine.SIPResult{
		Code: 603, Reason: "Network Blocked", EndedBy: flowengine.EndedByNetwork, ReasonText: "v=analytics1;url=https://example.com",
	}},
	{word: "invalid", exit: flowengine.ExitInvalidNumber},
	{word: "silent", exit: flowengine.ExitNoAnswer},
	{word: "unreachable", exit: flowengine.ExitError},
}

package flowtest

import (
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// phrase is a way to end ringing. One without a SIP answer has what usually goes
// with its exit.
type phrase struct {
	word string
	exit flowfile.Exit
	sip  record.SIPResult
}

var phrases = []phrase{
	{word: "answers", exit: flowfile.ExitAnswered},
	{word: "busy", exit: flowfile.ExitBusy},
	{word: "blocked", exit: flowfile.ExitBusy, sip: record.SIPResult{
		Code: 603, Reason: "Network Blocked", EndedBy: record.EndedByNetwork, ReasonText: "v=analytics1;url=https://example.com",
	}},
	{word: "invalid", exit: flowfile.ExitInvalidNumber},
	{word: "silent", exit: flowfile.ExitNoAnswer},
	{word: "unreachable", exit: flowfile.ExitError},
}

package flowtest

import (
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// Phone is what a scripted phone does when it is called. The zero value answers
// at once, says nothing and never hangs up.
type Phone struct {
	// Exit is how ringing it ends; empty is answered, and no_answer lets it ring
	// for as long as the flow allows.
	Exit flowfile.Exit
	// SIP is what the wire says; zero is what usually goes with Exit.
	SIP record.SIPResult
	// After is how long it rings before that.
	After time.Duration
	// Acts are what the person does after answering, one after the other.
	Acts []Act
	// Fault makes the dialling fail as a fault of our own.
	Fault error
}

// Act is one thing that a person on the phone does: exactly one field is set,
// or none to hang up.
type Act struct {
	// Hears waits until audio is played that contains the text, or a prompt of
	// this name.
	Hears string
	// Presses sends these DTMF digits, one after the other.
	Presses string
	// Waits does nothing for so long.
	Waits time.Duration
}

// usualSIP is what the wire says with each exit.
var usualSIP = map[flowfile.Exit]record.SIPResult{
	flowfile.ExitAnswered:      {Code: 200, Reason: "OK"},
	flowfile.ExitBusy:          {Code: 486, Reason: "Busy Here"},
	flowfile.ExitInvalidNumber: {Code: 404, Reason: "Not Found"},
	flowfile.ExitNoAnswer:      {Code: 487, Reason: "Request Terminated"},
	flowfile.ExitError:         {Code: 503, Reason: "Service Unavailable"},
}

// phrases are the words of a script for how ringing a phone ends.
var phrases = map[string]Phone{
	"answers": {Exit: flowfile.ExitAnswered},
	"busy":    {Exit: flowfile.ExitBusy},
	"blocked": {Exit: flowfile.ExitBusy, SIP: record.SIPResult{
		Code: 603, Reason: "Network Blocked", EndedBy: record.EndedByNetwork, ReasonText: "v=analytics1;url=https://example.com",
	}},
	"invalid":     {Exit: flowfile.ExitInvalidNumber},
	"silent":      {Exit: flowfile.ExitNoAnswer},
	"unreachable": {Exit: flowfile.ExitError},
}

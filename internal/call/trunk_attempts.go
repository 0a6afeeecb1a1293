package call

import (
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// Attempt is the result of a leg that was placed over a trunk.
type Attempt struct {
	Trunk string
	Party record.Party
	Exit  flowfile.Exit
	// Blocked is the SIP code with which the network blocked the call; 0: it did not.
	Blocked int
}

// attemptCancelled is the exit of an attempt that we ended: the other party hung up
// meanwhile, or the execution was cancelled.
const attemptCancelled flowfile.Exit = "cancelled"

package call

import (
	"errors"
	"strconv"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/sip"
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

// TargetAttempt is what came of an INVITE to a target.
type TargetAttempt struct {
	Trunk, Target string
	Result        string // the code of the final response, or why there was none: no_response, transport, ring_limit, …
}

// triesOf are the INVITEs of a leg that has ended.
func triesOf(o sip.Outcome) (all []TargetAttempt) {
	for _, a := range o.Attempts {
		result := strconv.Itoa(a.Code)
		switch {
		case errors.Is(a.Err, sip.ErrNoResponse):
			result = "no_response"
		case a.Err != nil:
			result = "transport"
		}
		all = append(all, TargetAttempt{o.Trunk, a.Target, result})
	}
	switch o.By {
	case sip.EndedRingLimit, sip.EndedSetupLimit, sip.EndedLocal:
		if !o.Answered && o.Target != "" {
			all = append(all, TargetAttempt{o.Trunk, o.Target, string(o.By)})
		}
	}
	return all
}

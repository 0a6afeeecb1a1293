package call

import (
	"slices"

	"ringflow/flowengine/flowfile"
	"ringflow/sip"
)

// ExitRule is a row of the table from SIP responses to exits. A response without a row is
// flowfile.ExitError.
type ExitRule struct {
	Exit   flowfile.Exit
	Codes  []int // final SIP responses
	Causes []int // Q.850 causes, which override the SIP code
}

// ExitRules is the table.
func ExitRules() []ExitRule {
	return []ExitRule{
		{flowfile.ExitBusy, []int{486, 600, 603, 607, 608}, []int{17, 21}},
		{flowfile.ExitInvalidNumber, []int{404, 410, 414, 416, 484, 485, 604}, []int{1, 3, 22, 28}},
		{flowfile.ExitNoAnswer, []int{408, 480, 487}, []int{18, 19, 20}},
		{flowfile.ExitError, nil, []int{34, 38, 41, 42, 44, 47}},
	}
}

// exitOf is the exit of an outgoing leg: by the trunk's own exits, then by the Q.850 cause,
// then by the SIP code. A blocked call is busy here; see isBlocked.
func exitOf(o sip.Outcome, trunk map[int]flowfile.Exit) flowfile.Exit {
	switch {
	case o.Answered:
		return flowfile.ExitAnswered
	case o.By == sip.EndedRingLimit || o.By == sip.EndedSetupLimit:
		return flowfile.ExitNoAnswer
	case o.By != sip.EndedRemote:
		return flowfile.ExitError
	}
	if exit, ok := trunk[o.Code]; ok {
		if exit == flowfile.ExitBlocked {
			return flowfile.ExitBusy
		}
		return exit
	}
	exit := flowfile.ExitError
	for _, r := range ExitRules() {
		if slices.Contains(r.Causes, o.Q850) {
			return r.Exit
		}
		if slices.Contains(r.Codes, o.Code) {
			exit = r.Exit
		}
	}
	return exit
}

// isBlocked reports whether the network blocked an outgoing leg, by the response itself or
// by the trunk's own exits.
func isBlocked(o sip.Outcome, trunk map[int]flowfile.Exit) bool {
	return o.Blocked() || o.By == sip.EndedRemote && !o.Answered && trunk[o.Code] == flowfile.ExitBlocked
}

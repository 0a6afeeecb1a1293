package call

import (
	"slices"

	"ringflow/flowengine/flowfile"
	"ringflow/sip"
)

// ExitRule is a row of the table that turns what the far end said into an exit.
// Whatever no row names leaves by flowfile.ExitError.
type ExitRule struct {
	Exit   flowfile.Exit
	Codes  []int // final SIP answers
	Causes []int // Q.850 causes, which say more than the SIP code and override it
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

// FinalCodes are the SIP answers of the table that speak of the person or the number
// called, in its order: another target of the trunk would have no other to give,
// and ringing somebody again who has declined is rude. The user agent tries
// another target after a 5xx alone.
func FinalCodes() []int {
	var codes []int
	for _, r := range ExitRules() {
		if r.Exit == flowfile.ExitBusy || r.Exit == flowfile.ExitInvalidNumber {
			codes = append(codes, r.Codes...)
		}
	}
	return codes
}

// exitOf says by which exit an outgoing leg left. A trunk's own reading of a
// code comes first, then the Q.850 cause, then the code. A blocked call is busy in
// the table; blocked tells it apart.
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
	table := ExitRules()
	for _, r := range table {
		if slices.Contains(r.Causes, o.Q850) {
			return r.Exit
		}
	}
	for _, r := range table {
		if slices.Contains(r.Codes, o.Code) {
			return r.Exit
		}
	}
	return flowfile.ExitError
}

// isBlocked says whether the network, and no person, refused an outgoing leg: by what
// the answer says, or by the trunk's own reading of its code.
func isBlocked(o sip.Outcome, trunk map[int]flowfile.Exit) bool {
	return o.Blocked() || o.By == sip.EndedRemote && !o.Answered && trunk[o.Code] == flowfile.ExitBlocked
}

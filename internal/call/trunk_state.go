package call

import (
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// TrunkState is a trunk as the exchange sees it.
type TrunkState struct {
	Name     string
	Targets  []string
	Legs     int          // that live now, dialling ones included
	Channels int          // legs at once at most; 0 is no limit
	Last     *TrunkResult // of the leg that ended last; nil: none has since the start
	Pings    []TargetState
}

// TrunkResult is how a leg over a trunk came out.
type TrunkResult struct {
	At   time.Time
	Exit flowfile.Exit
	// Code and ExitRule are the trunk's final answer; 0 if none came.
	Code   int
	Reason string
	// EndedBy is who ended the attempt, as in the journal; empty if it was answered.
	EndedBy record.EndedBy
	// Explanation is what the answer says about why.
	Explanation string
}

// Trunks returns the account's trunks in the order in which they are tried.
func (s *Switch) Trunks(account string) []TrunkState {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[account]
	if a == nil {
		return nil
	}
	var out []TrunkState
	for _, t := range a.Trunks {
		state := TrunkState{Name: t.Name, Targets: t.Targets, Legs: s.channels.inUseBy(t), Channels: t.Channels, Pings: s.pings(t)}
		if last, any := s.last[t.id]; any {
			state.Last = &last
		}
		out = append(out, state)
	}
	return out
}

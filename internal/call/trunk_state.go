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
func (x *Switch) Trunks(account string) []TrunkState {
	x.mu.Lock()
	defer x.mu.Unlock()
	a := x.accounts[account]
	if a == nil {
		return nil
	}
	var out []TrunkState
	for _, t := range a.Trunks {
		s := TrunkState{Name: t.Name, Targets: t.Targets, Legs: x.channels[t.id], Channels: t.Channels, Pings: x.pings(t)}
		if last, any := x.last[t.id]; any {
			s.Last = &last
		}
		out = append(out, s)
	}
	return out
}

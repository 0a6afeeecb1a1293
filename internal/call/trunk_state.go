package call

import (
	"cmp"
	"net/netip"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// TrunkState is the state of a trunk.
type TrunkState struct {
	Name     string
	Targets  []TargetState
	Health   sip.Health
	Legs     int // that live, dialling ones included
	Channels int // legs at once at most; 0 is no limit
	// CallsPerSecond is how many calls begin a second at most; 0 is no limit.
	CallsPerSecond float64
	SRTP           sdp.SRTPPolicy // empty is sdp.SRTPOff
	Queue          TrunkQueue
	Last           *TrunkResult // of the leg that ended last; nil: none has ended
	// Registration is the zero value of a trunk that does not register.
	Registration sip.RegistrationState
	Connections  []sip.Connection // that are open
	SessionTimer time.Duration    // that its INVITEs request; 0: none
	MaxDuration  time.Duration    // of a leg, from its answer on
}

// TrunkResult is the result of a leg over a trunk.
type TrunkResult struct {
	At   time.Time
	Exit flowfile.Exit
	// Code and Reason are of the trunk's final response; 0 if none came.
	Code   int
	Reason string
	// EndedBy is as in the journal; empty if the leg was answered.
	EndedBy record.EndedBy
	// Explanation is the response's own, as text.
	Explanation string
	// Target is that of the last INVITE, Address where it was sent, and Transport by what; empty
	// if none was.
	Target    string
	Address   netip.AddrPort
	Transport sip.Transport
}

// Trunks returns the account's trunks in the order in which channels are claimed.
func (s *Switch) Trunks(account string) []TrunkState {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[account]
	if a == nil {
		return nil
	}
	var out []TrunkState
	for _, t := range a.Trunks {
		state := TrunkState{Name: t.Name, Targets: s.targets(t), Health: s.agent.TrunkHealth(&t.Trunk), Legs: s.channels.inUseBy(t), Channels: t.Channels, SRTP: t.SRTP, Registration: s.agent.Registration(&t.Trunk), CallsPerSecond: t.CallsPerSecond, Queue: s.channels.queueOf(t),
			Connections: s.agent.TrunkConnections(&t.Trunk), SessionTimer: t.SessionTimer, MaxDuration: cmp.Or(t.MaxDuration, MaxLegDuration)}
		if last, any := s.last[t.id]; any {
			state.Last = &last
		}
		out = append(out, state)
	}
	return out
}

package call

import (
	"time"

	"ringflow/sip"
)

// TargetState is a target of a trunk, the result of its pings, and whether calls go there.
type TargetState struct {
	Address          string
	Transport        sip.Transport // by which it is reached; DNS may have chosen it
	Certificate      time.Time     // when the certificate expires that it has shown; zero: it has shown none
	Health           sip.Health
	sip.Reachability // the zero value: it is not pinged
}

// setPings sets the interval of pings of each target. mu is held.
func (s *Switch) setPings() {
	targets := map[sip.Target]sip.Ping{}
	for _, a := range s.accounts {
		for _, t := range a.Trunks {
			for _, address := range t.pinged() {
				p := targets[t.Target(address)]
				if p.Interval == 0 || t.Ping < p.Interval {
					p.Interval = t.Ping
				}
				if p.Trunk == nil {
					p.Trunk = &t.Trunk
				}
				p.Trunks = append(p.Trunks, t.Name)
				targets[t.Target(address)] = p
			}
		}
	}
	s.agent.SetPings(targets)
}

// pinged returns the targets of the trunk that are pinged.
func (t *Trunk) pinged() []string {
	if t.Ping == 0 {
		return nil
	}
	return t.CallHops()
}

// targets returns the states of the trunk's targets.
func (s *Switch) targets(t *Trunk) (states []TargetState) {
	for _, address := range t.CallHops() {
		target := t.Target(address)
		state := TargetState{Address: address, Transport: s.agent.TransportOf(target), Certificate: s.agent.CertificateOf(target), Health: s.agent.Health(target)}
		if t.Ping != 0 {
			state.Reachability = s.agent.Reachability(t.Target(address))
		}
		states = append(states, state)
	}
	return states
}

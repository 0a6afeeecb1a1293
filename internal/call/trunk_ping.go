package call

import "ringflow/sip"

// TargetState is a target of a trunk and the result of its pings.
type TargetState struct {
	Address string
	sip.Reachability
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
	return t.Targets
}

// pings returns the states of those targets.
func (s *Switch) pings(t *Trunk) (states []TargetState) {
	for _, address := range t.pinged() {
		states = append(states, TargetState{address, s.agent.Reachability(t.Target(address))})
	}
	return states
}

package call

import "ringflow/sip"

// setPeers has all hosts that requests to trunks go to send SIP messages. mu is held.
func (s *Switch) setPeers() {
	var peers []sip.Target
	for _, a := range s.accounts {
		for _, t := range a.Trunks {
			for _, address := range t.NextHops() {
				peers = append(peers, t.Target(address))
			}
		}
	}
	s.agent.SetPeers(peers)
}

package server

import (
	"strconv"

	"ringflow/internal/call"
	"ringflow/media"
	"ringflow/sip"
)

// collectRTP has the packets of the media plane.
func (s *Server) collectRTP(m scrape) {
	p := s.plane.Stats()
	m.counter(p.Sent, "ringflow_rtp_packets_sent_total", "RTP packets sent, relayed ones included.")
	m.counter(p.Received, "ringflow_rtp_packets_received_total", "RTP packets that reached us; a prompting port lets few of them in.")
	m.counter(p.Dropped, "ringflow_rtp_packets_dropped_total", "RTP packets that the kernel would not take.")
	m.counter(p.Inserted, "ringflow_rtp_frames_given_up_total", "Frames given up after a stall of this machine.")
	m.counter(p.Discarded, "ringflow_rtp_strays_total", "Packets of strangers on RTP ports, dropped.")
	m.counter(p.Excess, "ringflow_rtp_excess_total", "RTP packets of far ends, dropped since they brought more than a second of sound a second.")
	m.gauge(p.LateMax.Seconds(), "ringflow_rtp_late_max_seconds", "The latest of them.")
	var bounds []float64
	count := uint64(0)
	for _, bound := range media.LatenessBounds() {
		bounds = append(bounds, bound.Seconds())
	}
	for _, n := range p.Late {
		count += n
	}
	m.histogram(bounds, p.Late[:], count, p.LateSum.Seconds(), "ringflow_rtp_late_seconds", "How long after its tick a paced packet left.")
}

// collectLegs has how legs ended and the quality of their audio, by trunk.
func (s *Server) collectLegs(m scrape) {
	ended := map[call.Attempt]uint64{}
	for a, n := range s.calls.Attempts() {
		if a.Blocked != 0 {
			m.counter(n, "ringflow_legs_blocked_total", "Legs that the network kept from the party, by its SIP answer. They count among those ended, by the exit that its code leads to.",
				"trunk", a.Trunk, "party", string(a.Party), "code", strconv.Itoa(a.Blocked))
		}
		a.Blocked = 0
		ended[a] += n
	}
	for a, n := range ended {
		m.counter(n, "ringflow_legs_ended_total", "Legs that have ended, by how the attempt to reach the party came out.",
			"trunk", a.Trunk, "party", string(a.Party), "exit", string(a.Exit))
	}
	for trunk, q := range s.calls.Qualities() {
		distribution := func(d call.Distribution, name, help string) {
			m.histogram(d.Bounds, d.Counts[:len(d.Bounds)], d.Total, d.Sum, name, help, "trunk", trunk)
		}
		distribution(q.Jitter, "ringflow_leg_jitter_seconds", "Highest interarrival jitter (RFC 3550 A.8) of each leg whose sound was measured.")
		distribution(q.Loss, "ringflow_leg_loss_ratio", "Share of the far end's packets that were lost or late, of each leg whose sound was measured.")
		distribution(q.MOS, "ringflow_leg_mos", "Mean opinion score estimated by the E-model (ITU-T G.107), of each leg whose sound was measured.")
		m.counter(q.Silent, "ringflow_legs_silent_total", "Answered legs of a second or longer from which no packet came.", "trunk", trunk)
		m.counter(q.OtherSource, "ringflow_legs_other_source_total", "Answered legs of a second or longer whose packets came from an address that rtp_from does not take, and none from another.", "trunk", trunk)
	}
}

// collectPings has which targets of trunks are reachable.
func (s *Server) collectPings(m scrape) {
	values := map[sip.Reach]float64{sip.Reachable: 1, sip.Unreachable: 0}
	for _, account := range s.cfg.AccountNames() {
		for _, trunk := range s.calls.Trunks(account) {
			for _, t := range trunk.Pings {
				if value, decided := values[t.State]; decided {
					m.gauge(value, "ringflow_trunk_target_reachable", "Whether a trunk's target that is pinged is reachable (1) or not (0); absent until its pings have decided.",
						"account", account, "trunk", trunk.Name, "target", t.Address)
				}
			}
		}
	}
}

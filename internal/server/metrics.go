package server

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics shows the live tables as they are at the moment of the scrape: no
// counter of ours is raised and lowered, so none can drift from the truth.
func (s *Server) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	gauge := func(name, help string, value func() int) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return float64(value()) }))
	}
	gauge("ringflow_executions_running", "Executions that run now.", s.engine.Running)
	gauge("ringflow_legs", "Legs that live now.", s.exchange.Legs)
	gauge("ringflow_calls_waiting", "Calls that wait for a free channel of their account's trunks.", s.exchange.Waiting)
	gauge("ringflow_sip_sessions", "SIP sessions that live now, those winding down included.", s.agent.Sessions)
	gauge("ringflow_rtp_ports_open", "RTP ports that a leg holds now.", func() int { return s.plane.Stats().Open })
	gauge("ringflow_legs_limit", "Legs that the RTP ports suffice for.", s.legsAtMost)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), planeCollector{s.plane}, attemptsCollector{s.exchange}, executionsCollector{s.engine, &s.interrupted}, newBuildInfo(), qualityCollector{s.exchange}, pingCollector{s.exchange}, newScheduledGauge(s.engine), webhookCollector{s.webhooks, s.store})
	return r
}

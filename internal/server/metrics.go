package server

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ringflow/flowengine/record"
	"ringflow/internal/version"
)

// metrics are the metrics of the server, read from its parts at each scrape. They
// have no labels of accounts, since reading them takes no token.
func (s *Server) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector(s.collectLoad), collector(s.collectExecutions), collector(s.collectRTP), collector(s.collectLegs), collector(s.collectPings), collector(s.collectWebhooks))
	return r
}

// collector is a prometheus.Collector that is a function.
type collector func(scrape)

// Describe implements prometheus.Collector. Without descriptions, the metrics of each
// scrape are checked.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) { c(scrape{ch}) }

// scrape takes the metrics of one scrape. Labels are names, each with its value.
type scrape struct{ ch chan<- prometheus.Metric }

func (s scrape) add(kind prometheus.ValueType, value float64, name, help string, labels []string) {
	desc, values := describe(name, help, labels)
	s.ch <- prometheus.MustNewConstMetric(desc, kind, value, values...)
}

func (s scrape) counter(n uint64, name, help string, labels ...string) {
	s.add(prometheus.CounterValue, float64(n), name, help, labels)
}

func (s scrape) gauge(value float64, name, help string, labels ...string) {
	s.add(prometheus.GaugeValue, value, name, help, labels)
}

// histogram takes the counts of the values up to each bound and above the one before;
// count has those above the last bound too.
func (s scrape) histogram(bounds []float64, counts []uint64, count uint64, sum float64, name, help string, labels ...string) {
	buckets, below := make(map[float64]uint64), uint64(0)
	for i, n := range counts[:min(len(counts), len(bounds))] {
		below += n
		buckets[bounds[i]] = below
	}
	desc, values := describe(name, help, labels)
	s.ch <- prometheus.MustNewConstHistogram(desc, count, sum, buckets, values...)
}

func describe(name, help string, labels []string) (*prometheus.Desc, []string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	return prometheus.NewDesc(name, help, names, nil), values
}

// collectLoad has what the server holds now, and its version.
func (s *Server) collectLoad(m scrape) {
	m.gauge(1, "ringflow_build_info", "Always 1; the labels say which Ringflow this is.", "version", version.Number(), "revision", version.Revision(), "goversion", runtime.Version())
	m.gauge(float64(s.engine.Running()), "ringflow_executions_running", "Executions that run now.")
	m.gauge(float64(s.calls.Legs()), "ringflow_legs", "Legs that live now.")
	m.gauge(float64(s.calls.Waiting()), "ringflow_calls_waiting", "Calls that wait for a free channel of their account's trunks.")
	m.gauge(float64(s.agent.Sessions()), "ringflow_sip_sessions", "SIP sessions that live now, those winding down included.")
	m.gauge(float64(s.plane.Stats().Open), "ringflow_rtp_ports_open", "RTP ports that a leg holds now.")
	m.gauge(float64(s.maxLegs()), "ringflow_legs_limit", "Legs that the RTP ports suffice for.")
	scheduled := 0
	for _, n := range s.engine.Scheduled() {
		scheduled += n
	}
	m.gauge(float64(scheduled), "ringflow_executions_scheduled", "Executions that wait for their time.")
}

// collectExecutions has how executions ended.
func (s *Server) collectExecutions(m scrape) {
	ended := s.engine.Ended()
	ended[record.StatusInterrupted] += uint64(s.interrupted.Load())
	for status, n := range ended {
		m.counter(n, "ringflow_executions_ended_total", "Executions that have ended, by status; interrupted are those that the crash before this start had broken off.", "status", string(status))
	}
}

// scrapeTimeout is how long a scrape waits for the record.
const scrapeTimeout = 2 * time.Second

// collectWebhooks has the backlog of the webhooks, none while the record cannot be
// read: the other metrics are needed then.
func (s *Server) collectWebhooks(m scrape) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	backlogs, err := s.store.Backlogs(ctx)
	if err != nil {
		return
	}
	waiting, dead, down, oldest := 0, 0, 0, 0.0
	for _, b := range backlogs {
		waiting, dead = waiting+b.Waiting, dead+b.Dead
		if !b.Oldest.IsZero() {
			oldest = max(oldest, time.Since(b.Oldest).Seconds())
		}
	}
	for _, isDown := range s.webhooks.Down() {
		if isDown {
			down++
		}
	}
	m.gauge(float64(waiting), "ringflow_webhook_waiting", "Events that are to be sent to webhooks.")
	m.gauge(oldest, "ringflow_webhook_oldest_seconds", "How long the oldest of them has waited.")
	m.gauge(float64(dead), "ringflow_webhook_dead", "Events that webhooks did not take for a day, kept as dead letters.")
	m.gauge(float64(down), "ringflow_webhooks_down", "Webhooks that take nothing at all.")
}

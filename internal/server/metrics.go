package server

import (
	"context"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/internal/version"
	"ringflow/media"
	"ringflow/sip"
)

// metrics are the metrics of the server, read from its parts at each scrape. They
// have no labels of accounts, since reading them takes no token.
func (s *Server) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector(s.collectLoad), collector(s.collectExecutions), collector(s.collectRTP), collector(s.collectLegs), collector(s.collectTargets), collector(s.collectRegistrations), collector(s.collectSIP), collector(s.collectCertificates), collector(s.collectTraces), collector(s.collectWebhooks))
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
	for _, isDown := range s.webhooks.Failing() {
		if isDown {
			down++
		}
	}
	m.gauge(float64(waiting), "ringflow_webhook_waiting", "Events that are to be sent to webhooks.")
	m.gauge(oldest, "ringflow_webhook_oldest_seconds", "How long the oldest of them has waited.")
	m.gauge(float64(dead), "ringflow_webhook_dead", "Events that webhooks did not take for a day, kept as dead letters.")
	m.gauge(float64(down), "ringflow_webhooks_down", "Webhooks that take nothing at all.")
}

// collectRTP has the packets of the media plane.
func (s *Server) collectRTP(m scrape) {
	p := s.plane.Stats()
	m.counter(p.Sent, "ringflow_rtp_packets_sent_total", "RTP packets sent, relayed ones included.")
	m.counter(p.Received, "ringflow_rtp_packets_received_total", "RTP packets that reached us; a prompting port lets few of them in.")
	m.counter(p.Dropped, "ringflow_rtp_packets_dropped_total", "RTP packets that the kernel would not take.")
	m.counter(p.Inserted, "ringflow_rtp_frames_given_up_total", "Frames given up after a stall of this machine.")
	m.counter(p.Discarded, "ringflow_rtp_strays_total", "Packets of strangers on RTP ports, dropped.")
	m.counter(p.Excess, "ringflow_rtp_excess_total", "RTP packets of far ends, dropped since they brought more than a second of sound a second.")
	m.counter(p.Unauthenticated, "ringflow_srtp_unauthenticated_total", "Packets that SRTP did not authenticate, or that came before, dropped.")
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
	for a, n := range s.calls.TargetAttempts() {
		m.counter(n, "ringflow_trunk_attempts_total", "INVITEs to targets of trunks, by the code of the final answer or why there was none.", "trunk", a.Trunk, "target", a.Target, "result", a.Result)
	}
	waits, missed := s.calls.Waits()
	for trunk, d := range waits {
		m.histogram(d.Bounds, d.Counts[:len(d.Bounds)], d.Total, d.Sum, "ringflow_call_wait_seconds", "How long legs waited for a channel of their trunk, or for calls_per_second to let them begin.", "trunk", trunk)
	}
	m.counter(missed, "ringflow_calls_missed_total", "Legs that were not placed since no channel came free in time, or none would have.")
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

// collectSIP has the connections, the look-ups that came to nothing, and the SIP messages that
// were not taken.
func (s *Server) collectSIP(m scrape) {
	type side struct {
		transport sip.Transport
		by        string
	}
	open := map[side]int{{sip.TCP, "us"}: 0, {sip.TCP, "far_end"}: 0, {sip.TLS, "us"}: 0, {sip.TLS, "far_end"}: 0}
	for _, c := range s.agent.Connections() {
		by := "us"
		if c.Accepted {
			by = "far_end"
		}
		open[side{c.Transport, by}]++
	}
	for of, n := range open {
		m.gauge(float64(n), "ringflow_sip_connections", "Connections of SIP that are open, by transport and by who opened them.", "transport", string(of.transport), "opened_by", of.by)
	}
	for reason, n := range s.agent.LookupFailures() {
		m.counter(n, "ringflow_sip_dns_failures_total", "Look-ups of names of targets and far ends that came to nothing: no_name, DNS says that there is none; no_answer, DNS did not answer. Calls go on with the last good answer for a day.", "reason", reason)
	}
	for reason, n := range s.agent.DroppedByReason() {
		m.counter(n, "ringflow_sip_dropped_total", "SIP messages and connections of addresses that are no trunk's, nor in sip.allow_from, dropped unread since they belong to no call.", "reason", reason)
	}
	for reason, n := range s.agent.DiscardedByReason() {
		m.counter(n, "ringflow_sip_discarded_total", "SIP messages that were read and discarded, by the reason that the log has.", "reason", reason)
	}
}

// lowest keeps the lowest value of those of a key: trunks of several accounts may have one
// name, and metrics, which need no token, name no account.
func lowest[K comparable](values map[K]float64, key K, value float64) {
	if known, is := values[key]; !is || value < known {
		values[key] = value
	}
}

// trunkTarget is a target of the trunks of a name.
type trunkTarget struct{ trunk, target string }

// collectTargets has which targets of trunks are in service and reachable.
func (s *Server) collectTargets(m scrape) {
	reach := map[sip.Reach]float64{sip.Reachable: 1, sip.Unreachable: 0}
	waiting, inService, reachable := map[string]float64{}, map[trunkTarget]float64{}, map[trunkTarget]float64{}
	for _, account := range s.cfg.AccountNames() {
		for _, trunk := range s.calls.Trunks(account) {
			waiting[trunk.Name] += float64(trunk.Queue.Waiting)
			for _, t := range trunk.Targets {
				key := trunkTarget{trunk.Name, t.Address}
				value := 0.0
				if t.Health.InService {
					value = 1
				}
				lowest(inService, key, value)
				if value, decided := reach[t.State]; decided {
					lowest(reachable, key, value)
				}
			}
		}
	}
	for trunk, n := range waiting {
		m.gauge(n, "ringflow_trunk_calls_waiting", "Calls that wait and may take the trunk.", "trunk", trunk)
	}
	for of, value := range inService {
		m.gauge(value, "ringflow_trunk_target_in_service", "Whether calls are placed over a trunk's target (1), or pass it over since its calls or pings failed (0).", "trunk", of.trunk, "target", of.target)
	}
	for of, value := range reachable {
		m.gauge(value, "ringflow_trunk_target_reachable", "Whether a trunk's target that is pinged is reachable (1) or not (0); absent until its pings have decided.", "trunk", of.trunk, "target", of.target)
	}
}

// collectCertificates has when the certificates of SIP over TLS expire.
func (s *Server) collectCertificates(m scrape) {
	for _, c := range s.agent.Certificates() {
		of := "target"
		if c.Own {
			of = "own"
		}
		m.gauge(float64(c.NotAfter.Unix()), "ringflow_sip_certificate_expires_seconds", "When a certificate for SIP over TLS expires, in Unix time: ours by its file, and those of targets by the name that they must have.", "of", of, "certificate", c.Name)
	}
}

// collectRegistrations has which trunks are registered, and what their REGISTERs came to.
func (s *Server) collectRegistrations(m scrape) {
	registered, attempts := map[string]float64{}, map[[2]string]uint64{}
	for _, account := range s.cfg.AccountNames() {
		for _, trunk := range s.calls.Trunks(account) {
			r := trunk.Registration
			if r.Phase == "" {
				continue
			}
			value := 0.0
			if r.Registered() {
				value = 1
			}
			lowest(registered, trunk.Name, value)
			for code, n := range r.Attempts {
				answer := "none"
				if code != 0 {
					answer = strconv.Itoa(code)
				}
				attempts[[2]string{trunk.Name, answer}] += n
			}
		}
	}
	for trunk, value := range registered {
		m.gauge(value, "ringflow_trunk_registered", "Whether a trunk that registers is registered (1) or not (0).", "trunk", trunk)
	}
	for of, n := range attempts {
		m.counter(n, "ringflow_trunk_registrations_total", "REGISTER requests of a trunk, by the code of the final response; none: there was no response.", "trunk", of[0], "code", of[1])
	}
}

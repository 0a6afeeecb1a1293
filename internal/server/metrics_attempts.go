package server

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"ringflow/internal/call"
)

// attemptsCollector shows how legs came out, by trunk: a trunk that fails every
// call is seen here first.
type attemptsCollector struct{ exchange *call.Switch }

// Describe implements prometheus.Collector.
func (c attemptsCollector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c attemptsCollector) Collect(ch chan<- prometheus.Metric) {
	desc := prometheus.NewDesc("ringflow_legs_ended_total", "Legs that have ended, by how the attempt to reach the party came out.",
		[]string{"trunk", "party", "exit"}, nil)
	blockedDesc := prometheus.NewDesc("ringflow_legs_blocked_total",
		"Legs that the network kept from the party, by its SIP answer. They count among those ended, by the exit that its code leads to.",
		[]string{"trunk", "party", "code"}, nil)
	ended := map[call.Attempt]uint64{}
	for a, n := range c.exchange.Attempts() {
		if a.Blocked != 0 {
			ch <- prometheus.MustNewConstMetric(blockedDesc, prometheus.CounterValue, float64(n), a.Trunk, string(a.Party), strconv.Itoa(a.Blocked))
		}
		a.Blocked = 0
		ended[a] += n
	}
	for a, n := range ended {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), a.Trunk, string(a.Party), string(a.Exit))
	}
}

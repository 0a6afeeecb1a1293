package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"ringflow/internal/call"
	"ringflow/sip"
)

// pingCollector shows which targets of trunks are reachable.
type pingCollector struct{ exchange *call.Switch }

var descReachable = prometheus.NewDesc("ringflow_trunk_target_reachable", "Whether a trunk's target that is pinged is reachable (1) or not (0); absent until its pings have decided.", []string{"account", "trunk", "target"}, nil)

// Describe implements prometheus.Collector.
func (c pingCollector) Describe(ch chan<- *prometheus.Desc) { ch <- descReachable }

// Collect implements prometheus.Collector.
func (c pingCollector) Collect(ch chan<- prometheus.Metric) {
	values := map[sip.Reach]float64{sip.Reachable: 1, sip.Unreachable: 0}
	for account, trunks := range c.exchange.Pings() {
		for trunk, targets := range trunks {
			for _, t := range targets {
				if value, decided := values[t.State]; decided {
					ch <- prometheus.MustNewConstMetric(descReachable, prometheus.GaugeValue, value, account, trunk, t.Address)
				}
			}
		}
	}
}

package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"ringflow/internal/call"
)

// qualityCollector shows how answered legs sounded here, by trunk.
type qualityCollector struct{ exchange *call.Switch }

var (
	trunkLabel = []string{"trunk"}
	descJitter = prometheus.NewDesc("ringflow_leg_jitter_seconds", "Highest interarrival jitter (RFC 3550 A.8) of each leg whose sound was measured.", trunkLabel, nil)
	descLoss   = prometheus.NewDesc("ringflow_leg_loss_ratio", "Share of the far end's packets that were lost or late, of each leg whose sound was measured.", trunkLabel, nil)
	descMOS    = prometheus.NewDesc("ringflow_leg_mos", "Mean opinion score estimated by the E-model (ITU-T G.107), of each leg whose sound was measured.", trunkLabel, nil)
	descOther  = prometheus.NewDesc("ringflow_legs_other_source_total", "Answered legs of a second or longer whose packets came from an address that rtp_from does not take, and none from another.", trunkLabel, nil)
	descSilent = prometheus.NewDesc("ringflow_legs_silent_total", "Answered legs of a second or longer from which no packet came.", trunkLabel, nil)
)

// Describe implements prometheus.Collector.
func (c qualityCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descJitter, descLoss, descMOS, descSilent, descOther} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c qualityCollector) Collect(ch chan<- prometheus.Metric) {
	for trunk, q := range c.exchange.Qualities() {
		ch <- histogram(descJitter, q.Jitter, trunk)
		ch <- histogram(descLoss, q.Loss, trunk)
		ch <- histogram(descMOS, q.MOS, trunk)
		ch <- prometheus.MustNewConstMetric(descSilent, prometheus.CounterValue, float64(q.Silent), trunk)
		ch <- prometheus.MustNewConstMetric(descOther, prometheus.CounterValue, float64(q.OtherSource), trunk)
	}
}

// histogram turns counts between bounds into counts below them.
func histogram(desc *prometheus.Desc, d call.Distribution, labels ...string) prometheus.Metric {
	buckets, below := make(map[float64]uint64), uint64(0)
	for i, n := range d.Counts {
		below += n
		buckets[d.Bounds[i]] = below
	}
	return prometheus.MustNewConstHistogram(desc, d.Total, d.Sum, buckets, labels...)
}

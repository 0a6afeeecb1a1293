package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"ringflow/media"
)

// planeCollector shows what the media plane has sent and heard.
type planeCollector struct{ plane *media.Plane }

var (
	descSent     = prometheus.NewDesc("ringflow_rtp_packets_sent_total", "RTP packets sent, relayed ones included.", nil, nil)
	descReceived = prometheus.NewDesc("ringflow_rtp_packets_received_total", "RTP packets that reached us; a prompting port lets few of them in.", nil, nil)
	descDropped  = prometheus.NewDesc("ringflow_rtp_packets_dropped_total", "RTP packets that the kernel would not take.", nil, nil)
	descInserted = prometheus.NewDesc("ringflow_rtp_frames_given_up_total", "Frames given up after a stall of this machine.", nil, nil)
	descStrays   = prometheus.NewDesc("ringflow_rtp_strays_total", "Packets of strangers on RTP ports, dropped.", nil, nil)
	descExcess   = prometheus.NewDesc("ringflow_rtp_excess_total", "RTP packets of far ends, dropped since they brought more than a second of sound a second.", nil, nil)
	descLate     = prometheus.NewDesc("ringflow_rtp_late_seconds", "How long after its tick a paced packet left.", nil, nil)
	descLateMax  = prometheus.NewDesc("ringflow_rtp_late_max_seconds", "The latest of them.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c planeCollector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c planeCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.plane.Stats()
	for desc, n := range map[*prometheus.Desc]uint64{
		descSent: s.Sent, descReceived: s.Received, descDropped: s.Dropped,
		descInserted: s.Inserted, descStrays: s.Discarded, descExcess: s.Excess,
	} {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n))
	}
	ch <- prometheus.MustNewConstMetric(descLateMax, prometheus.GaugeValue, s.LateMax.Seconds())

	// A histogram's buckets count all that is below their bound; media's count
	// what lies between two.
	buckets, below := map[float64]uint64{}, uint64(0)
	for i, bound := range media.LatenessBounds() {
		below += s.Late[i]
		buckets[bound.Seconds()] = below
	}
	ch <- prometheus.MustNewConstHistogram(descLate, below+s.Late[len(s.Late)-1], s.LateSum.Seconds(), buckets)
}

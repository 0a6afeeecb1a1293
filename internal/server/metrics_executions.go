package server

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
)

// executionsCollector shows how executions ended, of all accounts together: who may
// read the metrics is not asked for an account.
type executionsCollector struct {
	engine      *flowengine.Engine
	interrupted *atomic.Int64 // by the last crash, found at the start
}

// Describe implements prometheus.Collector.
func (c executionsCollector) Describe(ch chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(c, ch)
}

// Collect implements prometheus.Collector.
func (c executionsCollector) Collect(ch chan<- prometheus.Metric) {
	desc := prometheus.NewDesc("ringflow_executions_ended_total", "Executions that have ended, by status; interrupted are those that the crash before this start had broken off.", []string{"status"}, nil)
	ended := c.engine.Ended()
	ended[record.StatusInterrupted] += uint64(c.interrupted.Load())
	for status, n := range ended {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), string(status))
	}
}

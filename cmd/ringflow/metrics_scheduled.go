package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"ringflow/flowengine"
)

// scheduledCollector shows how many starts wait for their time, by account: one
// that comes near its scheduled_starts is seen here before its starts are refused.
type scheduledCollector struct {
	engine   *flowengine.Engine
	accounts []string
}

// Describe implements prometheus.Collector.
func (c scheduledCollector) Describe(ch chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(c, ch)
}

// Collect implements prometheus.Collector.
func (c scheduledCollector) Collect(ch chan<- prometheus.Metric) {
	desc := prometheus.NewDesc("ringflow_executions_scheduled", "Executions that wait for their time.", []string{"account"}, nil)
	waiting := c.engine.Scheduled()
	for _, account := range c.accounts {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(waiting[account]), account)
	}
}

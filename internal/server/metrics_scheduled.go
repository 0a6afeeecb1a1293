package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"ringflow/flowengine"
)

// newScheduledGauge shows how many starts wait for their time, of all accounts
// together: who may read the metrics is not asked for an account. What is one's
// own, /v1/account tells.
func newScheduledGauge(engine *flowengine.Engine) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ringflow_executions_scheduled", Help: "Executions that wait for their time.",
	}, func() float64 {
		sum := 0
		for _, n := range engine.Scheduled() {
			sum += n
		}
		return float64(sum)
	})
}

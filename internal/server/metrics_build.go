package server

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"ringflow/internal/version"
)

// newBuildInfo shows which Ringflow answers, as Prometheus' own programs do.
func newBuildInfo() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ringflow_build_info", Help: "Always 1; the labels say which Ringflow this is.",
		ConstLabels: prometheus.Labels{"version": version.Number(), "revision": version.Revision(), "goversion": runtime.Version()},
	}, func() float64 { return 1 })
}

package api

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// requestMetrics count requests. Labels are routes, never paths, so that clients cannot
// make new ones.
type requestMetrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newRequestMetrics(r prometheus.Registerer) requestMetrics {
	m := requestMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ringflow_http_requests_total", Help: "HTTP requests answered.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ringflow_http_request_seconds", Help: "Time from the end of the header to the end of the answer, but of event streams.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .5, 1, 5},
		}, []string{"route"}),
	}
	r.MustRegister(m.requests, m.seconds)
	return m
}

// observe counts a request. The duration of an event stream is no response time.
func (m requestMetrics) observe(method, route string, w *statusWriter, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(w.status)).Inc()
	if w.Header().Get("Content-Type") == eventStream {
		return
	}
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

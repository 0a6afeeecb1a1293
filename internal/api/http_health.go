package api

import (
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ringflow/flowengine"
)

// readyPath is where probes ask whether new work is taken.
const readyPath = "/readyz"

// healthBody is the answer of /healthz and /readyz.
type healthBody struct {
	Status string `json:"status"`
}

// healthz says that the process lives: GET /healthz.
func (a *api) healthz(req *request) (any, error) {
	return healthBody{"ok"}, nil
}

// readyz says whether new work is taken: GET /readyz.
func (a *api) readyz(req *request) (any, error) {
	if err := a.config.Ready(); err != nil {
		return nil, &httpError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "not ready",
			retryAfter: retryUnavailable, description: "no new work is taken now", reason: err.Error(), intended: errors.Is(err, flowengine.ErrDraining)}
	}
	return healthBody{"ready"}, nil
}

// metrics shows the registry: GET /metrics.
func (a *api) metrics(req *request) (any, error) {
	r := req.Clone(req.Context())
	r.Header.Del("Accept") // there is one format
	promhttp.HandlerFor(a.config.Metrics, promhttp.HandlerOpts{}).ServeHTTP(req.answer, r)
	return nil, nil
}

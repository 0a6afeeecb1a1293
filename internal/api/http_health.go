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
func (a *api) healthz(w http.ResponseWriter, _ *request) error {
	return writeJSON(w, http.StatusOK, healthBody{"ok"})
}

// readyz says whether new work is taken: GET /readyz.
func (a *api) readyz(w http.ResponseWriter, _ *request) error {
	if err := a.config.Ready(); err != nil {
		return &httpError{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "not ready",
			retryAfter: retryUnavailable, description: "no new work is taken now", reason: err.Error(), intended: errors.Is(err, flowengine.ErrDraining)}
	}
	return writeJSON(w, http.StatusOK, healthBody{"ready"})
}

// metrics shows the registry: GET /metrics.
func (a *api) metrics(w http.ResponseWriter, req *request) error {
	r := req.Clone(req.Context())
	r.Header.Del("Accept") // there is one format
	promhttp.HandlerFor(a.config.Metrics, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

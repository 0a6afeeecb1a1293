package api

import (
	"net/http"

	"ringflow/internal/auth"
)

// route is one method of one path. The table of routes is the whole of what is
// served.
type route struct {
	method string
	path   string
	// scope is what a token must hold; without one, no token is asked for.
	scope string
	// handle writes the answer or returns why not.
	handle func(*api, http.ResponseWriter, *request) error
}

// request is an HTTP request whose sender is known.
type request struct {
	*http.Request
	auth.Principal
}

func routes() []route {
	return []route{
		{http.MethodPost, "/oauth/token", "", (*api).token},
		{http.MethodPost, "/flows/{flow_id}/interactions", auth.ScopeStart, (*api).start},
		{http.MethodGet, "/v1/executions/{flow_execution_id}", auth.ScopeFlowsRead, (*api).execution},
		{http.MethodGet, "/healthz", "", (*api).healthz},
		{http.MethodGet, "/readyz", "", (*api).readyz},
		{http.MethodGet, "/metrics", "", (*api).metrics},
	}
}

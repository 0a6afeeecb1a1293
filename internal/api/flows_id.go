package api

import (
	"errors"
	"net/http"

	"ringflow/flowengine/record"
	"ringflow/internal/strict"
)

// mostFlowNames bounds the names among which the one that was meant is looked for.
const mostFlowNames = 1000

// ofFlow handles a request about the flow that the path names.
func ofFlow(handle func(a *api, req *request, flowID string) (any, error)) func(*api, *request) (any, error) {
	return func(a *api, req *request) (any, error) {
		id, err := a.flowOf(req)
		if err != nil {
			return nil, err
		}
		return handle(a, req, id)
	}
}

// ofDraft is ofFlow where a draft is asked for, which a flow that there is not has not
// either.
func ofDraft(handle func(a *api, req *request, flowID string) (any, error)) func(*api, *request) (any, error) {
	return func(a *api, req *request) (any, error) {
		body, err := ofFlow(handle)(a, req)
		if refused, ok := errors.AsType[*httpError](err); ok && refused.code == codeNoFlow {
			err = &httpError{status: refused.status, code: codeNotFound, message: "draft not found", description: refused.description}
		}
		return body, err
	}
}

// flowOf returns the id of the flow that the path names, by its id or by an alias.
func (a *api) flowOf(req *request) (string, error) { return a.flowNamed(req, req.PathValue("flow_id")) }

// flowNamed returns the id of the flow that a name, an id or an alias, leads to, also
// that of a deleted flow of which executions are kept. A name that leads nowhere is
// refused with what was meant, if a name of the account is near.
func (a *api) flowNamed(req *request, name string) (string, error) {
	id, err := a.config.Versions.FlowID(req.Context(), req.Account, name)
	if !errors.Is(err, record.ErrNoFlow) {
		return id, err
	}
	names, err := a.config.Versions.FlowNames(req.Context(), req.Account, mostFlowNames)
	if err != nil {
		return "", err
	}
	refused := &httpError{status: http.StatusNotFound, code: codeNoFlow, message: "flow not found"}
	if near := strict.Nearest(name, names); near != "" {
		refused.description = "did you mean " + near + "?"
	}
	return "", refused
}

package api

import (
	"errors"
	"fmt"
	"net/http"

	"ringflow/flowengine/drawing"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// againstParameter names the version that another is compared with.
const againstParameter = "against"

func versionRoutes() []route {
	read := []string{auth.ScopeFlowsRead}
	const version = "/v1/flows/{flow_id}/versions/{flow_version_id}"
	return []route{{
		method: http.MethodGet, path: version, scopes: read, handle: (*api).version,
		summary: "Show a version of a flow with its definition, also an archived one.",
		answers: []content{{status: 200, sample: flowBody{}}}, errors: []int{404},
	}, {
		method: http.MethodGet, path: version + "/diff", scopes: read, handle: (*api).difference,
		summary: "Tell what has changed in a version, in the words of flows: steps, settings, exits and variables.",
		parameters: []parameter{{name: againstParameter, in: "query", sample: "",
			doc: "The flow_version_id of the version to compare it with. By default the one before it by number."}},
		answers: []content{{status: 200, sample: differenceBody{}}}, errors: []int{400, 404, 409},
	}}
}

type differenceBody struct {
	FlowID  string        `json:"flow_id"`
	From    *versionFacts `json:"from" doc:"null: there is none before it, and all of it is new."`
	To      versionFacts  `json:"to"`
	Changes string        `json:"changes" doc:"Lines that begin with + for what is new, - for what is gone, ~ for what is another; what belongs to a step stands below it. Empty: both say the same."`
}

// version shows one version: GET /v1/flows/{flow_id}/versions/{flow_version_id}.
func (a *api) version(req *request) (any, error) {
	v, err := a.versionOf(req, req.PathValue("flow_version_id"))
	return showFlow(v), err
}

// versionOf returns a version of the flow of the path, whose account is the
// request's, or record.ErrNoFlow.
func (a *api) versionOf(req *request, id string) (record.Version, error) {
	flowID, err := a.flowOf(req)
	if err != nil {
		return record.Version{}, err
	}
	v, err := a.config.Versions.Version(req.Context(), id)
	if err != nil {
		return record.Version{}, err
	}
	if v.Account != req.Account || v.FlowID != flowID {
		return record.Version{}, record.ErrNoFlow
	}
	return v, nil
}

// difference compares two versions:
// GET /v1/flows/{flow_id}/versions/{flow_version_id}/diff.
func (a *api) difference(req *request) (any, error) {
	to, err := a.versionOf(req, req.PathValue("flow_version_id"))
	if err != nil {
		return nil, err
	}
	from, err := a.versionBefore(req, to)
	if err != nil {
		return nil, err
	}
	changed, err := readVersion(to)
	if err != nil {
		return nil, err
	}
	body, old := differenceBody{FlowID: to.FlowID, To: factsOf(to)}, &flowfile.Flow{}
	if from != nil {
		facts := factsOf(*from)
		body.From = &facts
		if old, err = readVersion(*from); err != nil {
			return nil, err
		}
	}
	body.Changes = drawing.Diff(old, changed)
	return body, nil
}

// versionBefore returns what the request compares a version with, nil for
// nothing.
func (a *api) versionBefore(req *request, v record.Version) (*record.Version, error) {
	if req.query.Has(againstParameter) {
		from, err := a.versionOf(req, req.query.Get(againstParameter))
		if errors.Is(err, record.ErrNoFlow) {
			err = badParameter(againstParameter, "must be the flow_version_id of a version of this flow")
		}
		return &from, err
	}
	found, _, err := a.config.Versions.VersionsBefore(req.Context(), req.Account, v.FlowID, v.Number, 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	from, err := a.versionOf(req, found[0].ID) // with its definition
	return &from, err
}

// readVersion reads the definition of a version, which a draft's may not be fit
// for.
func readVersion(v record.Version) (*flowfile.Flow, error) {
	f, err := flowfile.Parse(fmt.Sprintf("version %d", v.Number), v.Definition)
	if err != nil {
		return nil, conflict("only what can be read as a flow file can be compared: " + err.Error())
	}
	return f, nil
}

package api

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// maxDefinition is the largest flow file in bytes.
const maxDefinition = 2 << 20

// flowIDs are those that a new flow may have.
var flowIDs = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

func draftRoutes() []route {
	read, write := []string{auth.ScopeFlowsRead}, []string{auth.ScopeFlows}
	file := &content{media: "application/yaml", doc: "A flow file, YAML or JSON."}
	tagged := []header{etagHeader}
	const draft, published = "/v1/flows/{flow_id}/draft", "/v1/flows/{flow_id}/publish"
	return []route{{
		method: http.MethodGet, path: draft, scopes: read, handle: ofDraft((*api).draft),
		summary: "Show a flow's draft.", answers: []content{{status: 200, sample: draftBody{}, headers: tagged}}, errors: []int{404},
	}, {
		method: http.MethodPut, path: draft, scopes: write, handle: (*api).saveDraft, body: file, maxBody: maxDefinition, matching: true, parameters: []parameter{noneMatchParameter},
		summary: "Save a flow's draft. It may be wrong: the answer lists its problems. A flow that does not exist is created.",
		answers: []content{{status: 200, sample: draftBody{}, headers: tagged}}, errors: []int{400, 413},
	}, {
		method: http.MethodDelete, path: draft, scopes: write, handle: ofDraft((*api).discardDraft), matching: true,
		summary: "Discard a flow's draft.", answers: []content{{status: 204}}, errors: []int{404},
	}, {
		method: http.MethodPost, path: published, scopes: write, handle: ofDraft((*api).publishDraft), matching: true,
		summary: "Publish a flow's draft, if no error is found in it. Executions that run go on with the version they began with.",
		answers: []content{{status: 200, sample: versionBody{}}}, errors: []int{404, 409},
	}, {
		method: http.MethodPost, path: "/v1/flows/{flow_id}/unpublish", scopes: write, handle: ofFlow((*api).unpublish),
		summary: "Take a flow out of service: starts are refused as of a flow that was never published. Its draft and versions stay; publishing puts it back. A flow whose file is in the configuration's folder is published again at the next start of the server. Executions that were accepted before, scheduled ones too, go on with their version: cancel them to end them.",
		answers: []content{{status: 200, sample: unpublishedBody{}}}, errors: []int{404},
	}, {
		method: http.MethodPost, path: "/v1/flows/{flow_id}/versions/{flow_version_id}/publish", scopes: write, handle: (*api).rollBack,
		summary: "Publish an archived version again, as a new one.",
		answers: []content{{status: 200, sample: versionBody{}}}, errors: []int{404, 409},
	}, {
		method: http.MethodPost, path: "/v1/check", scopes: read, handle: (*api).check, body: file, maxBody: maxDefinition,
		summary: "Check a flow file without keeping it.",
		answers: []content{{status: 200, sample: problemList{}}}, errors: []int{400, 413},
	}}
}

// draftBody is a draft and what is wrong with it.
type draftBody struct {
	flowBody
	Problems []problemBody `json:"problems"`
}

type problemList struct {
	Problems []problemBody `json:"problems"`
}

type problemBody struct {
	Severity flowfile.Severity `json:"severity" doc:"Only an error keeps a flow from being published."`
	Line     int               `json:"line,omitempty"`
	Step     string            `json:"step,omitempty"`
	Field    string            `json:"field,omitempty"`
	What     string            `json:"what"`
	Fix      string            `json:"mend,omitempty"`
}

func showProblems(found []flowfile.Problem) []problemBody {
	out := []problemBody{}
	for _, p := range found {
		out = append(out, problemBody{p.Severity, p.Line, p.Step, p.Field, p.What, p.Fix})
	}
	return out
}

// showDraft returns the body of a draft, and sets its ETag, unless err says that it could
// not be read or saved.
func (a *api) showDraft(req *request) func(v record.Version, err error) (any, error) {
	return func(v record.Version, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		req.answer.Header().Set("ETag", etagOf(v.Definition))
		return draftBody{showFlow(v), showProblems(a.config.Check(req.Account, v.Definition))}, nil
	}
}

// draft shows a draft: GET /v1/flows/{flow_id}/draft.
func (a *api) draft(req *request, flowID string) (any, error) {
	return a.showDraft(req)(a.config.Versions.Draft(req.Context(), req.Account, flowID))
}

// saveDraft saves a draft: PUT /v1/flows/{flow_id}/draft.
func (a *api) saveDraft(req *request) (any, error) {
	id := req.PathValue("flow_id")
	if !flowIDs.MatchString(id) {
		return nil, badParameter("flow_id", fmt.Sprintf("%.80q must have 1 to 64 letters, digits, underscores, dots and hyphens, and begin with none of the last two: name the flow another way, as ringflow flow push FILE --flow ID does", id))
	}
	definition, err := definitionOf(req)
	if err != nil {
		return nil, err
	}
	return a.showDraft(req)(a.config.Versions.SaveDraft(req.Context(), req.Account, id, definition, req.matchDraft()))
}

// matchDraft judges a draft, nil for none, by If-Match and If-None-Match; nil if
// neither header field is there.
func (r *request) matchDraft() func(draft []byte) error {
	if len(r.Header.Values(matchHeader))+len(r.Header.Values(noneMatchParameter.name)) == 0 {
		return nil
	}
	return func(draft []byte) error {
		if draft == nil {
			return r.match("")
		}
		return r.match(etagOf(draft))
	}
}

// definitionOf reads a flow file.
func definitionOf(req *request) ([]byte, error) {
	definition, err := io.ReadAll(req.Body)
	switch {
	case err != nil:
		return nil, bodyError(err)
	case strings.TrimSpace(string(definition)) == "":
		return nil, badBody("the body is empty, a flow file is needed")
	}
	return definition, nil
}

// discardDraft removes a draft: DELETE /v1/flows/{flow_id}/draft.
func (a *api) discardDraft(req *request, flowID string) (any, error) {
	match := func(draft []byte) error { return req.ifMatch(etagOf(draft)) }
	return nil, a.config.Versions.DiscardDraft(req.Context(), req.Account, flowID, match)
}

// publishDraft publishes a draft: POST /v1/flows/{flow_id}/publish. What is
// published is what was checked.
func (a *api) publishDraft(req *request, flowID string) (any, error) {
	a.config.Publishing.Of(req.Account).RLock()
	defer a.config.Publishing.Of(req.Account).RUnlock()
	v, err := a.config.Versions.Draft(req.Context(), req.Account, flowID)
	if err != nil {
		return nil, err
	}
	if err := req.ifMatch(etagOf(v.Definition)); err != nil {
		return nil, err
	}
	if err := a.checkPublishable(req.Account, v.Definition); err != nil {
		return nil, err
	}
	v, err = a.config.Versions.PublishDraft(req.Context(), req.Account, v.FlowID, v.Definition)
	return showVersion(v), err
}

// unpublishedBody is a version that was taken out of service.
type unpublishedBody struct {
	versionBody
	File string `json:"file,omitempty" doc:"The configuration's file that the flow comes from. It is published again at the next start of the server, and at a reload after the file was changed, unless it is removed first."`
}

// unpublish takes a flow out of service: POST /v1/flows/{flow_id}/unpublish.
func (a *api) unpublish(req *request, flowID string) (any, error) {
	v, err := a.config.Versions.Unpublish(req.Context(), req.Account, flowID)
	return unpublishedBody{showVersion(v), a.config.FlowFile(req.Account, v.FlowID)}, err
}

// rollBack publishes an old version again:
// POST /v1/flows/{flow_id}/versions/{flow_version_id}/publish.
func (a *api) rollBack(req *request) (any, error) {
	v, err := a.versionOf(req, req.PathValue("flow_version_id"))
	if err != nil {
		return nil, err
	}
	if v.Status == record.Draft {
		return nil, record.ErrNoFlow
	}
	a.config.Publishing.Of(req.Account).RLock()
	defer a.config.Publishing.Of(req.Account).RUnlock()
	if err := a.checkPublishable(req.Account, v.Definition); err != nil {
		return nil, err
	}
	v, err = a.config.Versions.Publish(req.Context(), req.Account, v.FlowID, v.Definition)
	return showVersion(v), err
}

// checkPublishable refuses a definition that must not be published.
func (a *api) checkPublishable(account string, definition []byte) error {
	failing := flowfile.Failing(a.config.CheckSpeech(account, definition))
	if len(failing) == 0 {
		return nil
	}
	r := conflict("the flow has errors, and was not published")
	for _, p := range failing {
		where := cmp.Or(strings.Trim(p.Step+"."+p.Field, "."), "flow")
		r.fields = append(r.fields, flowfile.FieldError{Name: where, Description: strings.TrimSuffix(p.What+"; "+p.Fix, "; ")})
	}
	return r
}

// check checks a flow file: POST /v1/check.
func (a *api) check(req *request) (any, error) {
	definition, err := definitionOf(req)
	if err != nil {
		return nil, err
	}
	return problemList{showProblems(a.config.CheckSpeech(req.Account, definition))}, nil
}

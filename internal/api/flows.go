package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
	"ringflow/internal/strict"
)

func flowRoutes() []route {
	read := []string{auth.ScopeFlowsRead}
	return []route{{
		method: http.MethodGet, path: "/v1/flows", scopes: read, handle: (*api).flows,
		summary:    "List the account's flows by id: the published version of each or, if none is published, its draft or else its newest version.",
		parameters: pageParameters(),
		answers:    []content{{status: 200, sample: list{name: "flows", items: []flowSummary{}}}}, errors: []int{400},
	}, {
		method: http.MethodGet, path: "/v1/flows/{flow_id}", scopes: read, handle: ofFlow((*api).flow),
		summary: "Show a flow's published version with its definition; where none is published, its newest one.",
		answers: []content{{status: 200, sample: flowBody{}}},
		errors:  []int{404},
	}, {
		method: http.MethodDelete, path: "/v1/flows/{flow_id}", scopes: []string{auth.ScopeFlows}, handle: ofFlow((*api).deleteFlow),
		summary: "Delete a flow with its draft and all its versions. It is refused while executions of it run or wait for their time, and for a flow whose file is in the configuration's folder. " +
			"Executions that have ended stay, and are reported under the flow's id and the ids of its steps. Webhooks and clients that name the flow stay as they are, and mean a flow that is made under the same id later.",
		answers: []content{{status: 204}}, errors: []int{404, 409},
	}, {
		method: http.MethodGet, path: "/v1/flows/{flow_id}/versions", scopes: read, handle: (*api).versions,
		summary:    "List a flow's versions, the newest first.",
		parameters: pageParameters(),
		answers:    []content{{status: 200, sample: list{name: "versions", items: []versionBody{}}}},
		errors:     []int{400, 404},
	}, {
		method: http.MethodGet, path: "/v1/numbers", scopes: read, handle: (*api).numbers,
		summary:    "List the account's own numbers, sorted.",
		parameters: pageParameters(),
		answers:    []content{{status: 200, sample: list{name: "numbers", items: []numberBody{}}}}, errors: []int{400},
	}, {
		method: http.MethodGet, path: "/v1/components", scopes: read, handle: (*api).components,
		summary:    "List the components that flows are made of, in the order of the palette.",
		parameters: pageParameters(),
		answers:    []content{{status: 200, sample: list{name: "components", items: []componentBody{}}}}, errors: []int{400},
	}}
}

type flowSummary struct {
	FlowID      string     `json:"flow_id"`
	Name        string     `json:"name" doc:"Of a draft that cannot be read, the name that the version before it had."`
	Description string     `json:"description,omitempty" doc:"As the flow file has it."`
	PublishedAt *time.Time `json:"published_at" doc:"null: it is not published, and what is shown is its draft or, if it has none, its newest version."`
	versionFacts
	Draft bool `json:"draft" doc:"Whether the flow has a draft."`
}

// versionFacts identify a version.
type versionFacts struct {
	FlowVersionID string               `json:"flow_version_id"`
	Number        int                  `json:"number" doc:"Counts the flow's versions from 1."`
	Status        record.VersionStatus `json:"status"`
}

type flowBody struct {
	FlowID      string `json:"flow_id"`
	Name        string `json:"name" doc:"Of a draft that cannot be read, the name that the version before it had."`
	Description string `json:"description,omitempty" doc:"As the flow file has it."`
	versionFacts
	Definition string `json:"definition" doc:"The flow file as it was given, YAML or JSON."`
}

type versionBody struct {
	versionFacts
	CreatedAt   time.Time  `json:"created_at"`
	PublishedAt *time.Time `json:"published_at"`
}

type numberBody struct {
	Number string `json:"number" doc:"In E.164."`
}

type componentBody struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	Category flowfile.Category `json:"category"`
	Summary  string            `json:"summary"`
	Voice    bool              `json:"voice" doc:"Stands only where a call exists."`
	Exits    []exitBody        `json:"exits"`
}

type exitBody struct {
	Name      flowfile.Exit `json:"name"`
	Title     string        `json:"title"`
	Mandatory bool          `json:"mandatory"`
	Each      string        `json:"each,omitempty" doc:"The list field that gives one exit per item; name is then empty."`
	Instead   flowfile.Exit `json:"instead,omitempty" doc:"The exit whose way is taken where this one leads nowhere. Without it the flow ends there."`
	CaseOf    flowfile.Exit `json:"case_of,omitempty" doc:"The exit of which this one is a special case: where this one leads nowhere, the step is left by that one, in reports too."`
}

func factsOf(v record.Version) versionFacts { return versionFacts{v.ID, v.Number, v.Status} }

// flows lists flows: GET /v1/flows. The cursor is the last id shown.
func (a *api) flows(req *request) (any, error) {
	found, more, err := a.config.Versions.FlowsAfter(req.Context(), req.Account, req.query.Get("cursor"), req.number("limit"))
	if err != nil {
		return nil, err
	}
	shown, body := []flowSummary{}, list{name: "flows"}
	for _, f := range found {
		s, err := a.summary(req.Context(), f)
		if err != nil {
			return nil, err
		}
		shown = append(shown, s)
	}
	if body.items = shown; more {
		body.next = &found[len(found)-1].FlowID
	}
	return body, nil
}

// summary shows a flow by its published version, by its draft, whose name may change
// and is not remembered, or by its newest version, if it is out of service.
func (a *api) summary(ctx context.Context, f record.FlowState) (flowSummary, error) {
	if f.Published == nil && f.Draft != nil {
		n := versionNamesOf(*f.Draft)
		return flowSummary{FlowID: f.FlowID, Name: n.flow, Description: n.description, versionFacts: factsOf(*f.Draft), Draft: true}, nil
	}
	shown, publishedAt := f.Archived, (*time.Time)(nil)
	if f.Published != nil {
		shown, publishedAt = f.Published, timeOrNull(f.Published.PublishedAt)
	}
	n, err := a.versionNames(ctx, shown.ID)
	if err != nil {
		return flowSummary{}, err
	}
	return flowSummary{FlowID: f.FlowID, Name: n.flow, Description: n.description, PublishedAt: publishedAt, versionFacts: factsOf(*shown), Draft: f.Draft != nil}, nil
}

// flow shows one flow: GET /v1/flows/{flow_id}.
func (a *api) flow(req *request, flowID string) (any, error) {
	found, err := a.config.Versions.FlowVersions(req.Context(), req.Account, flowID)
	if err != nil {
		return nil, err
	}
	return showFlow(shownVersion(found)), nil
}

// showFlow shows a flow by one of its versions.
func showFlow(v record.Version) flowBody {
	n := versionNamesOf(v)
	return flowBody{v.FlowID, n.flow, n.description, factsOf(v), string(v.Definition)}
}

// deleteFlow deletes a flow: DELETE /v1/flows/{flow_id}.
func (a *api) deleteFlow(req *request, flowID string) (any, error) {
	if file := a.config.FlowFile(req.Account, flowID); file != "" {
		return nil, conflict(fmt.Sprintf("the flow comes from the configuration's file %s and would be published again at the next start: remove that first", file))
	}
	return nil, a.config.Versions.DeleteFlow(req.Context(), req.Account, flowID)
}

// shownVersion is the published one of a flow's versions or, where none is, the
// newest.
func shownVersion(found []record.Version) record.Version {
	at := slices.IndexFunc(found, func(v record.Version) bool { return v.Status == record.Published })
	return found[max(at, 0)]
}

// versions lists a flow's versions: GET /v1/flows/{flow_id}/versions. The cursor
// is the last number shown.
func (a *api) versions(req *request) (any, error) {
	before, err := math.MaxInt, error(nil)
	if cursor := req.query.Get("cursor"); cursor != "" {
		if before, err = strconv.Atoi(cursor); err != nil || before < 1 {
			return nil, record.ErrBadCursor
		}
	}
	id, err := a.flowOf(req)
	if err != nil {
		return nil, err
	}
	found, more, err := a.config.Versions.VersionsBefore(req.Context(), req.Account, id, before, req.number("limit"))
	if err != nil {
		return nil, err
	}
	next := ""
	if more {
		next = strconv.Itoa(found[len(found)-1].Number)
	}
	return listOf("versions", found, next, showVersion), nil
}

func showVersion(v record.Version) versionBody {
	return versionBody{factsOf(v), shownTime(v.CreatedAt), timeOrNull(v.PublishedAt)}
}

// numbers lists the account's own numbers: GET /v1/numbers.
func (a *api) numbers(req *request) (any, error) {
	all := slices.Sorted(slices.Values(a.config.Numbers(req.Account)))
	page, next := named(req, all, func(number string) string { return number })
	return listOf("numbers", page, next, func(n string) numberBody { return numberBody{n} }), nil
}

// components lists the catalogue: GET /v1/components.
func (a *api) components(req *request) (any, error) {
	page, next, err := ordered(req, a.config.Components, func(c flowfile.Component) string { return c.Spec().Name })
	return listOf("components", page, next, func(c flowfile.Component) componentBody {
		s := c.Spec()
		shown := componentBody{Name: s.Name, Title: s.Title, Category: s.Category, Summary: s.Summary, Voice: s.Voice, Exits: []exitBody{}}
		for _, e := range s.Exits {
			shown.Exits = append(shown.Exits, exitBody{e.Name, e.Title, e.Mandatory, e.Each, e.Instead(), e.CaseOf})
		}
		return shown
	}), err
}

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

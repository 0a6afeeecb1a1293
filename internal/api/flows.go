package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/auth"
)

func flowRoutes() []route {
	read := []string{auth.ScopeFlowsRead}
	return []route{{
		method: http.MethodGet, path: "/v1/flows", scopes: read, handle: (*api).flows,
		summary: "List the account's flows: the published version of each, or its draft if none is published.",
		answers: []content{{status: 200, sample: flowList{}}},
	}, {
		method: http.MethodGet, path: "/v1/flows/{flow_id}", scopes: read, handle: (*api).flow,
		summary: "Show a flow's published version with its definition; where none is published, its newest one.",
		answers: []content{{status: 200, sample: flowBody{}}},
		refuses: []int{404},
	}, {
		method: http.MethodGet, path: "/v1/flows/{flow_id}/versions", scopes: read, handle: (*api).versions,
		summary: "List a flow's versions, the newest first.",
		answers: []content{{status: 200, sample: versionList{}}},
		refuses: []int{404},
	}, {
		method: http.MethodGet, path: "/v1/numbers", scopes: read, handle: (*api).numbers,
		summary: "List the account's own numbers.",
		answers: []content{{status: 200, sample: numberList{}}},
	}, {
		method: http.MethodGet, path: "/v1/components", scopes: read, handle: (*api).components,
		summary: "List the components that flows are made of.",
		answers: []content{{status: 200, sample: componentList{}}},
	}}
}

type flowList struct {
	Flows []flowSummary `json:"flows"`
}

type flowSummary struct {
	FlowID      string     `json:"flow_id"`
	Name        string     `json:"name"`
	PublishedAt *time.Time `json:"published_at" doc:"null: it is not published, and what is shown is its draft."`
	versionFacts
	Draft bool `json:"draft" doc:"Whether the flow has a draft."`
}

// versionFacts tell versions apart.
type versionFacts struct {
	FlowVersionID string                   `json:"flow_version_id"`
	Number        int                      `json:"number" doc:"Counts the flow's versions from 1."`
	Status        flowengine.VersionStatus `json:"status"`
}

type flowBody struct {
	FlowID string `json:"flow_id"`
	Name   string `json:"name"`
	versionFacts
	Definition string `json:"definition" doc:"The flow file as it was given, YAML or JSON."`
}

type versionList struct {
	Versions []versionBody `json:"versions"`
}

type versionBody struct {
	versionFacts
	CreatedAt   time.Time  `json:"created_at"`
	PublishedAt *time.Time `json:"published_at"`
}

type numberList struct {
	Numbers []numberBody `json:"numbers"`
}

type numberBody struct {
	Number string `json:"number" doc:"In E.164."`
}

type componentList struct {
	Components []componentBody `json:"components"`
}

type componentBody struct {
	Name     string              `json:"name"`
	Title    string              `json:"title"`
	Category flowengine.Category `json:"category"`
	Summary  string              `json:"summary"`
	Voice    bool                `json:"voice" doc:"Stands only where a call exists."`
	Exits    []exitBody          `json:"exits"`
}

type exitBody struct {
	Name      flowengine.Exit `json:"name"`
	Title     string          `json:"title"`
	Mandatory bool            `json:"mandatory"`
	Each      string          `json:"each,omitempty" doc:"The list field that gives one exit per item; name is then empty."`
}

func factsOf(v flowengine.Version) versionFacts { return versionFacts{v.ID, v.Number, v.Status} }

// flows lists flows: GET /v1/flows.
func (a *api) flows(w http.ResponseWriter, req *request) error {
	published, err := a.config.Versions.Flows(req.Context(), req.Account)
	if err != nil {
		return err
	}
	drafts, err := a.config.Versions.Drafts(req.Context(), req.Account)
	if err != nil {
		return err
	}
	body := flowList{Flows: []flowSummary{}}
	drafted := make(map[string]bool)
	for _, v := range drafts {
		drafted[v.FlowID] = true
	}
	for _, v := range published {
		n, err := a.naming(req.Context(), v.ID)
		if err != nil {
			return err
		}
		body.Flows = append(body.Flows, flowSummary{FlowID: v.FlowID, Name: n.flow, PublishedAt: known(v.PublishedAt), versionFacts: factsOf(v), Draft: drafted[v.FlowID]})
		delete(drafted, v.FlowID)
	}
	for _, v := range drafts {
		if drafted[v.FlowID] { // by its draft alone; its name may change, and is not remembered
			body.Flows = append(body.Flows, flowSummary{FlowID: v.FlowID, Name: namesIn(v).flow, versionFacts: factsOf(v), Draft: true})
		}
	}
	slices.SortFunc(body.Flows, func(x, y flowSummary) int { return strings.Compare(x.FlowID, y.FlowID) })
	writeJSON(w, http.StatusOK, body)
	return nil
}

// flow shows one flow: GET /v1/flows/{flow_id}.
func (a *api) flow(w http.ResponseWriter, req *request) error {
	found, err := a.config.Versions.FlowVersions(req.Context(), req.Account, req.PathValue("flow_id"))
	if err != nil {
		return err
	}
	chosen := found[0]
	for _, v := range found {
		if v.Status == flowengine.Published {
			chosen = v
		}
	}
	n, err := a.naming(req.Context(), chosen.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, flowBody{FlowID: chosen.FlowID, Name: n.flow, versionFacts: factsOf(chosen), Definition: string(chosen.Definition)})
	return nil
}

// versions lists a flow's versions: GET /v1/flows/{flow_id}/versions.
func (a *api) versions(w http.ResponseWriter, req *request) error {
	found, err := a.config.Versions.FlowVersions(req.Context(), req.Account, req.PathValue("flow_id"))
	if err != nil {
		return err
	}
	body := versionList{Versions: []versionBody{}}
	for _, v := range found {
		body.Versions = append(body.Versions, showVersion(v))
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

func showVersion(v flowengine.Version) versionBody {
	return versionBody{factsOf(v), shownTime(v.CreatedAt), known(v.PublishedAt)}
}

// numbers lists the account's own numbers: GET /v1/numbers.
func (a *api) numbers(w http.ResponseWriter, req *request) error {
	body := numberList{Numbers: []numberBody{}}
	for _, n := range a.config.Numbers(req.Account) {
		body.Numbers = append(body.Numbers, numberBody{n})
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

// components lists the catalogue: GET /v1/components.
func (a *api) components(w http.ResponseWriter, _ *request) error {
	body := componentList{Components: []componentBody{}}
	for _, c := range a.config.Components {
		s := c.Spec()
		shown := componentBody{Name: s.Name, Title: s.Title, Category: s.Category, Summary: s.Summary, Voice: s.Voice, Exits: []exitBody{}}
		for _, e := range s.Exits {
			shown.Exits = append(shown.Exits, exitBody{e.Name, e.Title, e.Mandatory, e.Each})
		}
		body.Components = append(body.Components, shown)
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

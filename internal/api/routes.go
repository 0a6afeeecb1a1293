package api

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"ringflow/internal/auth"
)

// route is one method of one path. The table of routes is the whole of what is
// served: dispatch, tokens' scopes and the OpenAPI document derive from it.
type route struct {
	method  string
	path    string
	summary string
	// scopes are those of which a token must hold one; without any, no token is
	// asked for.
	scopes []string
	// handle returns the body of the first of answers, nil if it has none, or the reason
	// why not. It may write an answer itself instead.
	handle func(*api, *request) (body any, err error)

	parameters []parameter
	// exactPath serves the path in its one spelling alone: no slash at the end and
	// no encoded character. A rule for the path, as of a proxy, then holds for all
	// that reaches it.
	exactPath bool
	matching  bool     // knows If-Match, and refuses by 412
	body      *content // nil: none
	anyQuery  bool     // parameters that are not among them are ignored
	maxBody   int64    // of this route in bytes; 0: Config.MaxBody
	answers   []content
	// errors are the statuses of refusals besides those that follow from scopes
	// and body. Every route may answer 500, which would be a fault of ours.
	errors []int
}

// parameter is a part of the query, or a header field.
type parameter struct {
	name, in, doc string
	required      bool
	sample        any    // of the type of the value
	limits        object // words of JSON Schema: minimum, maximum, maxLength, enum, default, format
}

// content is a body. Its schema is that of the type of sample; of a stream of
// events, that of the data of each.
type content struct {
	status  int // of an answer
	doc     string
	media   string // "": application/json
	sample  any    // nil: no schema, the media type says it all
	headers []header
}

// header is a header field of an answer.
type header struct {
	name, doc string
	sample    any  // of the type of the value
	always    bool // stands in every answer of the status
}

// scopeReports is Talkdesk Studio's scope for reports.
const scopeReports = "data-reports:read"

func routes() []route {
	return slices.Concat(startRoutes(), metadataRoutes(), executionRoutes(), reportRoutes(), reportJobRoutes(), flowRoutes(), flowRequestRoutes(), versionRoutes(),
		draftRoutes(), promptRoutes(), callRoutes(), traceRoutes(), feedRoutes(), trunkRoutes(), accountRoutes(), resourceRoutes(), webhookRoutes(), operationRoutes())
}

func startRoutes() []route {
	return []route{{
		method: http.MethodPost, path: tokenPath, handle: (*api).token, anyQuery: true,
		summary: "Get an access token by the client credentials grant. Authenticate by HTTP Basic, by private_key_jwt, or by client_id and client_secret in the body.",
		parameters: []parameter{
			{name: "grant_type", in: "query", doc: "May stand here instead of the body.", sample: ""},
			{name: "scope", in: "query", doc: "May stand here instead of the body.", sample: ""},
		},
		body: &content{media: formMedia, sample: tokenForm{}},
		answers: []content{{status: 200, sample: tokenBody{}}, {status: 400, doc: "The request cannot be granted, or the client could not be authenticated by what the body says.", sample: tokenRefusalBody{}},
			{status: 401, doc: "The client could not be authenticated by its Authorization header field, or does not authenticate at all.", sample: tokenRefusalBody{}}},
		errors: []int{413, 429, 503},
	}, {
		method: http.MethodPost, path: "/flows/{flow_id}/interactions", scopes: []string{auth.ScopeStart}, handle: (*api).start,
		summary: "Start an interaction, which executes the flow's published version. The answer comes once it is recorded, before anybody is called.",
		parameters: append(timingParameters(),
			parameter{name: keyHeader, in: "header", doc: "The same key with the same request within 24 hours starts nothing and gets the first answer, whatever is left of the rate; with another request it is refused.", sample: "", limits: object{"minLength": 1, "maxLength": maxKey}}),
		body:    &content{doc: "One member per argument, flat. Numbers and booleans are taken as their JSON text.", sample: map[string]any{}},
		answers: []content{{status: 202, sample: startBody{}, headers: rateHeaders}},
		errors:  []int{400, 404, 409, 413},
	}}
}

func executionRoutes() []route {
	read := []string{auth.ScopeFlowsRead}
	return []route{{
		method: http.MethodGet, path: "/v1/executions", scopes: read, handle: (*api).executions,
		summary: "List executions, the newest first.",
		parameters: append(filterParameters(),
			append([]parameter{{name: "status", in: "query", doc: "Only those of this status.", sample: "", limits: object{"enum": statuses}}}, pageParameters()...)...),
		answers: []content{{status: 200, sample: list{name: "executions", items: []executionSummary{}}}},
		errors:  []int{400, 404},
	}, {
		method: http.MethodGet, path: "/v1/executions/{flow_execution_id}", scopes: read, handle: (*api).execution,
		summary: "Show an execution with its steps and variables.",
		answers: []content{{status: 200, sample: executionBody{}}},
		errors:  []int{404},
	}, {
		method: http.MethodPost, path: "/v1/executions/{flow_execution_id}/cancel", scopes: []string{auth.ScopeStart}, handle: (*api).cancel,
		summary: "Cancel an execution that runs: its calls are hung up and it ends as cancelled.",
		answers: []content{{status: 202, sample: cancelBody{}}},
		errors:  []int{404, 409},
	}, {
		method: http.MethodGet, path: "/v1/executions/{flow_execution_id}/events", scopes: read, handle: (*api).events,
		summary: "Follow an execution's journal as server-sent events, from its beginning or from Last-Event-ID on, until it ends. With Accept: application/json, list what there is of it.",
		parameters: append([]parameter{{name: "Last-Event-ID", in: "header", doc: "Of streams: the number of the last event received.", sample: ""}},
			eventPageParameters("the number of an event.")...),
		answers: []content{{status: 200, sample: eventList}, {status: 200, media: eventStream, sample: streamed{}}, {status: 204, doc: "The execution has ended, and Last-Event-ID was its last event."}},
		errors:  []int{400, 404, 429},
	}}
}

// filterParameters select executions.
func filterParameters() []parameter {
	return []parameter{
		{name: "flow_id", in: "query", doc: "Only executions of this flow, named by its id or an alias. One that was deleted can be named by its id as long as there are executions of it.", sample: ""},
		{name: "from", in: "query", doc: "Only those accepted at this time (RFC 3339) or later.", sample: time.Time{}},
		{name: "to", in: "query", doc: "Only those accepted before this time (RFC 3339).", sample: time.Time{}},
	}
}

// pageParameters select a page of a list that can grow without end.
func pageParameters() []parameter {
	return []parameter{
		{name: "limit", in: "query", doc: fmt.Sprintf("How many at most, 1 to %d. By default %d.", maxLimit, defaultLimit), sample: 0,
			limits: object{"minimum": 1, "maximum": maxLimit, "default": defaultLimit}},
		{name: "cursor", in: "query", doc: "The next of the answer before.", sample: ""},
	}
}

func operationRoutes() []route {
	return []route{{
		method: http.MethodGet, path: rootPath, exactPath: true, handle: (*api).root, summary: "Lead to this manual.",
		answers: []content{{status: 303, media: "text/plain", doc: "The manual is at the Location.", headers: []header{{name: "Location", doc: "/docs, below the path of http.url.", sample: "", always: true}}}},
	}, {
		method: http.MethodGet, path: "/healthz", exactPath: true, handle: (*api).healthz, summary: "Say that the process lives.",
		answers: []content{{status: 200, sample: healthBody{}}},
	}, {
		method: http.MethodGet, path: readyPath, exactPath: true, handle: (*api).readyz, summary: "Say whether new work is taken.",
		answers: []content{{status: 200, sample: healthBody{}}}, errors: []int{503},
	}, {
		method: http.MethodGet, path: "/metrics", exactPath: true, handle: (*api).metrics, summary: "Show metrics for Prometheus.",
		answers: []content{{status: 200, media: "text/plain"}},
	}, {
		method: http.MethodGet, path: "/openapi.json", handle: (*api).openapi, summary: "Show this document.",
		answers: []content{{status: 200, sample: map[string]any{}}},
	}, {
		method: http.MethodGet, path: "/docs", handle: (*api).manual, summary: "Show this document for people.",
		answers: []content{{status: 200, media: "text/html"}},
	}}
}

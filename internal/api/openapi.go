package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object; encoding/json writes its members sorted by name.
type object = map[string]any

// openAPI returns the document that describes the routes (OpenAPI 3.1.0).
// Everything in it is read off the table and the types that handlers write, so
// that it cannot say anything else than they do; the examples are what a server
// answered.
func openAPI(routes []route) []byte {
	schemas, paths, shown := schemas{}, object{}, examplesByOperation()
	scopes := object{}
	for s, requests := range scopesOf(routes) {
		scopes[s] = strings.Join(requests, ", ")
	}
	for _, r := range routes {
		member(paths, r.path)[strings.ToLower(r.method)] = r.operation(schemas, shown[r.id()])
	}
	var tags []any
	for _, c := range chaptersOf(routes) {
		tags = append(tags, object{"name": c.title, "description": c.prose})
	}
	text, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"servers": []any{object{"url": DefaultURL, "description": "A running server writes here where it is reached."}},
		"info":    object{"title": "Ringflow", "version": "1", "description": "Start flows that make phone calls, follow them, stop them, account for them."},
		"tags":    tags,
		"paths":   paths, "webhooks": webhooksOf(schemas),
		"components": object{
			"schemas": schemas,
			"securitySchemes": object{"oauth": object{"type": "oauth2", "flows": object{
				"clientCredentials": object{"tokenUrl": DefaultURL + tokenPath, "scopes": scopes},
			}}},
		},
	}, "", "  ")
	if err != nil {
		panic(fmt.Errorf("write OpenAPI document: %w", err)) // a type of ours that is no JSON
	}
	return append(text, '\n')
}

// member returns an object's member that is an object, and adds it if it is not there.
func member(of object, name string) object {
	m, there := of[name].(object)
	if !there {
		m = object{}
		of[name] = m
	}
	return m
}

// scopesOf returns the scopes of all routes, and the requests that each allows.
func scopesOf(routes []route) map[string][]string {
	may := make(map[string][]string)
	for _, r := range routes {
		for _, s := range r.scopes {
			may[s] = append(may[s], r.method+" "+r.path)
		}
	}
	return may
}

func (r route) operation(schemas schemas, shown []example) object {
	op := object{"summary": r.summary, "responses": r.responses(schemas, shown), "operationId": r.id(), "tags": []string{r.chapter()}}
	if r.exactPath {
		op["x-exact-path"] = true
	}
	var parameters []any
	for part := range strings.SplitSeq(r.path, "/") {
		if strings.HasPrefix(part, "{") {
			parameters = append(parameters, object{"name": strings.Trim(part, "{}"), "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	for _, p := range r.allParameters() {
		parameters = append(parameters, object{"name": p.name, "in": p.in, "description": p.doc, "required": p.required, "schema": p.schema(schemas)})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.body != nil {
		op["requestBody"] = object{"required": true, "description": r.body.doc, "content": r.body.mediaTypes(schemas, requestOf(shown))}
	}
	security := []any{} // one of them suffices; without any, nothing is needed
	for _, s := range r.scopes {
		security = append(security, object{"oauth": []string{s}})
	}
	op["security"] = security
	return op
}

// allParameters are those of the table, and those that follow from it.
func (r route) allParameters() []parameter {
	if r.matching {
		return append(slices.Clone(r.parameters), matchParameter)
	}
	return r.parameters
}

func (p parameter) schema(schemas schemas) object {
	s := schemas.of(p.sample)
	maps.Copy(s, p.limits)
	return s
}

// id names the operation for generated clients, by what it is about: execution
// is GET /v1/executions/{flow_execution_id}, executions the list, cancelExecution
// POST …/cancel, createFlowInteraction POST /flows/{flow_id}/interactions.
func (r route) id() string {
	parts := strings.Split(strings.TrimPrefix(strings.Trim(r.path, "/"), "v1/"), "/")
	last, about := parts[len(parts)-1], ""
	for i, part := range parts {
		switch {
		case strings.HasPrefix(part, "{"):
		case i+1 < len(parts) && strings.HasPrefix(parts[i+1], "{"):
			about += camel(strings.TrimSuffix(part, "s")) // one of them
		default:
			about += camel(part)
		}
	}
	verb, onOne := strings.ToLower(r.method), len(parts) == 1 || strings.HasPrefix(parts[len(parts)-2], "{")
	switch {
	case r.method == http.MethodGet:
		verb = ""
	case r.method == http.MethodPost && onOne && strings.HasSuffix(last, "s"):
		verb, about = "create", strings.TrimSuffix(about, "s")
	case r.method == http.MethodPost && onOne:
		verb, about = last, strings.TrimSuffix(about, camel(last))
	}
	id := verb + about
	if id == "" {
		return "root"
	}
	return strings.ToLower(id[:1]) + id[1:]
}

// camel joins words as StudioFlow.
func camel(text string) string {
	joined := ""
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == '_' || c == '.' || c == '-' }) {
		joined += strings.ToUpper(word[:1]) + word[1:]
	}
	return joined
}

// errorStatuses returns every status that the route may refuse with.
func (r route) errorStatuses() []int {
	all := append([]int{http.StatusInternalServerError}, r.errors...)
	if !r.anyQuery {
		all = append(all, http.StatusBadRequest)
	}
	if r.matching {
		all = append(all, http.StatusPreconditionFailed)
	}
	if len(r.scopes) > 0 {
		all = append(all, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// errorHeaders are those that a refusal of the status has.
func (r route) errorHeaders(status int) []header {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		doc := "What is wrong with the token (RFC 6750 §3)."
		if r.path == tokenPath {
			doc = "How a client authenticates (RFC 6749 §5.2)."
		}
		return []header{{name: "WWW-Authenticate", doc: doc, sample: "", always: true}}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return []header{{name: "Retry-After", doc: "Seconds to wait.", sample: 0, always: true}}
	}
	return nil
}

// commonHeaders are the header fields that each answer of the route has.
func (r route) commonHeaders() []header {
	if len(r.scopes) == 0 && r.path != tokenPath {
		return nil
	}
	return []header{{name: "Cache-Control", doc: "no-store: it is of one account.", sample: "", always: true}}
}

// allAnswers are those of the table, and the refusals that it says nothing more of.
func (r route) allAnswers() []content {
	all := slices.Clone(r.answers)
	for _, status := range r.errorStatuses() {
		if !slices.ContainsFunc(all, func(a content) bool { return a.status == status }) {
			all = append(all, content{status: status, sample: errorBody{}})
		}
	}
	return all
}

func (r route) responses(schemas schemas, shown []example) object {
	out := object{}
	for _, a := range r.allAnswers() {
		answer := member(out, strconv.Itoa(a.status))
		if answer["description"] == nil {
			answer["description"] = cmp.Or(a.doc, http.StatusText(a.status))
		}
		headers := slices.Concat(r.commonHeaders(), a.headers, r.errorHeaders(a.status))
		if slices.ContainsFunc(r.answers, func(other content) bool { return other.status == a.status && other.media == eventStream }) {
			headers = a.headers // generators of clients know streams without header fields alone
		}
		addHeaders(answer, headers, schemas)
		for media, body := range a.mediaTypes(schemas, answerOf(shown, a)) {
			member(answer, "content")[media] = body
		}
	}
	return out
}

func addHeaders(answer object, headers []header, schemas schemas) {
	for _, h := range headers {
		member(answer, "headers")[h.name] = object{"description": h.doc, "schema": schemas.of(h.sample), "required": h.always}
	}
}

// mediaTypes returns the content object of a body, nil if there is no body.
func (c content) mediaTypes(schemas schemas, shown json.RawMessage) object {
	if c.sample == nil && c.media == "" {
		return nil
	}
	body := object{}
	if c.sample != nil {
		body["schema"] = schemas.of(c.sample)
	}
	if shown != nil {
		body["example"] = shown
	}
	return object{c.mediaType(): body}
}

func (c content) mediaType() string { return cmp.Or(c.media, "application/json") }

// openapi shows the document, with the URL at which it was asked for:
// GET /openapi.json.
func (a *api) openapi(req *request) (any, error) {
	req.answer.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err := req.answer.Write(bytes.ReplaceAll(a.document(), []byte(DefaultURL), []byte(a.base(req.Request))))
	return nil, err
}

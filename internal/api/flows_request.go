package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

func flowRequestRoutes() []route {
	return []route{{
		method: http.MethodGet, path: "/v1/flows/{flow_id}/request", scopes: []string{auth.ScopeFlowsRead}, handle: ofFlow((*api).flowRequest),
		summary: "Show how a flow, named by its id or by an alias, is started: the requests for a token and for the interaction, the arguments, a sample of the body, and both as commands for a shell. Of a flow that is not published it shows how its newest version will be.",
		answers: []content{{status: 200, sample: flowRequestBody{}}}, errors: []int{404},
	}}
}

// flowRequestBody is what a client needs to start a flow.
type flowRequestBody struct {
	FlowID    string            `json:"flow_id"`
	Published bool              `json:"published" doc:"false: it cannot be started before it is published."`
	Method    string            `json:"method"`
	URL       string            `json:"url" doc:"Under http.url of the configuration; without one, under the address that this request came to."`
	Scope     string            `json:"scope" doc:"That the token must have."`
	Headers   map[string]string `json:"headers" doc:"ACCESS_TOKEN stands for the token."`
	Arguments []argumentBody    `json:"arguments"`
	Body      map[string]string `json:"body" doc:"A sample: every argument with a value that stands for one."`
	Token     tokenRequestBody  `json:"token"`
	Curl      string            `json:"curl" doc:"Both requests as commands for a shell that knows CLIENT_ID and CLIENT_SECRET."`
	Manual    string            `json:"manual" doc:"Where all of the API is described."`
}

type argumentBody struct {
	Name     string                `json:"name"`
	Variable string                `json:"variable,omitempty" doc:"That it fills."`
	Required bool                  `json:"required" doc:"A request without it is refused."`
	Type     flowfile.VariableType `json:"type" doc:"What the value must look like; it is a text."`
	Pattern  string                `json:"pattern,omitempty" doc:"A regular expression (RE2) that the whole value must match."`
}

// tokenRequestBody is the request for a token (RFC 6749 §4.4.2).
type tokenRequestBody struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers" doc:"CREDENTIALS stands for the Base64 of the client's id, a colon and its secret."`
	Body    string            `json:"body"`
}

// flowRequest shows how a flow is started: GET /v1/flows/{flow_id}/request.
func (a *api) flowRequest(req *request, flowID string) (any, error) {
	v, err := a.config.Versions.Published(req.Context(), req.Account, flowID)
	if errors.Is(err, record.ErrNotPublished) {
		var found []record.Version
		if found, err = a.config.Versions.FlowVersions(req.Context(), req.Account, flowID); err == nil {
			v = shownVersion(found)
		}
	}
	if err != nil {
		return nil, err
	}
	f, err := flowfile.Parse(v.FlowID, v.Definition)
	if err != nil {
		return nil, record.ErrNotPublished // its arguments cannot be read
	}
	base := a.base(req.Request)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {auth.ScopeStart}}
	body := flowRequestBody{
		FlowID: v.FlowID, Published: v.Status == record.Published,
		Method: http.MethodPost, URL: base + "/flows/" + url.PathEscape(v.FlowID) + "/interactions", Scope: auth.ScopeStart,
		Headers:   map[string]string{"Authorization": "Bearer ACCESS_TOKEN", "Content-Type": "application/json"},
		Arguments: []argumentBody{}, Body: map[string]string{},
		Token: tokenRequestBody{Method: http.MethodPost, URL: base + tokenPath,
			Headers: map[string]string{"Authorization": "Basic CREDENTIALS", "Content-Type": formMedia}, Body: form.Encode()},
		Manual: base + "/docs",
	}
	arguments, _ := flowfile.Declared(f, flowfile.ComponentsByName(a.config.Components)[f.Trigger.Component])
	for _, arg := range arguments {
		body.Arguments = append(body.Arguments, argumentBody{arg.Name, arg.Variable, arg.Required, arg.Type, arg.Pattern})
		body.Body[arg.Name] = arg.Sample()
	}
	body.Curl = curlOf(body)
	writeText(req.answer, http.StatusOK, plainJSON(body))
	return nil, nil
}

// curlOf writes the requests for a shell. What comes from the flow is quoted.
func curlOf(r flowRequestBody) string {
	return fmt.Sprintf(`TOKEN=$(curl -sS -u "$CLIENT_ID:$CLIENT_SECRET" -d grant_type=client_credentials -d scope=%s %s | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
curl -sS %s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d %s
`, r.Scope, shellWord(r.Token.URL), shellWord(r.URL), shellWord(strings.TrimSpace(string(plainJSON(r.Body)))))
}

// shellWord is a text as one word of a shell.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// plainJSON writes a value for people to read, in which <, > and & stand as they
// are.
func plainJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Errorf("write answer: %w", err)) // a type of ours that is no JSON
	}
	return b.Bytes()
}

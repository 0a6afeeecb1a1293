package acceptance

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ringflow/internal/rig/carrier"
)

// apiCase is one HTTP exchange and what the contract says of its answer.
type apiCase struct {
	name, method, path string
	header             map[string]string
	body               string
	status             int
	check              func(answer apiAnswer) string // what is wrong, "" for nothing
}

type apiAnswer struct {
	status int
	header http.Header
	text   []byte
	json   map[string]any
}

func (a apiAnswer) field(key string) string {
	s, _ := a.json[key].(string)
	return s
}

// API holds the HTTP contract (tokens, triggers, errors) against the server.
func (t *Suite) API(ctx context.Context) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(t.ClientID+":"+t.Secret))
	wrong := "Basic " + base64.StdEncoding.EncodeToString([]byte(t.ClientID+":wrong"))
	form := "application/x-www-form-urlencoded"
	token := func(name, body, authorization string, status int, check func(apiAnswer) string) apiCase {
		return apiCase{name, http.MethodPost, "/oauth/token", map[string]string{"Content-Type": form, "Authorization": authorization}, body, status, check}
	}
	for _, c := range []apiCase{
		token("a token for one scope", "grant_type=client_credentials&scope=flows-interactions%3Astart", basic, 200, grants("flows-interactions:start")),
		token("a token for all scopes", "grant_type=client_credentials", basic, 200, grants("flows-interactions:start flows:read flows:write")),
		token("a wrong secret", "grant_type=client_credentials", wrong, 401, oauth("invalid_client")),
		token("no client", "grant_type=client_credentials", "", 401, oauth("invalid_client")),
		token("another grant", "grant_type=password", basic, 400, oauth("unsupported_grant_type")),
		token("no grant", "", basic, 400, oauth("invalid_request")),
		token("a scope it has not", "grant_type=client_credentials&scope=admin", basic, 400, oauth("invalid_scope")),
		{"a token asked for in the query", http.MethodPost, "/oauth/token?grant_type=client_credentials&scope=flows-interactions%3Astart",
			map[string]string{"Content-Type": form, "Authorization": basic}, "", 200, grants("flows-interactions:start")},
		{"health", http.MethodGet, "/healthz", nil, "", 200, nil},
		{"readiness", http.MethodGet, "/readyz", nil, "", 200, nil},
		{"metrics", http.MethodGet, "/metrics", nil, "", 200, nil},
		token("a secret in the form", "grant_type=client_credentials&client_id="+url.QueryEscape(t.ClientID)+"&client_secret="+url.QueryEscape(t.Secret), "", 200, grants("flows-interactions:start")),
	} {
		t.apiCase(ctx, c)
	}
	t.apiTriggers(ctx, basic)
	t.awaitIdle(5 * time.Second)
}

// apiTriggers are the cases of POST /flows/{id}/interactions.
func (t *Suite) apiTriggers(ctx context.Context, basic string) {
	full := t.fetch(ctx, basic, "flows-interactions:start flows:read")
	reading := t.fetch(ctx, basic, "flows:read")
	number := t.number(carrier.Refuses(486))
	good := fmt.Sprintf(`{"contact_1":%q}`, number)
	post := func(name, flow, bearer, body string, status int, check func(apiAnswer) string) apiCase {
		return apiCase{name, http.MethodPost, "/flows/" + flow + "/interactions",
			map[string]string{"Content-Type": "application/json", "Authorization": bearer}, body, status, check}
	}
	once := func(body string, status int, check func(apiAnswer) string) apiCase {
		c := post("Idempotency-Key, "+body[:min(len(body), 30)], "hangup", full, body, status, check)
		c.header["Idempotency-Key"] = "rig-" + number
		return c
	}
	first := ""
	same := func(a apiAnswer) string {
		if first == "" {
			first = a.field("flow_execution_id")
		}
		if a.field("flow_execution_id") != first {
			return "another execution than before"
		}
		return ids(a)
	}
	for _, c := range []apiCase{
		post("a trigger", "hangup", full, good, 202, ids),
		post("a trailing slash", "hangup", full, good, 202, ids),
		post("keys that the flow does not declare", "hangup", full, fmt.Sprintf(`{"contact_1":%q,"x":5,"y":{"z":[1]}}`, number), 202, ids),
		post("no token", "hangup", "", good, 401, failure("0200011")),
		post("an unknown token", "hangup", "Bearer nonsense", good, 401, failure("0200011")),
		post("a token without the scope", "hangup", reading, good, 403, failure("0200013")),
		post("an unknown flow", "nowhere", full, good, 404, failure("0200014")),
		post("no JSON", "hangup", full, "contact_1=5", 400, failure("0200001")),
		post("no body", "hangup", full, "", 400, failure("0200001")),
		post("a root that is no object", "hangup", full, `["x"]`, 400, failure("0200001")),
		post("two values", "hangup", full, good+good, 400, failure("0200001")),
		post("an object for a declared argument", "hangup", full, `{"contact_1":{"a":1}}`, 400, failure("0200002")),
		post("a body of 70,000 bytes", "hangup", full, fmt.Sprintf(`{"contact_1":%q,"pad":%q}`, number, strings.Repeat("x", 70000)), 413, failure("0200023")),
		once(good, 202, same),
		once(good, 202, same),
		once(`{"contact_1":"+13032000001"}`, 409, failure("0200019")),
		{"GET on the trigger", http.MethodGet, "/flows/hangup/interactions", map[string]string{"Authorization": full}, "", 405, nil},
		{"an unknown execution", http.MethodGet, "/v1/executions/0123", map[string]string{"Authorization": full}, "", 404, failure("")},
		{"an execution without a token", http.MethodGet, "/v1/executions/0123", nil, "", 401, failure("0200011")},
	} {
		if c.name == "a trailing slash" {
			c.path += "/"
		}
		t.apiCase(ctx, c)
	}
	t.await(5*time.Second, func() bool { return len(t.carrier.To(number)) == 4 })
	t.Check(len(t.carrier.To(number)) == 4, "four executions called the number, once each (%d)", len(t.carrier.To(number)))
}

func (t *Suite) fetch(ctx context.Context, basic, scope string) string {
	a, err := t.ask(ctx, apiCase{method: http.MethodPost, path: "/oauth/token", body: url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}.Encode(),
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Authorization": basic}})
	if err != nil {
		t.Check(false, "fetch a token: %v", err)
	}
	return "Bearer " + a.field("access_token")
}

func (t *Suite) apiCase(ctx context.Context, c apiCase) {
	a, err := t.ask(ctx, c)
	if err != nil {
		t.Check(false, "%s: %v", c.name, err)
		return
	}
	wrong := ""
	if c.check != nil {
		wrong = c.check(a)
	}
	if !t.Check(a.status == c.status && wrong == "", "%s: %d, want %d %s", c.name, a.status, c.status, wrong) {
		t.Print("     %.300s", a.text)
	}
}

func (t *Suite) ask(ctx context.Context, c apiCase) (apiAnswer, error) {
	r, err := http.NewRequestWithContext(ctx, c.method, "http://"+t.HTTP+c.path, bytes.NewBufferString(c.body))
	if err != nil {
		return apiAnswer{}, err
	}
	for name, value := range c.header {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return apiAnswer{}, err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, 1<<20))
	a := apiAnswer{status: got.StatusCode, header: got.Header, text: text}
	_ = json.Unmarshal(text, &a.json)
	return a, err
}

// ids checks the three ids of a 202.
func ids(a apiAnswer) string {
	for _, name := range []string{"interaction_id", "flow_version_id", "flow_execution_id"} {
		if a.field(name) == "" {
			return "no " + name
		}
	}
	return ""
}

// failure checks the form of an error, and its code when one is given.
func failure(code string) func(apiAnswer) string {
	return func(a apiAnswer) string {
		switch {
		case a.field("code") == "" || a.field("message") == "":
			return "no code or message"
		case code != "" && a.field("code") != code:
			return "code " + a.field("code") + ", want " + code
		case a.status == 401 && !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer"):
			return "no WWW-Authenticate: Bearer"
		}
		return ""
	}
}

// oauth checks the form of a token error (RFC 6749 §5.2).
func oauth(code string) func(apiAnswer) string {
	return func(a apiAnswer) string {
		switch {
		case a.field("error") != code:
			return "error " + a.field("error") + ", want " + code
		case a.status == 401 && a.header.Get("WWW-Authenticate") == "":
			return "no WWW-Authenticate"
		case !strings.Contains(a.header.Get("Cache-Control"), "no-store"):
			return "no Cache-Control: no-store"
		}
		return ""
	}
}

// grants checks a token and that its scope holds all of the words.
func grants(scope string) func(apiAnswer) string {
	return func(a apiAnswer) string {
		for _, word := range strings.Fields(scope) {
			if !strings.Contains(" "+a.field("scope")+" ", " "+word+" ") {
				return "scope " + a.field("scope") + " lacks " + word
			}
		}
		expires, _ := a.json["expires_in"].(float64)
		switch {
		case a.field("access_token") == "" || !strings.EqualFold(a.field("token_type"), "Bearer") || expires != float64(int(expires)) || expires < 1:
			return "token_type or expires_in"
		case !strings.Contains(a.header.Get("Cache-Control"), "no-store"):
			return "no Cache-Control: no-store"
		}
		return ""
	}
}

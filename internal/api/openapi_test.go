package api_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ringflow/internal/api"
)

// document is the OpenAPI document as it is served.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	OperationID string
	Parameters  []struct{ Name, In string }
	Security    []map[string][]string
	Responses   map[string]struct {
		Content map[string]struct{ Schema schema }
	}
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Properties           map[string]schema
	Required             []string
	Items                *schema
	AdditionalProperties any
	OneOf                []schema
}

var served = struct {
	sync.Once
	document
}{}

func documentOf(t testing.TB, handler http.Handler) *document {
	t.Helper()
	served.Do(func() {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("GET", "/openapi.json", nil))
		if err := json.Unmarshal(answer.Body.Bytes(), &served.document); err != nil {
			t.Fatal(err)
		}
	})
	return &served.document
}

// operationOf finds the operation that a request meets.
func (d *document) operationOf(method, path string) (operation, bool) {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for template, methods := range d.Paths {
		wanted, same := strings.Split(template, "/"), true
		if len(wanted) != len(parts) {
			continue
		}
		for i, part := range wanted {
			same = same && (part == parts[i] || strings.HasPrefix(part, "{") && parts[i] != "")
		}
		if op, there := methods[strings.ToLower(method)]; same && there {
			return op, true
		}
	}
	return operation{}, false
}

// conforms fails the test if an answer is not what the document says.
func conforms(t testing.TB, handler http.Handler, method, path string, answer *httptest.ResponseRecorder) {
	t.Helper()
	d := documentOf(t, handler)
	op, known := d.operationOf(method, path)
	if !known {
		if answer.Code != 404 && answer.Code != 405 && answer.Code != 307 {
			t.Errorf("%s %s is not in the document and is answered %d", method, path, answer.Code)
		}
		return
	}
	said, known := op.Responses[fmt.Sprint(answer.Code)]
	if !known {
		t.Errorf("%s %s is answered %d, which the document does not know", method, path, answer.Code)
		return
	}
	media, _, _ := strings.Cut(answer.Header().Get("Content-Type"), ";")
	content, known := said.Content[media]
	if !known && (media != "" || len(said.Content) > 0) {
		t.Errorf("%s %s: answer %d has the type %q, the document knows %v", method, path, answer.Code, media, said.Content)
		return
	}
	if media != "application/json" {
		return
	}
	var body any
	if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
		t.Errorf("%s %s: answer %d is no JSON: %v", method, path, answer.Code, err)
		return
	}
	if problem := d.judge(content.Schema, body, "body"); problem != "" {
		t.Errorf("%s %s: answer %d: %s", method, path, answer.Code, problem)
	}
}

// judge says where a value differs from its schema, or "".
func (d *document) judge(s schema, value any, at string) string {
	if s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	for _, one := range s.OneOf {
		if d.judge(one, value, at) == "" {
			return ""
		}
	}
	if s.OneOf != nil {
		return at + " is none of what it may be"
	}
	types := map[string]bool{}
	switch t := s.Type.(type) {
	case string:
		types[t] = true
	case []any:
		for _, name := range t {
			types[name.(string)] = true
		}
	case nil:
		return ""
	}
	switch v := value.(type) {
	case nil:
		return wrong(types["null"], at, "null")
	case string:
		return wrong(types["string"], at, "a string")
	case bool:
		return wrong(types["boolean"], at, "a boolean")
	case float64:
		return wrong(types["number"] || types["integer"] && v == float64(int64(v)), at, fmt.Sprint(v))
	case []any:
		for i, item := range v {
			if problem := d.judge(*s.Items, item, fmt.Sprintf("%s[%d]", at, i)); problem != "" {
				return problem
			}
		}
		return wrong(types["array"], at, "an array")
	case map[string]any:
		return d.judgeObject(s, v, at)
	}
	return ""
}

func (d *document) judgeObject(s schema, v map[string]any, at string) string {
	for _, name := range s.Required {
		if _, there := v[name]; !there {
			return at + " lacks " + name
		}
	}
	for name, member := range v {
		known, declared := s.Properties[name]
		if !declared && s.AdditionalProperties == false {
			return at + " has the undocumented member " + name
		}
		if problem := d.judge(known, member, at+"."+name); problem != "" {
			return problem
		}
	}
	return ""
}

func wrong(right bool, at, what string) string {
	if right {
		return ""
	}
	return at + " is " + what
}

func TestDocument(t *testing.T) {
	w := newWorld(t, nil)
	d := documentOf(t, w.handler)
	ids := map[string]string{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			if other := ids[op.OperationID]; other != "" {
				t.Errorf("%s %s and %s share the id %s", method, path, other, op.OperationID)
			}
			ids[op.OperationID] = method + " " + path
			for _, p := range op.Parameters {
				if p.In == "path" && !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s %s: no %s in the path", method, path, p.Name)
				}
			}
		}
	}
	if len(ids) < 15 {
		t.Errorf("only %d operations", len(ids))
	}
}

// Every route that asks for a token refuses every kind of bad one, and shows
// nothing of one account to another.
func TestEveryRouteIsShut(t *testing.T) {
	w := newWorld(t, nil)
	open := map[string]bool{"post /oauth/token": true, "get /healthz": true, "get /readyz": true, "get /metrics": true, "get /openapi.json": true, "get /docs": true}
	for path, methods := range documentOf(t, w.handler).Paths {
		for method, op := range methods {
			if open[method+" "+path] {
				if op.Security != nil {
					t.Errorf("%s %s asks for a token", method, path)
				}
				continue
			}
			path := strings.NewReplacer("{flow_id}", "installation-help", "{flow_execution_id}", "execution-2").Replace(path)
			method := strings.ToUpper(method)
			if answer := w.do(method, path, "", ""); answer.Code != 401 {
				t.Errorf("%s %s without a token: %d", method, path, answer.Code)
			}
			if answer := w.do(method, path, "", "", "Authorization", "Bearer rf_"+strings.Repeat("A", 43)); answer.Code != 401 {
				t.Errorf("%s %s with an unknown token: %d", method, path, answer.Code)
			}
			for client, may := range map[string]bool{"starter": op.Security[0]["oauth"][0] == "flows-interactions:start", "nothing": false} {
				if answer := w.do(method, path, client, "{}"); (answer.Code == 403) == may {
					t.Errorf("%s %s by %s: %d", method, path, client, answer.Code)
				}
			}
			answer := w.do(method, path, "stranger", "{}")
			for _, secret := range []string{"Play it", `"12"`, "+1202555", "Busy Here", `"finished"`, "version-1", "interaction-1"} {
				if strings.Contains(answer.Body.String(), secret) {
					t.Errorf("%s %s shows %q to another account: %s", method, path, secret, answer.Body)
				}
			}
		}
	}
}

// Requests made up from the document are never answered with 500, nor with
// anything that the document does not know; do checks the latter.
func TestMadeUpRequests(t *testing.T) {
	w := newWorld(t, nil)
	d := documentOf(t, w.handler)
	random := rand.New(rand.NewPCG(3, 4))
	values := []string{"", "0", "-1", "1", "999999999999999999999", "x", "play", "execution-2", "version-1", "finished", "csv", "json", "c",
		"2026-01-01T00:00:00Z", "\x00", "%", "+12025550143", "busy", strings.Repeat("y", 300), "ü", "' OR 1=1 --"}
	bodies := []string{"", "{}", good, "[]", "null", `{"a":{}}`, "{", "grant_type=client_credentials", "a=%zz", strings.Repeat("z", 70_000)}
	clients := []string{"", "starter", "reader", "stranger", "acceptance"}
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	for path, methods := range d.Paths {
		for method, op := range methods {
			for range 60 {
				query, header := []string{}, []string{}
				target := path
				for _, p := range op.Parameters {
					switch value := pick(values); {
					case p.In == "path":
						if value == "" || value == "\x00" {
							value = "z"
						}
						target = strings.Replace(target, "{"+p.Name+"}", escape(value), 1)
					case p.In == "query" && random.IntN(2) == 0:
						query = append(query, p.Name+"="+escape(value))
					case p.In == "header" && random.IntN(2) == 0:
						header = append(header, p.Name, value)
					}
				}
				if strings.HasSuffix(target, "execution-1/events") {
					continue // would never end
				}
				answer := w.do(strings.ToUpper(method), target+"?"+strings.Join(query, "&"), pick(clients), pick(bodies), header...)
				if answer.Code == 500 {
					t.Errorf("%s %s?%s: %s", method, target, query, answer.Body)
				}
			}
		}
	}
}

// escape writes every byte as a percent-encoded one.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

func TestTheDocumentNamesEveryStatus(t *testing.T) {
	var document struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal(api.Document(), &document); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(document.Components.Schemas["Execution"].Properties["status"].Enum, " ")
	if got != "accepted running finished failed cancelled interrupted" {
		t.Errorf("the statuses are %q", got)
	}
}

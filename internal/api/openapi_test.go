package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"ringflow.test/apitest"
	"ringflow/internal/api"
)

var stored = struct {
	sync.Once
	contract *apitest.Contract
}{}

// documentOf returns the OpenAPI document as it is served.
func documentOf(t testing.TB, handler http.Handler) *apitest.Contract {
	t.Helper()
	stored.Do(func() {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("GET", "/openapi.json", nil))
		var err error
		if stored.contract, err = apitest.Open(answer.Body.Bytes()); err != nil {
			t.Fatal(err)
		}
	})
	return stored.contract
}

// conforms fails the test if an answer is not what the document says.
func conforms(t testing.TB, handler http.Handler, method, path string, answer *httptest.ResponseRecorder) {
	t.Helper()
	d := documentOf(t, handler)
	if err := d.CheckResponse(method, path, apitest.Response{Status: answer.Code, Header: answer.Header(), Body: answer.Body.Bytes()}); err != nil {
		t.Errorf("%s %s: %v", method, path, err)
	}
}

func TestDocument(t *testing.T) {
	w := newWorld(t, nil)
	d := documentOf(t, w.handler)
	ids, tags := map[string]string{}, map[string]bool{}
	for _, tag := range d.Tags {
		tags[tag.Name] = true
	}
	for _, o := range d.Operations {
		if other := ids[o.OperationID]; other != "" {
			t.Errorf("%s %s and %s share the id %s", o.Method, o.Path, other, o.OperationID)
		}
		ids[o.OperationID] = o.Method + " " + o.Path
		for _, p := range o.Parameters {
			if p.In == "path" && !strings.Contains(o.Path, "{"+p.Name+"}") {
				t.Errorf("%s %s: no %s in the path", o.Method, o.Path, p.Name)
			}
		}
		if len(o.Tags) != 1 || !tags[o.Tags[0]] {
			t.Errorf("%s %s is in no chapter: %v", o.Method, o.Path, o.Tags)
		}
	}
	if len(ids) < 15 {
		t.Errorf("only %d operations", len(ids))
	}
}

// Examples are of the schema beside which they stand.
func TestExamplesAreOfTheirSchema(t *testing.T) {
	n := 0
	check := func(o *apitest.Operation, content map[string]*apitest.Media) {
		for media, m := range content {
			if m.Example == nil || m.Schema == nil || media != "application/json" && media != "application/x-www-form-urlencoded" {
				continue
			}
			n++
			if err := m.Schema.Check(m.Example); err != nil {
				t.Errorf("an example of %s: %v", o.OperationID, err)
			}
		}
	}
	for _, o := range documentOf(t, newWorld(t, nil).handler).Operations {
		if o.RequestBody != nil {
			check(o, o.RequestBody.Content)
		}
		for _, r := range o.Responses {
			check(o, r.Content)
		}
	}
	if n < 20 {
		t.Errorf("there are only %d examples", n)
	}
}

// Every route that asks for a token refuses every kind of bad one, and shows
// nothing of one account to another.
func TestEveryRouteIsShut(t *testing.T) {
	for _, o := range documentOf(t, newWorld(t, nil).handler).Operations {
		w := newWorld(t, nil) // with failures of its own: they are limited by address
		open := o.Tags[0] == "Operation" || o.Tags[0] == "Tokens"
		if open || len(o.Security) == 0 {
			if open != (len(o.Security) == 0) {
				t.Errorf("%s %s asks for a token: %v", o.Method, o.Path, o.Scopes())
			}
			continue
		}
		path := strings.NewReplacer("{flow_id}", "installation-help", "{flow_execution_id}", "execution-2").Replace(o.Path)
		if answer := w.do(o.Method, path, "", ""); answer.Code != 401 {
			t.Errorf("%s %s without a token: %d", o.Method, path, answer.Code)
		}
		if answer := w.do(o.Method, path, "", "", "Authorization", "Bearer rf_"+strings.Repeat("A", 43)); answer.Code != 401 {
			t.Errorf("%s %s with an unknown token: %d", o.Method, path, answer.Code)
		}
		for client, may := range map[string]bool{"starter": slices.Contains(o.Scopes(), "flows-interactions:start"), "nothing": false} {
			if answer := w.do(o.Method, path, client, "{}"); (answer.Code == 403) == may {
				t.Errorf("%s %s by %s: %d", o.Method, path, client, answer.Code)
			}
		}
		answer := w.do(o.Method, path, "stranger", "{}")
		for _, secret := range []string{"Play it", `"12"`, "+1202555", "Busy Here", `"finished"`, "version-1", "interaction-1"} {
			if strings.Contains(answer.Body.String(), secret) {
				t.Errorf("%s %s shows %q to another account: %s", o.Method, path, secret, answer.Body)
			}
		}
	}
}

// Requests made up from the document are never answered with 500, nor with
// anything that the document does not know. Those that are no HTTP are for the
// whole server's test.
func TestMadeUpRequests(t *testing.T) {
	w := newWorld(t, nil)
	m := apitest.NewMaker(1)
	m.Values = map[string][]string{"flow_id": {"play", "installation-help"}, "flow_execution_id": {"execution-2"}, "flow_version_id": {"version-1"}, "leg_id": {"1"},
		"connection": {"shop", "mine"}, "webhook": {"crm", "mine"}, "secret": {"mine"}, "function": {"mine"}, "secret_name": {"mine"}}
	for r := range m.Each(documentOf(t, w.handler)) {
		w.made(r)
	}
}

// FuzzRequests is the same without end, several changes a request.
func FuzzRequests(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	w := newWorld(f, nil)
	d := documentOf(f, w.handler)
	f.Fuzz(func(t *testing.T, seed uint64) {
		w.t = t
		m := apitest.NewMaker(seed)
		m.Values = map[string][]string{"flow_id": {"play", "installation-help"}, "flow_execution_id": {"execution-2"}, "flow_version_id": {"version-1"}, "leg_id": {"1"},
			"connection": {"shop", "mine"}, "webhook": {"crm", "mine"}, "secret": {"mine"}, "function": {"mine"}, "secret_name": {"mine"}}
		n := 0
		for r := range m.Random(d) {
			w.made(r)
			if n++; n == 40 {
				break
			}
		}
	})
}

// made sends a made-up request.
func (w *world) made(r *apitest.Request) {
	w.t.Helper()
	u, err := url.ParseRequestURI(r.Target())
	if r.Malformed() || err != nil || r.Method == "CONNECT" || strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/events") {
		return // no HTTP, or an answer without end
	}
	request := &http.Request{Method: r.Method, URL: u, RequestURI: r.Target(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Host: "x", RemoteAddr: "192.0.2.1:1", Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body))}
	for _, h := range r.Header {
		request.Header.Add(h.Name, h.Value)
	}
	client := map[apitest.Auth]string{apitest.AuthValid: "everything", apitest.AuthScope: "nothing", apitest.AuthAccount: "stranger"}[r.Auth]
	switch {
	case r.Auth == apitest.AuthUnknown:
		request.Header.Set("Authorization", "Bearer x")
		request.RemoteAddr = fmt.Sprintf("198.51.%d.%d:1", rand.IntN(250), rand.IntN(250)) // failures are limited by address
	case r.Auth != apitest.AuthNone:
		request.Header["Authorization"] = append([]string{"Bearer " + w.token(client)}, request.Header["Authorization"]...)
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, request)
	body := answer.Body.Bytes()
	if r.Method == http.MethodHead {
		body = nil
	}
	err = documentOf(w.t, w.handler).CheckResponse(r.Method, u.EscapedPath(), apitest.Response{Status: answer.Code, Header: answer.Header(), Body: body})
	if err == nil && answer.Code >= 500 && answer.Code != 503 {
		err = fmt.Errorf("response %d", answer.Code)
	}
	if err != nil {
		w.t.Errorf("%s %.200q (%s): %v", r.Method, r.Target(), strings.Join(r.Mutations, ", "), err)
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

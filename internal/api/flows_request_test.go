package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"ringflow/flowengine/record"
)

func TestFlowRequest(t *testing.T) {
	const file = "name: X\ntrigger: {component: api_request, arguments: [{name: a, variable: a, required: true}, {name: b.c, pattern: '[0-9]+'}]}\nstart: e\nsteps: {e: {component: end_flow}}\n"
	w := newWorld(t, nil)
	w.drafts["acme later"] = record.Version{ID: "draft-9", FlowID: "later", Account: "acme", Number: 1, Status: record.Draft, Definition: []byte(file)}
	w.drafts["acme torn"] = record.Version{ID: "draft-8", FlowID: "torn", Account: "acme", Number: 1, Status: record.Draft, Definition: []byte("steps: 5")}
	w.drafts["acme it's"] = record.Version{ID: "draft-7", FlowID: "it's", Account: "acme", Number: 1, Status: record.Draft, Definition: []byte(file)}
	type body struct {
		FlowID, Method, URL, Scope, Curl string
		Published                        bool
		Headers, Body                    map[string]string
		Arguments                        []struct {
			Name, Variable, Type, Pattern string
			Required                      bool
		}
		Token struct{ Method, URL, Body string }
	}
	read := func(flow string) (b body) {
		t.Helper()
		answer := w.do("GET", "/v1/flows/"+flow+"/request", "reader", "")
		if answer.Code != http.StatusOK || strings.Contains(answer.Body.String(), `\u003c`) {
			t.Fatalf("%s: %d %s", flow, answer.Code, answer.Body)
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &b); err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := read("later")
	if b.Published || b.Method != "POST" || !strings.HasSuffix(b.URL, "/flows/later/interactions") || !strings.HasPrefix(b.URL, "http://") || b.Scope != "flows-interactions:start" ||
		b.Headers["Authorization"] != "Bearer ACCESS_TOKEN" || b.Token.Method != "POST" || !strings.HasSuffix(b.Token.URL, "/oauth/token") ||
		b.Token.Body != "grant_type=client_credentials&scope=flows-interactions%3Astart" {
		t.Errorf("%+v", b)
	}
	if len(b.Arguments) != 2 || !b.Arguments[0].Required || b.Arguments[0].Variable != "a" || b.Arguments[0].Type != "string" || b.Arguments[1].Pattern != "[0-9]+" ||
		b.Body["a"] != "<a>" || b.Body["b.c"] != "0" {
		t.Errorf("%+v %v", b.Arguments, b.Body)
	}
	if !strings.Contains(b.Curl, `-d '{"a":"<a>","b.c":"0"}'`) || !strings.Contains(b.Curl, "'"+b.URL+"'") || !strings.Contains(b.Curl, "'"+b.Token.URL+"'") {
		t.Errorf("%s", b.Curl)
	}
	if b := read("play"); !b.Published || len(b.Arguments) != 0 || len(b.Body) != 0 || !strings.Contains(b.Curl, "-d '{}'") {
		t.Errorf("%+v", b)
	}
	if b := read("legacy"); !b.Published || !strings.HasSuffix(b.URL, "/flows/play/interactions") {
		t.Errorf("by its alias: %+v", b)
	}
	if b := read("it's"); !strings.Contains(b.Curl, `/flows/it%27s/interactions'`) {
		t.Errorf("%s", b.Curl)
	}
	for flow, status := range map[string]int{"none": 404, "torn": 404} {
		if answer := w.do("GET", "/v1/flows/"+flow+"/request", "reader", ""); answer.Code != status {
			t.Errorf("%s: %d %s", flow, answer.Code, answer.Body)
		}
	}
	if answer := w.do("GET", "/v1/flows/play/request", "starter", ""); answer.Code != http.StatusForbidden {
		t.Errorf("without flows:read: %d", answer.Code)
	}
}

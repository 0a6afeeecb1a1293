package openapi_test

import (
	"net/http"
	"strings"
	"testing"

	"ringflow/internal/openapi"
)

// A request of the server's own is judged by its name, its header fields, its type
// and its body.
func TestJudgeSent(t *testing.T) {
	d, err := openapi.Read([]byte(`{"openapi":"3.1.0","paths":{},"webhooks":{"n":{"post":{"parameters":[
		{"name":"Id","in":"header","required":true,"schema":{"type":"string","pattern":"^[0-9]+$"}},
		{"name":"Also","in":"header","schema":{"type":"string"}}],
		"requestBody":{"content":{"application/json":{"schema":{"type":"object","required":["n"],"additionalProperties":false,"properties":{"n":{"const":"x"}}}}}},
		"responses":{"2XX":{"description":""}}}}},"components":{"schemas":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	good := http.Header{"Content-Type": {"application/json"}, "Id": {"1"}}
	for _, c := range []struct {
		webhook, method string
		header          http.Header
		body, says      string
	}{
		{"n", "POST", good, `{"n":"x"}`, ""},
		{"m", "POST", good, `{"n":"x"}`, "no POST to a webhook called"},
		{"n", "PUT", good, `{"n":"x"}`, "no PUT"},
		{"n", "post", good, `{"n":"x"}`, "no post"},
		{"n", "POST", http.Header{"Content-Type": {"application/json"}}, `{"n":"x"}`, "Id is missing"},
		{"n", "POST", http.Header{"Content-Type": {"application/json"}, "Id": {"1", "2"}}, `{"n":"x"}`, "stands 2 times"},
		{"n", "POST", http.Header{"Content-Type": {"application/json"}, "Id": {"x"}}, `{"n":"x"}`, "does not match"},
		{"n", "POST", http.Header{"Content-Type": {"text/plain"}, "Id": {"1"}}, `{"n":"x"}`, "the type is"},
		{"n", "POST", good, `{"n":"y"}`, "n is"},
		{"n", "POST", good, `{}`, "lacks n"},
		{"n", "POST", good, `{"n":"x","m":1}`, "undocumented member m"},
	} {
		got := d.JudgeSent(c.webhook, c.method, c.header, []byte(c.body))
		if c.says == "" && got != "" || !strings.Contains(got, c.says) {
			t.Errorf("%s %s %s: %q, want %q", c.method, c.webhook, c.body, got, c.says)
		}
	}
}

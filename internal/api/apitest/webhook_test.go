package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"ringflow.test/apitest"
)

// A webhook request is validated by its name, its header fields, its type and its
// body.
func TestCheckWebhook(t *testing.T) {
	c, err := apitest.Open([]byte(`{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{},"webhooks":{"n":{"post":{"parameters":[
		{"name":"Id","in":"header","required":true,"schema":{"type":"string","pattern":"^[0-9]+$"}},
		{"name":"Also","in":"header","schema":{"type":"string"}}],
		"requestBody":{"content":{"application/json":{"schema":{"type":"object","required":["n"],"additionalProperties":false,"properties":{"n":{"const":"x"}}}}}},
		"responses":{"2XX":{"description":""}}}}},"components":{"schemas":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	valid := http.Header{"Content-Type": {"application/json"}, "Id": {"1"}}
	for _, x := range []struct {
		webhook, method string
		header          http.Header
		body, want      string
	}{
		{"n", "POST", valid, `{"n":"x"}`, ""},
		{"m", "POST", valid, `{"n":"x"}`, "no POST of a webhook called"},
		{"n", "PUT", valid, `{"n":"x"}`, "no PUT"},
		{"n", "post", valid, `{"n":"x"}`, "no post"},
		{"n", "POST", http.Header{"Content-Type": {"application/json"}}, `{"n":"x"}`, "Id is missing"},
		{"n", "POST", http.Header{"Content-Type": {"application/json"}, "Id": {"1", "2"}}, `{"n":"x"}`, "occurs 2 times"},
		{"n", "POST", http.Header{"Content-Type": {"application/json"}, "Id": {"x"}}, `{"n":"x"}`, "does not match"},
		{"n", "POST", http.Header{"Content-Type": {"text/plain"}, "Id": {"1"}}, `{"n":"x"}`, "content type \"text/plain\""},
		{"n", "POST", valid, `{"n":"y"}`, "value must be 'x'"},
		{"n", "POST", valid, `null`, "got null, want object"},
		{"n", "POST", valid, ``, "no JSON"},
		{"n", "POST", valid, `{}`, "missing property 'n'"},
		{"n", "POST", valid, `{"n":"x","m":1}`, "additional properties 'm' not allowed"},
	} {
		err := c.CheckWebhook(x.webhook, x.method, x.header, []byte(x.body))
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%s %s %s: %v, want %q", x.method, x.webhook, x.body, err, x.want)
		}
	}
}

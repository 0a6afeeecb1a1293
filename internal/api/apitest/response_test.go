package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"ringflow.test/apitest"
)

const document = `{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{"/a/{id}":{"get":{"operationId":"a","responses":{
	"200":{"description":"","headers":{"ETag":{"required":true,"schema":{"type":"string"}}},"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}},
	"204":{"description":""}}}},
	"/events":{"get":{"operationId":"events","responses":{"200":{"description":"","content":{"text/event-stream":{"schema":{"$ref":"#/components/schemas/Event"}}}}}}},
	"/exact":{"get":{"operationId":"exact","x-exact-path":true,"responses":{"204":{"description":""}}}}},
	"components":{"schemas":{"A":{"type":"object","required":["n"],"additionalProperties":false,
	"properties":{"n":{"type":["integer","null"],"minimum":1},"at":{"type":"string","format":"date-time"},"s":{"type":"string","enum":["x"]}}},
	"Event":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"seq":{"type":"integer"}}},
	"Error":{"type":"object","required":["code"],"properties":{"code":{"type":"string"}}}}}}`

// A response is validated by its status, its header fields, its type and its body.
func TestCheckResponse(t *testing.T) {
	c, err := apitest.Open([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	valid, stream := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Etag": {`"1"`}}, http.Header{"Content-Type": {"text/event-stream"}}
	for _, x := range []struct {
		method, path string
		status       int
		header       http.Header
		body, want   string
	}{
		{"GET", "/a/1", 200, valid, `{"n":1,"at":"2026-11-22T09:00:00Z","s":"x"}`, ""},
		{"GET", "/a/1/", 200, valid, `{"n":null}`, ""},
		{"GET", "/a/1", 200, valid, `{}`, "missing property 'n'"},
		{"GET", "/a/1", 200, valid, `{"n":1,"b":1}`, "additional properties 'b' not allowed"},
		{"GET", "/a/1", 200, valid, `{"n":1.5}`, "got number, want null or integer"},
		{"GET", "/a/1", 200, valid, `{"n":0}`, "minimum: got 0, want 1"},
		{"GET", "/a/1", 200, valid, `{"n":1,"at":"today"}`, "is not valid date-time"},
		{"GET", "/a/1", 200, valid, `{"n":1,"at":"2026-02-30T09:00:00Z"}`, "is not valid date-time"},
		{"GET", "/a/1", 200, valid, `{"n":1,"s":"y"}`, "value must be 'x'"},
		{"GET", "/a/1", 200, valid, `{"n":1}}`, "no JSON"},
		{"GET", "/a/1", 200, valid, `{"n":1e400}`, "out of range"},
		{"GET", "/a/1", 200, valid, `{"n":9223372036854775807}`, ""},
		{"GET", "/a/1", 200, valid, `{"n":9223372036854775808}`, "out of range"},
		{"GET", "/a/1", 200, valid, `null`, "got null, want object"},
		{"GET", "/a/1", 200, valid, ``, "no JSON"},
		{"GET", "/a/1", 200, http.Header{"Content-Type": {"application/json"}}, `{"n":1}`, "ETag is missing"},
		{"GET", "/a/1", 200, http.Header{"Content-Type": {"application/json"}, "Etag": {"1", "2"}}, `{"n":1}`, "ETag occurs 2 times"},
		{"GET", "/a/1", 200, http.Header{"Etag": {"1"}}, ``, "content type"},
		{"GET", "/a/1", 200, http.Header{"Etag": {"1"}, "Content-Type": {"application/jsonx"}}, `{"n":1}`, "content type"},
		{"GET", "/a/1", 204, http.Header{}, "", ""},
		{"GET", "/a/1", 204, http.Header{}, "x", "want no body"},
		{"GET", "/a/1", 204, valid, "", "want no body"},
		{"GET", "/a/1", 500, valid, `{}`, "status is undeclared"},
		{"HEAD", "/a/1", 200, valid, "", ""},
		{"HEAD", "/a/1", 200, valid, `{"n":1}`, "want none to HEAD"},
		{"HEAD", "/a/1", 200, http.Header{"Content-Type": {"application/json"}}, "", "ETag is missing"},
		{"POST", "/a/1", 400, http.Header{}, "", "want 405"},
		{"POST", "/a/1", 405, http.Header{}, `{"code":"x"}`, "want 405"},
		{"POST", "/a/1", 405, http.Header{"Allow": {"GET"}}, `{"code":"x"}`, ""},
		{"POST", "/a/1", 405, http.Header{"Allow": {"GET"}}, `{}`, "missing property 'code'"},
		{"POST", "/a/1", 405, http.Header{"Allow": {"GET"}}, `null`, "got null, want object"},
		{"POST", "/a/1", 405, http.Header{"Allow": {"GET"}}, ``, "no JSON"},
		{"OPTIONS", "/a/1", 204, http.Header{"Allow": {"GET"}}, ``, ""},
		{"OPTIONS", "/a/1", 204, http.Header{}, ``, "want 204"},
		{"GET", "/b", 200, valid, "", "want 404"},
		{"GET", "/a/..", 404, valid, `{"code":"x"}`, ""},
		{"GET", "/exact", 204, http.Header{}, "", ""},
		{"GET", "/exact/", 204, http.Header{}, "", "want 404"},
		{"GET", "/events", 200, stream, "id: 1\nevent: a\ndata: {\"kind\":\"a\",\"seq\":1}\n\n: comment\n\n", ""},
		{"GET", "/events", 200, stream, "event: a\ndata: {\"kind\":\"a\",\"seq\":1}\n\n", "its id"},
		{"GET", "/events", 200, stream, "event: a\ndata: {\"kind\":\"b\"}\n\n", "is of kind b"},
		{"GET", "/events", 200, stream, "event: a\ndata: {\"kind\":1}\n\n", "lacks its data"},
		{"GET", "/events", 200, stream, "event: a\ndata: {\"seq\":\"1\",\"kind\":\"a\"}\n\n", "lacks its data"},
		{"GET", "/events", 200, stream, "event: a\ndata: {}\n\n", "missing property 'kind'"},
		{"GET", "/events", 200, stream, "more: a\n\n", "unknown"},
		{"GET", "/events", 200, stream, "event: a\n", "ends within an event"},
	} {
		err := c.CheckResponse(x.method, x.path, apitest.Response{Status: x.status, Header: x.header, Body: []byte(x.body)})
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%s %s %d %s: %v, want %q", x.method, x.path, x.status, x.body, err, x.want)
		}
	}
}

// What this package does not know of a document is refused, not overlooked.
func TestInvalidDocumentsAreRefused(t *testing.T) {
	for want, text := range map[string]string{
		"unexpected end": "{",
		"minumum":        strings.Replace(document, `"minimum"`, `"minumum"`, 1),
		"schemas/B":      strings.Replace(document, `schemas/A"`, `schemas/B"`, 1),
	} {
		if _, err := apitest.Open([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
	// A keyword of JSON Schema that no schema of the document has yet is validated.
	c, err := apitest.Open([]byte(strings.Replace(document, `"minimum":1`, `"multipleOf":2`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json"}, "Etag": {"1"}}
	if err := c.CheckResponse("GET", "/a/1", apitest.Response{Status: 200, Header: header, Body: []byte(`{"n":1}`)}); err == nil {
		t.Error("1 is a multiple of 2")
	}
}

package openapi_test

import (
	"net/http"
	"strings"
	"testing"

	"ringflow/internal/openapi"
)

const document = `{"openapi":"3.1.0","paths":{"/a/{id}":{"get":{"operationId":"a","responses":{
	"200":{"description":"","headers":{"ETag":{"required":true,"schema":{"type":"string"}}},"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}},
	"204":{"description":""}}}}},
	"components":{"schemas":{"A":{"type":"object","required":["n"],"additionalProperties":false,
	"properties":{"n":{"type":["integer","null"],"minimum":1},"at":{"type":"string","format":"date-time"},"s":{"type":"string","enum":["x"]}}}}}}`

// An answer is judged by its status, its header fields, its type and its body.
func TestJudgeAnswer(t *testing.T) {
	d, err := openapi.Read([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	good := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Etag": {`"1"`}}
	for _, c := range []struct {
		method, path string
		status       int
		header       http.Header
		body, says   string
	}{
		{"GET", "/a/1", 200, good, `{"n":1,"at":"2026-11-22T09:00:00Z","s":"x"}`, ""},
		{"GET", "/a/1/", 200, good, `{"n":null}`, ""},
		{"GET", "/a/1", 200, good, `{}`, "lacks n"},
		{"GET", "/a/1", 200, good, `{"n":1,"b":1}`, "undocumented member b"},
		{"GET", "/a/1", 200, good, `{"n":1.5}`, "not [integer null]"},
		{"GET", "/a/1", 200, good, `{"n":0}`, "out of range"},
		{"GET", "/a/1", 200, good, `{"n":1,"at":"today"}`, "RFC 3339"},
		{"GET", "/a/1", 200, good, `{"n":1,"s":"y"}`, "none of [x]"},
		{"GET", "/a/1", 200, good, `{"n":1}}`, "no JSON"},
		{"GET", "/a/1", 200, http.Header{"Content-Type": {"application/json"}}, `{"n":1}`, "ETag is missing"},
		{"GET", "/a/1", 200, http.Header{"Etag": {"1"}}, ``, "the type is"},
		{"GET", "/a/1", 204, http.Header{}, "x", "no body"},
		{"GET", "/a/1", 500, good, `{}`, "does not know"},
		{"HEAD", "/a/1", 200, good, "", ""},
		{"POST", "/a/1", 405, http.Header{}, "", "want 405"},
		{"POST", "/a/1", 405, http.Header{"Allow": {"GET"}}, "", ""},
		{"GET", "/b", 200, good, "", "want 404"},
		{"GET", "/a/..", 404, good, "", ""},
	} {
		got := d.JudgeAnswer(c.method, c.path, openapi.Answer{Status: c.status, Header: c.header, Body: []byte(c.body)})
		if c.says == "" && got != "" || !strings.Contains(got, c.says) {
			t.Errorf("%s %s %d %s: %q, want %q", c.method, c.path, c.status, c.body, got, c.says)
		}
	}
}

// What this package does not know of a document is refused, not overlooked.
func TestUnknownWordsAreRefused(t *testing.T) {
	for _, bad := range []string{"{", strings.Replace(document, `"minimum"`, `"multipleOf"`, 1), strings.Replace(document, "schemas/A\"", "schemas/B\"", 1)} {
		if _, err := openapi.Read([]byte(bad)); err == nil {
			t.Errorf("%.80s is read", bad)
		}
	}
}

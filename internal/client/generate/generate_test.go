package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestClientIsFresh(t *testing.T) {
	text, err := os.ReadFile("../../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(text, wanted)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("internal/client/%s is stale (%v): run make docs", name, err)
		}
	}
}

// TestWantedOperationsAreUsed holds that the client has the operations that somebody
// uses, and no others.
func TestWantedOperationsAreUsed(t *testing.T) {
	var sources []byte
	for _, folder := range []string{"..", "../../cli", "../../demo", "../../../cmd/ringflow"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || files == nil {
			t.Fatalf("no Go files in %s: %v", folder, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, text...)
		}
	}
	for _, id := range wanted {
		name := exported(id)
		if !regexp.MustCompile(`\.` + name + `\((ctx|t\.Context|context\.)|Client\)\.` + name + `\b`).Match(sources) {
			t.Errorf("nobody uses the operation %s: remove it from wanted.go", id)
		}
		if !bytes.Contains(sources, []byte("func (c *Client) "+name+"(")) {
			t.Errorf("the document has no operation %s, which wanted.go names", id)
		}
	}
}

func TestTypesInGo(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"string"}`: "string",
		`{"type":["string","null"],"format":"date-time"}`:                 "*time.Time",
		`{"type":["integer","null"]}`:                                     "*int",
		`{"type":"array","items":{"$ref":"#/components/schemas/Step"}}`:   "[]Step",
		`{"oneOf":[{"$ref":"#/components/schemas/Sip"},{"type":"null"}]}`: "*Sip",
		`{"type":"object","additionalProperties":{"type":"string"}}`:      "map[string]string",
		`{"type":"object","additionalProperties":{}}`:                     "map[string]any",
		`{"type":"object","additionalProperties":false}`:                  "",
		`{"type":["string","integer"]}`:                                   "",
		`{"type":"array"}`:                                                "",
		`{"type":"array","items":{"type":"tuple"}}`:                       "",
	} {
		var s Schema
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		if got, err := goType(&s); err == nil && got != want || err != nil && want != "" {
			t.Errorf("%s is a %q in Go (%v), want %q", text, got, err, want)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"flow_execution_id": {"FlowExecutionID", "flowExecutionID"},
		"Last-Event-ID":     {"LastEventID", "lastEventID"},
		"id":                {"ID", "id"},
		"a.b_time":          {"ABTime", "aBTime"},
		"cancelExecution":   {"CancelExecution", "cancelExecution"},
	} {
		if got := [2]string{exported(name), local(name)}; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// TestUnknownIsRefused: what the generator does not know must not be left out.
func TestUnknownIsRefused(t *testing.T) {
	operation := func(o string) string { return `{"paths":{"/a":{"post":` + o + `}}}` }
	for why, text := range map[string]string{
		"in cookie":       operation(`{"operationId":"a","parameters":[{"name":"x","in":"cookie","schema":{"type":"string"}}]}`),
		"bodies of one":   operation(`{"operationId":"a","requestBody":{"content":{"a/b":{},"c/d":{}}}}`),
		"both called a":   `{"paths":{"/a":{"get":{"operationId":"a"}},"/b":{"get":{"operationId":"a"}}}}`,
		"has no type":     `{"components":{"schemas":{"A":{"properties":{"x":{"type":"array"}}}}}}`,
		"two properties":  `{"components":{"schemas":{"A":{"properties":{"x_y":{"type":"string"},"xY":{"type":"string"}}}}}}`,
		"read the docume": `{`,
	} {
		if _, err := generate([]byte(text), []string{"a"}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want an error that says %q", text, err, why)
		}
	}
}

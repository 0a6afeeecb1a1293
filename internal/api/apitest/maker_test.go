package apitest_test

import (
	"strings"
	"testing"

	"ringflow.test/apitest"
)

// A made-up request has the body that the example means, in the form of its media
// type.
func TestBodiesOfExamples(t *testing.T) {
	for _, x := range []struct{ media, example, want string }{
		{"application/json", `{"a":"1"}`, `{"a":"1"}`},
		{"application/yaml", `"name: x\n"`, "name: x\n"},
		{"application/x-www-form-urlencoded", `{"grant_type":"client_credentials","scope":"a:b c"}`, "grant_type=client_credentials&scope=a%3Ab+c"},
		{"application/x-www-form-urlencoded", `"grant_type=x"`, "grant_type=x"},
		{"application/json", "", ""},
	} {
		example := ""
		if x.example != "" {
			example = `"example":` + x.example
		}
		c, err := apitest.Open([]byte(strings.NewReplacer("MEDIA", x.media, "EXAMPLE", example).Replace(`{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{"/a":{"post":{
			"requestBody":{"content":{"MEDIA":{EXAMPLE}}},"responses":{"204":{"description":""}}}}}}`)))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(apitest.NewMaker(1).Valid(c.Operations[0]).Body); got != x.want {
			t.Errorf("%s of %s: %q, want %q", x.media, x.example, got, x.want)
		}
	}
}

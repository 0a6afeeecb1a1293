package openapi

import "testing"

// A made-up request has the body that the example means, in the form of its media
// type.
func TestBodiesOfExamples(t *testing.T) {
	for _, c := range []struct{ media, example, want string }{
		{"application/json", `{"a":"1"}`, `{"a":"1"}`},
		{"application/yaml", `"name: x\n"`, "name: x\n"},
		{formMedia, `{"grant_type":"client_credentials","scope":"a:b c"}`, "grant_type=client_credentials&scope=a%3Ab+c"},
		{formMedia, `"grant_type=x"`, "grant_type=x"},
		{"application/json", "", ""},
	} {
		m := Media{Example: []byte(c.example)}
		if c.example == "" {
			m.Example = nil
		}
		if got := string(m.good(c.media)); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.media, c.example, got, c.want)
		}
	}
}

package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"ringflow.test/apitest"
	"ringflow/internal/api"
)

// What generators of clients stumble over. `make interop` runs some of them.

// spelled is a name as generators compare them: without case and punctuation.
func onlyExactPath(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// No two names of one kind differ in case or punctuation alone: generators make
// one name of them. Schemas and security schemes become types of one package.
func TestNamesDifferInMoreThanCase(t *testing.T) {
	d := documentOf(t, newWorld(t, nil).handler)
	seen := map[string]string{}
	meet := func(kind, name string) {
		key := kind + " " + onlyExactPath(name)
		if other, known := seen[key]; known && other != name {
			t.Errorf("%s: %s and %s differ in case or punctuation alone", kind, other, name)
		}
		seen[key] = name
	}
	if len(d.Components.SecuritySchemes) == 0 {
		t.Fatal("there are no security schemes")
	}
	for name := range d.Components.SecuritySchemes {
		meet("type", name)
	}
	for name, s := range d.Components.Schemas {
		meet("type", name)
		for property := range s.Properties {
			meet("property of "+name, property)
		}
	}
	for _, o := range d.Operations {
		meet("operation", o.OperationID)
		for _, p := range o.Parameters {
			meet("parameter of "+o.OperationID, p.Name)
		}
		for status, r := range o.Responses {
			for name := range r.Headers {
				meet("header field of "+o.OperationID+" "+status, name)
			}
		}
	}
	for _, tag := range d.Tags {
		meet("tag", tag.Name)
	}
}

// Whoever reads the document need not guess: what needs no token says so, and where
// the API is reached stands in it.
func TestDocumentSaysWhatIsOpen(t *testing.T) {
	var raw struct {
		Servers  []struct{ URL string }
		Paths    map[string]map[string]map[string]json.RawMessage
		Webhooks map[string]map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(api.Document(), &raw); err != nil {
		t.Fatal(err)
	}
	if len(raw.Servers) != 1 || raw.Servers[0].URL != api.DefaultURL {
		t.Errorf("servers: %+v", raw.Servers)
	}
	open := 0
	for where, operations := range map[string]map[string]map[string]map[string]json.RawMessage{"paths": raw.Paths, "webhooks": raw.Webhooks} {
		for path, methods := range operations {
			for method, o := range methods {
				switch security := string(o["security"]); {
				case security == "[]":
					open++
				case security == "" || where == "webhooks":
					t.Errorf("%s %s %s: security is %q", where, method, path, security)
				}
			}
		}
	}
	if open != 9+len(raw.Webhooks) {
		t.Errorf("%d operations need nothing", open)
	}
}

// The document is about the server that shows it, and so is the manual.
func TestDocumentNamesItsServer(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.URL = "https://calls.example.com/phone" })
	d, err := apitest.Open(w.at("127.0.0.1:8080", "GET", "/openapi.json", "x", "").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Servers) != 1 || d.Servers[0].URL != "https://calls.example.com/phone" || !strings.Contains(string(d.Components.SecuritySchemes["oauth"]), `"https://calls.example.com/phone/oauth/token"`) {
		t.Errorf("servers %+v, %s", d.Servers, d.Components.SecuritySchemes)
	}
	if page := w.at("127.0.0.1:8080", "GET", "/docs", "x", "").Body.String(); !strings.Contains(page, "https://calls.example.com/phone") || strings.Contains(page, api.DefaultURL) {
		t.Error("the manual names another server")
	}
}

func sameHeader(a, b *apitest.Parameter) bool {
	return a.Required == b.Required && a.Description == b.Description && a.Schema.Equal(b.Schema)
}

// A client that knows what 401 carries knows 403: the header fields are described
// alike, and both are there.
func TestRefusalsOfTokensAreDescribedAlike(t *testing.T) {
	w := newWorld(t, nil)
	n := 0
	for _, o := range documentOf(t, w.handler).Operations {
		if len(o.Security) == 0 {
			continue
		}
		n++
		unauthorized, forbidden := o.Responses["401"].Headers, o.Responses["403"].Headers
		if !unauthorized["WWW-Authenticate"].Required || !maps.EqualFunc(unauthorized, forbidden, sameHeader) {
			t.Errorf("%s %s: 401 has %v, 403 %v", o.Method, o.Path, slices.Sorted(maps.Keys(unauthorized)), slices.Sorted(maps.Keys(forbidden)))
		}
	}
	if n < 20 {
		t.Errorf("only %d operations need a token", n)
	}
	w = newWorld(t, func(c *api.Config) { c.MayStart = func(string, string) bool { return false } })
	for _, client := range []string{"reader", "starter"} { // without the scope, and kept from this flow
		answer := w.do("POST", "/flows/installation-help/interactions", client, "{}")
		if challenge := answer.Header().Get("WWW-Authenticate"); answer.Code != 403 || !strings.HasPrefix(challenge, `Bearer realm="ringflow", error="insufficient_scope"`) {
			t.Errorf("%s: %d with %q", client, answer.Code, challenge)
		}
	}
}

// A form is described as an object, so its example is one.
func TestExamplesOfFormsAreObjects(t *testing.T) {
	n := 0
	for _, o := range documentOf(t, newWorld(t, nil).handler).Operations {
		if o.RequestBody == nil {
			continue
		}
		for media, m := range o.RequestBody.Content {
			if media != "application/x-www-form-urlencoded" {
				continue
			}
			n++
			var form map[string]string
			if err := json.Unmarshal(m.Example, &form); err != nil || form["grant_type"] != "client_credentials" {
				t.Errorf("%s %s: %v (%v)", o.Method, o.Path, form, err)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d forms", n)
	}
}

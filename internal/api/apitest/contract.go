// Package apitest holds an API to its OpenAPI document in tests: it validates
// responses and webhook requests, and it makes up requests, valid and invalid.
//
// Schemas are compiled and validated by santhosh-tekuri/jsonschema; the rest of
// OpenAPI is read here as far as Ringflow's document uses it. This package knows
// neither HTTP handlers nor anything else of Ringflow. Only tests import it.
//
// Read in this order: document.go, contract.go, response.go; then maker.go,
// mutation.go and corpus.go, which make up requests.
package apitest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Contract is an OpenAPI 3.1 document with its schemas compiled. It does not
// change after Open, and several goroutines may use it.
type Contract struct {
	Document
	Operations []*Operation // by path and then by method
}

// Open reads a document. It refuses one that refers to a schema which is not there,
// or that has a keyword which nothing validates.
func Open(text []byte) (*Contract, error) {
	c := new(Contract)
	if err := c.open(text); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	return c, nil
}

func (c *Contract) open(text []byte) error {
	compile, err := newCompiler(text, &c.Document)
	if err != nil {
		return err
	}
	for name, s := range c.Components.Schemas {
		if err := compile(s, "components", "schemas", name); err != nil {
			return err
		}
	}
	for part, items := range map[string]map[string]map[string]*Operation{"paths": c.Paths, "webhooks": c.Webhooks} {
		for path, methods := range items {
			for method, o := range methods {
				o.Method, o.Path = strings.ToUpper(method), path
				if err := o.compile(compile, part, path, method); err != nil {
					return fmt.Errorf("%s %s: %w", method, path, err)
				}
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(c.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(c.Paths[path])) {
			c.Operations = append(c.Operations, c.Paths[path][method])
		}
	}
	return nil
}

// Find returns the operation of a request, nil if there is none, with the values
// of its path's parameters as they stand in the path. HEAD is served by GET, and a
// slash at the end makes no difference where the path is not exact. known reports
// whether the path has operations, of this method or of others.
func (c *Contract) Find(method, path string) (found *Operation, values map[string]string, known bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, o := range c.Operations {
		v, ok := match(o.Path, path)
		if !ok || o.ExactPath && path != o.Path {
			continue
		}
		known = true
		// The one with fewer parameters is the more exact.
		if o.Method == method && (found == nil || len(v) < len(values)) {
			found, values = o, v
		}
	}
	return found, values, known
}

// emptyNames are parts of a path that name nothing.
var emptyNames = []string{"", ".", "..", "%2f"}

// match compares a path with a template, part by part.
func match(template, path string) (map[string]string, bool) {
	if template == "/" {
		return nil, path == "/"
	}
	wanted, parts := strings.Split(template, "/"), strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(wanted) != len(parts) {
		return nil, false
	}
	values := make(map[string]string)
	for i, part := range wanted {
		switch {
		case strings.HasPrefix(part, "{") && !slices.Contains(emptyNames, strings.ToLower(parts[i])):
			values[strings.Trim(part, "{}")] = parts[i]
		case part != parts[i]:
			return nil, false
		}
	}
	return values, true
}

// CheckWebhook returns how a request that the server sent differs from the
// document's webhook of that name.
func (c *Contract) CheckWebhook(name, method string, header http.Header, body []byte) error {
	o := c.Webhooks[name][strings.ToLower(method)]
	if o == nil || o.RequestBody == nil || o.Method != method {
		return fmt.Errorf("the document has no %s of a webhook called %q", method, name)
	}
	for _, p := range o.Parameters {
		if p.In != "header" {
			return fmt.Errorf("the parameter %s is in %s, want a header field", p.Name, p.In)
		}
		if err := p.checkHeader(p.Name, header); err != nil {
			return err
		}
	}
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	content := o.RequestBody.Content[media]
	if content == nil {
		return fmt.Errorf("the content type %q is undeclared", media)
	}
	return content.Schema.Check(body)
}

package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Document is an OpenAPI document. It does not change after Read and may be
// used by several goroutines.
type Document struct {
	OpenAPI    string                           `json:"openapi"`
	Info       json.RawMessage                  `json:"info"`
	Servers    []Server                         `json:"servers"`
	Tags       []Tag                            `json:"tags"`
	Paths      map[string]map[string]*Operation `json:"paths"`    // by path and method in lower case
	Webhooks   map[string]map[string]*Operation `json:"webhooks"` // what the server sends
	Components struct {
		Schemas         map[string]*Schema `json:"schemas"`
		SecuritySchemes json.RawMessage    `json:"securitySchemes"`
	} `json:"components"`
}

// Server is where the API is reached.
type Server struct {
	URL         string `json:"url"`
	Description string `json:"description"`
}

// Tag groups operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Operation is one method of one path.
type Operation struct {
	ID         string                `json:"operationId"`
	Summary    string                `json:"summary"`
	Tags       []string              `json:"tags"`
	Parameters []Parameter           `json:"parameters"`
	Body       *Body                 `json:"requestBody"`
	Responses  map[string]Response   `json:"responses"` // by status
	Security   []map[string][]string `json:"security"`  // one of them suffices; empty: nothing is needed
	ExactPath  bool                  `json:"x-exact-path"`

	Method string `json:"-"` // in capitals
	Path   string `json:"-"` // with its parameters in braces
}

// Parameter is a part of the path or the query, or a header field.
type Parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description"`
	Required    bool    `json:"required"`
	Schema      *Schema `json:"schema"`
}

// Body is what a request carries.
type Body struct {
	Description string           `json:"description"`
	Required    bool             `json:"required"`
	Content     map[string]Media `json:"content"` // by media type
}

// Media is a body in one media type. Without a schema the type says it all. Of
// a stream of events the schema is that of the data of each.
type Media struct {
	Schema  *Schema         `json:"schema"`
	Example json.RawMessage `json:"example"`
}

// Response is an answer of one status.
type Response struct {
	Description string            `json:"description"`
	Headers     map[string]Header `json:"headers"`
	Content     map[string]Media  `json:"content"`
}

// Header is a header field of an answer.
type Header struct {
	Description string  `json:"description"`
	Required    bool    `json:"required"` // it stands in every such answer
	Schema      *Schema `json:"schema"`
}

// Read reads a document. It refuses words that this package does not know, and
// references to schemas that are not there.
func Read(text []byte) (*Document, error) {
	d := new(Document)
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(d); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	for path, methods := range d.Paths {
		for method, o := range methods {
			o.Method, o.Path = strings.ToUpper(method), path
		}
	}
	if err := d.resolve(); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	return d, nil
}

// Operations yields all operations, by path and then by method.
func (d *Document) Operations() iter.Seq[*Operation] {
	return func(yield func(*Operation) bool) {
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
				if !yield(d.Paths[path][method]) {
					return
				}
			}
		}
	}
}

// Find returns the operation that a request meets, and the values of its path's
// parameters as they stand in the path; nil if it meets none. HEAD meets what
// GET does, and a slash at the end makes no difference where the path is not
// exact.
func (d *Document) Find(method, path string) (*Operation, map[string]string) {
	if method == "HEAD" {
		method = "GET"
	}
	var found *Operation
	var values map[string]string
	for template, methods := range d.Paths {
		o, there := methods[strings.ToLower(method)]
		if !there || strings.ToUpper(method) != method {
			continue
		}
		// The one with fewer parameters is the more exact.
		if v, ok := match(template, path); ok && (!o.ExactPath || path == template) && (found == nil || len(v) < len(values)) {
			found, values = o, v
		}
	}
	return found, values
}

// Known reports whether the path is one of the document's, whatever the method.
func (d *Document) Known(path string) bool {
	for template, methods := range d.Paths {
		exact := slices.ContainsFunc(slices.Collect(maps.Values(methods)), func(o *Operation) bool { return o.ExactPath })
		if _, ok := match(template, path); ok && (!exact || path == template) {
			return true
		}
	}
	return false
}

// noName are parts of a path that name nothing.
var noName = []string{"", ".", "..", "%2f"}

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
		case strings.HasPrefix(part, "{") && !slices.Contains(noName, strings.ToLower(parts[i])):
			values[strings.Trim(part, "{}")] = parts[i]
		case part != parts[i]:
			return nil, false
		}
	}
	return values, true
}

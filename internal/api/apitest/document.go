package apitest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is an OpenAPI 3.1 document.
type Document struct {
	Servers    []struct{ URL string }
	Tags       []struct{ Name string }
	Paths      map[string]map[string]*Operation // by path and method in lower case
	Webhooks   map[string]map[string]*Operation // by name and method in lower case
	Components struct {
		Schemas         map[string]*Schema
		SecuritySchemes map[string]json.RawMessage
	}
}

// Operation is one method of one path.
type Operation struct {
	OperationID string
	Summary     string
	Tags        []string
	Parameters  []*Parameter
	RequestBody *Body
	Responses   map[string]*Body      // by status
	Security    []map[string][]string // one of them suffices; empty: nothing is needed
	ExactPath   bool                  `json:"x-exact-path"`

	Method, Path string `json:"-"` // in capitals; with its parameters in braces
}

// Parameter is a part of the path or the query, or a header field.
type Parameter struct {
	Name, In, Description string
	Required              bool
	Schema                *Schema
}

// Body is that of a request, or a response with its header fields.
type Body struct {
	Description string
	Headers     map[string]*Parameter
	Content     map[string]*Media // by media type
}

// Media is a body in one media type. Without a schema the type says it all. Of a
// stream of events the schema is that of the data of each.
type Media struct {
	Schema  *Schema
	Example json.RawMessage
}

// Schema is a schema of JSON Schema 2020-12.
type Schema struct {
	*jsonschema.Schema
	text  json.RawMessage
	valid sync.Map // the SHA-256 sums of bodies that are valid: most come many times
}

// UnmarshalJSON keeps the text, which is compiled with the whole document.
func (s *Schema) UnmarshalJSON(text []byte) error {
	s.text = bytes.Clone(text)
	return nil
}

// compiler compiles a schema, which stands in the document at the path of names.
type compiler func(s *Schema, path ...string) error

// newCompiler reads the document into d and returns what compiles its schemas.
func newCompiler(text []byte, d *Document) (compiler, error) {
	if err := json.Unmarshal(text, d); err != nil {
		return nil, err
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("urn:document", whole); err != nil {
		return nil, err
	}
	escaped, compiled := strings.NewReplacer("~", "~0", "/", "~1"), make(map[string]*jsonschema.Schema) // by text
	return func(s *Schema, path ...string) error {
		if s == nil {
			return nil
		}
		if s.Schema = compiled[string(s.text)]; s.Schema != nil {
			return nil
		}
		if err := checkKeywords(s.text); err != nil {
			return err
		}
		pointer := ""
		for _, name := range path {
			pointer += "/" + escaped.Replace(name)
		}
		var err error
		s.Schema, err = c.Compile("urn:document#" + (&url.URL{Fragment: pointer}).EscapedFragment())
		compiled[string(s.text)] = s.Schema
		return err
	}, nil
}

func (o *Operation) compile(compile compiler, path ...string) error {
	var all []error
	content := func(b *Body, path ...string) {
		for media, m := range b.Content {
			all = append(all, compile(m.Schema, append(path, "content", media, "schema")...))
		}
	}
	for i, p := range o.Parameters {
		all = append(all, compile(p.Schema, append(path, "parameters", strconv.Itoa(i), "schema")...))
	}
	if o.RequestBody != nil {
		content(o.RequestBody, append(path, "requestBody")...)
	}
	for status, r := range o.Responses {
		for name, h := range r.Headers {
			all = append(all, compile(h.Schema, append(path, "responses", status, "headers", name, "schema")...))
		}
		content(r, append(path, "responses", status)...)
	}
	return errors.Join(all...)
}

// Scopes returns those of which a token needs one, none if no token is needed.
func (o *Operation) Scopes() []string {
	var all []string
	for _, s := range o.Security {
		all = append(all, s["oauth"]...)
	}
	return all
}

// keywords are those of schemas that are validated, and those that describe.
var keywords = []string{
	"$ref", "type", "format", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf", "items", "properties", "required",
	"additionalProperties", "oneOf", "discriminator", "title", "description", "default", "examples", "readOnly", "writeOnly",
}

// checkKeywords refuses keywords that nothing validates, such as misspelt ones.
func checkKeywords(schema json.RawMessage) error {
	var members map[string]json.RawMessage
	if json.Unmarshal(schema, &members) != nil {
		return nil // a boolean
	}
	var inner []json.RawMessage
	for keyword, value := range members {
		var named map[string]json.RawMessage
		var listed []json.RawMessage
		switch keyword {
		case "items", "additionalProperties":
			listed = append(listed, value)
		case "oneOf":
			_ = json.Unmarshal(value, &listed) // Compile refuses what is no list
		case "properties":
			_ = json.Unmarshal(value, &named) // likewise
		}
		for _, s := range named {
			inner = append(inner, s)
		}
		if inner = append(inner, listed...); !slices.Contains(keywords, keyword) {
			return fmt.Errorf("the keyword %q is unknown", keyword)
		}
	}
	for _, s := range inner {
		if err := checkKeywords(s); err != nil {
			return err
		}
	}
	return nil
}

// Target returns the schema itself, or the one that it refers to.
func (s *Schema) Target() *jsonschema.Schema { return target(s.Schema) }

func target(s *jsonschema.Schema) *jsonschema.Schema {
	for s.Ref != nil {
		s = s.Ref
	}
	return s
}

// Equal reports whether two schemas have the same text.
func (s *Schema) Equal(other *Schema) bool { return bytes.Equal(s.text, other.text) }

// Check returns how JSON differs from the schema.
func (s *Schema) Check(text []byte) error {
	sum := sha256.Sum256(text)
	if _, known := s.valid.Load(sum); known {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the body is no JSON: %w", err)
	}
	if n := outOfRange(value); n != "" {
		return fmt.Errorf("the number %s is out of range", n)
	}
	if err := s.Validate(value); err != nil {
		return err
	}
	s.valid.Store(sum, nil)
	return nil
}

// outOfRange returns a number that neither int64 nor float64 holds, "" if there is
// none. The validator allows integers of any size.
func outOfRange(value any) json.Number {
	var inner iter.Seq[any]
	switch v := value.(type) {
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return ""
		}
		if f, err := v.Float64(); err != nil || f == math.Trunc(f) && math.Abs(f) >= 1<<63 {
			return v
		}
		return ""
	case []any:
		inner = slices.Values(v)
	case map[string]any:
		inner = maps.Values(v)
	default:
		return ""
	}
	for one := range inner {
		if n := outOfRange(one); n != "" {
			return n
		}
	}
	return ""
}

// checkHeader validates a header field that a message may have once.
func (p *Parameter) checkHeader(name string, header http.Header) error {
	values := header.Values(name)
	switch {
	case len(values) > 1:
		return fmt.Errorf("%s occurs %d times", name, len(values))
	case len(values) == 0 && p.Required:
		return fmt.Errorf("%s is missing", name)
	case len(values) == 0:
		return nil
	}
	if err := p.Schema.Validate(p.Schema.read(values[0])); err != nil {
		return fmt.Errorf("%s is %q: %w", name, values[0], err)
	}
	return nil
}

// allows reports whether a value of the type is allowed.
func (s *Schema) allows(name string) bool {
	types := s.Target().Types
	return types != nil && slices.Contains(types.ToStrings(), name)
}

// read returns the value that a text has in the type of the schema.
func (s *Schema) read(text string) any {
	if _, err := strconv.ParseFloat(text, 64); err == nil && (s.allows("integer") || s.allows("number")) {
		return json.Number(text)
	}
	if b, err := strconv.ParseBool(text); err == nil && s.allows("boolean") {
		return b
	}
	return text
}

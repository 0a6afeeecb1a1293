package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Document is the part of an OpenAPI 3.1 document that a client is written from.
// What stands as json.RawMessage is allowed and not used.
type Document struct {
	Paths      map[string]map[string]Operation // by path and method in lower case
	Components struct {
		Schemas         map[string]*Schema
		SecuritySchemes json.RawMessage
	}
	OpenAPI, Info, Servers, Tags, Webhooks json.RawMessage
}

// Operation is one method of one path.
type Operation struct {
	OperationID string
	Summary     string
	Parameters  []Parameter
	RequestBody *Body
	Responses   map[string]Body // by status
	Security    []map[string][]string
	Tags        json.RawMessage
	ExactPath   json.RawMessage `json:"x-exact-path"`

	method, path string
}

// Parameter is a part of the path or the query, or a header field.
type Parameter struct {
	Name, In, Description string
	Schema                *Schema
	Required              json.RawMessage
}

// Body is that of a request or a response.
type Body struct {
	Content map[string]struct { // by media type
		Schema  *Schema
		Example json.RawMessage
	}
	Description, Required, Headers json.RawMessage
}

// Schema is a schema of JSON Schema 2020-12.
type Schema struct {
	Ref                  string `json:"$ref"`
	Description          string
	Type                 Types
	Format               string
	Items                *Schema
	Properties           map[string]*Schema
	Required             []string
	AdditionalProperties *Schema
	OneOf                []*Schema
	Discriminator        json.RawMessage

	Title, Enum, Const, Default, Examples, Pattern, MinLength, MaxLength, Minimum, Maximum, ReadOnly, WriteOnly json.RawMessage

	never bool // it is the schema false
}

// UnmarshalJSON reads an object or a boolean (JSON Schema 2020-12 §4.3.2).
func (s *Schema) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "true", "false":
		s.never = string(text) == "false"
		return nil
	}
	type object Schema // without this method
	return decode(text, (*object)(s))
}

// Types are the names of one type or of several.
type Types []string

// UnmarshalJSON reads a name or a list of names.
func (t *Types) UnmarshalJSON(text []byte) error {
	*t = Types{""}
	if json.Unmarshal(text, &(*t)[0]) == nil {
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// decode reads JSON into a value and refuses members that the value does not have.
func decode(text []byte, into any) error {
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	return in.Decode(into)
}

// operations returns the operations by their names in Go.
func (d *Document) operations() (map[string]Operation, error) {
	all := make(map[string]Operation)
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for method, o := range d.Paths[path] {
			o.method, o.path = strings.ToUpper(method), path
			name := exported(o.OperationID)
			if other, taken := all[name]; taken {
				return nil, fmt.Errorf("%s %s and %s %s are both called %s", o.method, path, other.method, other.path, o.OperationID)
			}
			all[name] = o
		}
	}
	return all, nil
}

// resolve returns the schema itself, or the one that it refers to.
func (d *Document) resolve(s *Schema) (*Schema, error) {
	if s.Ref == "" {
		return s, nil
	}
	target := d.Components.Schemas[s.name()]
	if target == nil {
		return nil, fmt.Errorf("there is no schema %s", s.Ref)
	}
	return target, nil
}

// name returns the name of the schema that this one refers to, "" if none.
func (s *Schema) name() string { return strings.TrimPrefix(s.Ref, schemaPath) }

const schemaPath = "#/components/schemas/"

// itemOf returns the schema of an item if s refers to a page of a list: an object with
// items under a name and the cursor next. Otherwise it returns nil.
func (d *Document) itemOf(s *Schema) *Schema {
	page := d.Components.Schemas[s.name()]
	if page == nil || len(page.Properties) != 2 || page.Properties["next"] == nil {
		return nil
	}
	for name, of := range page.Properties {
		if name != "next" {
			return of.Items
		}
	}
	return nil
}

// usedBy returns the names of the schemas that become types for operations of these ids,
// and of those that the client uses itself.
func (d *Document) usedBy(ids []string) map[string]bool {
	used := make(map[string]bool)
	var use func(s *Schema)
	use = func(s *Schema) {
		if s == nil || used[s.name()] {
			return
		}
		if item := d.itemOf(s); item != nil {
			use(item)
			return
		}
		if s.Ref != "" {
			used[s.name()] = true
			use(d.Components.Schemas[s.name()])
			return
		}
		use(s.Items)
		use(s.AdditionalProperties)
		for _, one := range s.OneOf {
			use(one)
		}
		for _, of := range s.Properties {
			use(of)
		}
	}
	for _, name := range ownSchemas {
		use(&Schema{Ref: schemaPath + name})
	}
	for _, methods := range d.Paths {
		for _, o := range methods {
			if !slices.Contains(ids, o.OperationID) {
				continue
			}
			if o.RequestBody != nil {
				use(o.RequestBody.Content["application/json"].Schema)
			}
			if schema, _ := o.answerSchema(); schema != nil {
				use(schema)
			}
		}
	}
	return used
}

package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Schema is a schema of JSON Schema 2020-12, as far as this package knows it.
type Schema struct {
	Ref           string             `json:"$ref"`
	Title         string             `json:"title"`
	Description   string             `json:"description"`
	Type          TypeNames          `json:"type"`
	Format        string             `json:"format"` // date-time, or for people alone
	Enum          []any              `json:"enum"`
	Const         any                `json:"const"`
	Default       any                `json:"default"`
	Examples      []any              `json:"examples"`
	Pattern       string             `json:"pattern"`
	MinLength     *int               `json:"minLength"`
	MaxLength     *int               `json:"maxLength"`
	Minimum       *float64           `json:"minimum"`
	Maximum       *float64           `json:"maximum"`
	Items         *Schema            `json:"items"`
	Properties    map[string]*Schema `json:"properties"`
	Required      []string           `json:"required"`
	Additional    *Others            `json:"additionalProperties"`
	OneOf         []*Schema          `json:"oneOf"`
	Discriminator *Discriminator     `json:"discriminator"`
	ReadOnly      bool               `json:"readOnly"`
	WriteOnly     bool               `json:"writeOnly"`

	target *Schema // of Ref
}

// Discriminator says by which property the schemas of a oneOf tell themselves
// apart.
type Discriminator struct {
	PropertyName string            `json:"propertyName"`
	Mapping      map[string]string `json:"mapping"`
}

// TypeNames is one name of a type, or a list of them.
type TypeNames []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *TypeNames) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = TypeNames{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// Others says of the properties that are not listed what they may be: nothing
// at all if Schema is nil.
type Others struct{ Schema *Schema }

// UnmarshalJSON implements json.Unmarshaler.
func (o *Others) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "false":
		return nil
	case "true":
		o.Schema = &Schema{}
		return nil
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	return in.Decode(&o.Schema)
}

const schemaPath = "#/components/schemas/"

// Name returns the name of the schema that this one refers to, "" if none.
func (s *Schema) Name() string { return strings.TrimPrefix(s.Ref, schemaPath) }

// Target returns the schema itself, or the one that it refers to.
func (s *Schema) Target() *Schema {
	for s.target != nil {
		s = s.target
	}
	return s
}

// Allows reports whether a value of the type may stand there.
func (s *Schema) Allows(name string) bool {
	for _, t := range s.Target().Type {
		if t == name {
			return true
		}
	}
	return false
}

// resolve gives every reference its schema.
func (d *Document) resolve() error {
	var err error
	var walk func(s *Schema)
	walk = func(s *Schema) {
		if s == nil {
			return
		}
		if s.Ref != "" {
			if s.target = d.Components.Schemas[s.Name()]; s.target == nil {
				err = fmt.Errorf("there is no schema %s", s.Ref)
			}
		}
		walk(s.Items)
		for _, p := range s.Properties {
			walk(p)
		}
		for _, one := range s.OneOf {
			walk(one)
		}
		if s.Additional != nil {
			walk(s.Additional.Schema)
		}
	}
	for _, s := range d.Components.Schemas {
		walk(s)
	}
	for _, paths := range []map[string]map[string]*Operation{d.Paths, d.Webhooks} {
		for _, methods := range paths {
			for _, o := range methods {
				o.schemas(walk)
			}
		}
	}
	return err
}

// schemas calls yield with every schema that stands in the operation itself.
func (o *Operation) schemas(yield func(*Schema)) {
	for _, p := range o.Parameters {
		yield(p.Schema)
	}
	if o.Body != nil {
		for _, m := range o.Body.Content {
			yield(m.Schema)
		}
	}
	for _, r := range o.Responses {
		for _, m := range r.Content {
			yield(m.Schema)
		}
		for _, h := range r.Headers {
			yield(h.Schema)
		}
	}
}

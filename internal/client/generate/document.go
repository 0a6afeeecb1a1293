package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// document is the part of an OpenAPI document that is generated from.
type document struct {
	Paths      map[string]map[string]operation `json:"paths"` // by path and method
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID          string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Parameters  []parameter           `json:"parameters"`
	Body        *body                 `json:"requestBody"`
	Responses   map[string]body       `json:"responses"` // by status
	Security    []map[string][]string `json:"security"`
	method, url string
}

type parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description"`
	Schema      schema `json:"schema"`
}

type body struct {
	Description string             `json:"description"`
	Content     map[string]content `json:"content"` // by media type
}

type content struct {
	Schema *schema `json:"schema"`
}

type schema struct {
	Ref         string            `json:"$ref"`
	Type        typeNames         `json:"type"`
	Format      string            `json:"format"`
	Description string            `json:"description"`
	Items       *schema           `json:"items"`
	OneOf       []schema          `json:"oneOf"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Additional  others            `json:"additionalProperties"`
}

// typeNames is one name of a type, or a list of them, of which one may be null.
type typeNames []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *typeNames) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = typeNames{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// others is false or a schema.
type others struct{ schema *schema }

// UnmarshalJSON implements json.Unmarshaler.
func (a *others) UnmarshalJSON(text []byte) error {
	if string(text) == "false" {
		return nil
	}
	return json.Unmarshal(text, &a.schema)
}

// goType returns the type in Go that JSON of the schema is read into.
func (s schema) goType() (string, error) {
	if len(s.OneOf) == 2 && slices.Equal(s.OneOf[1].Type, typeNames{"null"}) {
		inner, err := s.OneOf[0].goType()
		return "*" + inner, err
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return name, nil
	}
	names := slices.Clone(s.Type)
	pointer := ""
	if i := slices.Index(names, "null"); i >= 0 {
		names, pointer = slices.Delete(names, i, i+1), "*"
	}
	if len(names) == 0 {
		return "any", nil
	}
	if len(names) > 1 {
		return "", fmt.Errorf("one of several types %v has no type in Go", names)
	}
	switch {
	case names[0] == "string" && s.Format == "date-time":
		return pointer + "time.Time", nil
	case names[0] == "string":
		return pointer + "string", nil
	case names[0] == "integer":
		return pointer + "int", nil
	case names[0] == "number":
		return pointer + "float64", nil
	case names[0] == "boolean":
		return pointer + "bool", nil
	case names[0] == "array" && s.Items != nil:
		item, err := s.Items.goType()
		return "[]" + item, err
	case names[0] == "object" && s.Additional.schema != nil:
		value, err := s.Additional.schema.goType()
		return "map[string]" + value, err
	}
	return "", fmt.Errorf("a %v with neither items nor a name has no type in Go", s.Type)
}

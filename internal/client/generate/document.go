package main

import (
	"fmt"
	"slices"

	"ringflow/internal/openapi"
)

// null is the schema type of nothing.
const null = "null"

// goType returns the type in Go that JSON of the schema is read into.
func goType(s *openapi.Schema) (string, error) {
	if len(s.OneOf) == 2 && slices.Equal(s.OneOf[1].Type, openapi.TypeNames{null}) {
		inner, err := goType(s.OneOf[0])
		return "*" + inner, err
	}
	if s.Ref != "" {
		return s.Name(), nil
	}
	names, pointer := slices.Clone(s.Type), ""
	if i := slices.Index(names, null); i >= 0 {
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
		item, err := goType(s.Items)
		return "[]" + item, err
	case names[0] == "object" && s.Additional != nil && s.Additional.Schema != nil:
		value, err := goType(s.Additional.Schema)
		return "map[string]" + value, err
	}
	return "", fmt.Errorf("a %v with neither items nor a name has no type in Go", s.Type)
}

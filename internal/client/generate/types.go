package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// null is the schema type of null.
const null = "null"

// types writes a struct for each named schema that the wanted operations use. The others
// are written too, so that what is not known in them is an error, and dropped. A schema
// that is one of several, told apart by a property, becomes a struct with the properties
// of all of them; those have no struct of their own.
func types(d *Document, wanted []string) (string, error) {
	used := d.usedBy(wanted)
	part := make(map[string]bool)
	for _, s := range d.Components.Schemas {
		if s.Discriminator != nil {
			for _, one := range s.OneOf {
				part[one.name()] = true
			}
		}
	}
	var all strings.Builder
	all.WriteString(head + "import \"time\"\n\n")
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		if part[name] {
			continue
		}
		s := d.Components.Schemas[name]
		var b strings.Builder
		about := "the schema " + name + " of the API"
		if s.Description != "" {
			about += ": " + s.Description
		}
		fmt.Fprintf(&b, "// %s is %s\ntype %s struct {\n", name, strings.TrimSuffix(about, ".")+".", name)
		if s.Discriminator != nil {
			var err error
			if s, err = d.union(s); err != nil {
				return "", err
			}
		}
		if err := structFields(&b, name, s); err != nil {
			return "", err
		}
		b.WriteString("}\n\n")
		if used[name] {
			all.WriteString(b.String())
		}
	}
	return all.String(), nil
}

func structFields(b *strings.Builder, name string, s *Schema) error {
	seen := make(map[string]bool)
	for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
		of := s.Properties[property]
		t, err := goType(of)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, property, err)
		}
		field, tag, remark := exported(property), property, ""
		if seen[field] {
			return fmt.Errorf("%s has two properties called %s in Go", name, field)
		}
		seen[field] = true
		if !slices.Contains(s.Required, property) {
			tag += ",omitzero"
		}
		if of.Description != "" {
			remark = " // " + of.Description
		}
		fmt.Fprintf(b, "%s %s `json:%q`%s\n", field, t, tag, remark)
	}
	return nil
}

// union has every property of the schemas that s may be; those that all of them
// require are required.
func (d *Document) union(s *Schema) (*Schema, error) {
	all := &Schema{Properties: make(map[string]*Schema)}
	for i, one := range s.OneOf {
		one, err := d.resolve(one)
		if err != nil {
			return nil, err
		}
		maps.Copy(all.Properties, one.Properties)
		if i == 0 {
			all.Required = slices.Clone(one.Required)
		}
		all.Required = slices.DeleteFunc(all.Required, func(name string) bool { return !slices.Contains(one.Required, name) })
	}
	return all, nil
}

// goType returns the type in Go that JSON of the schema is read into.
func goType(s *Schema) (string, error) {
	if len(s.OneOf) == 2 && slices.Equal(s.OneOf[1].Type, Types{null}) {
		inner, err := goType(s.OneOf[0])
		return "*" + inner, err
	}
	if s.Ref != "" {
		return s.name(), nil
	}
	names, pointer := slices.Clone(s.Type), ""
	if i := slices.Index(names, null); i >= 0 {
		names, pointer = slices.Delete(names, i, i+1), "*"
	}
	switch {
	case len(names) == 0:
		return "any", nil
	case len(names) > 1:
		return "", fmt.Errorf("one of several types %v has no type in Go", names)
	case names[0] == "string" && s.Format == "date-time":
		return pointer + "time.Time", nil
	case scalars[names[0]] != "":
		return pointer + scalars[names[0]], nil
	case names[0] == "array" && s.Items != nil:
		item, err := goType(s.Items)
		return "[]" + item, err
	case names[0] == "object" && s.AdditionalProperties != nil && !s.AdditionalProperties.never:
		value, err := goType(s.AdditionalProperties)
		return "map[string]" + value, err
	}
	return "", fmt.Errorf("a %v with neither items nor a name has no type in Go", s.Type)
}

// scalars are the types in Go by those of JSON Schema.
var scalars = map[string]string{"string": "string", "integer": "int", "number": "float64", "boolean": "bool"}

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringflow/internal/openapi"
)

// types writes a struct for each named schema. One that is one of several, told
// apart by a property, is a struct with the properties of them all; they have
// none of their own.
func types(d *openapi.Document) (string, error) {
	part := make(map[string]bool)
	for _, s := range d.Components.Schemas {
		if s.Discriminator != nil {
			for _, one := range s.OneOf {
				part[one.Name()] = true
			}
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		if part[name] {
			continue
		}
		s := d.Components.Schemas[name]
		about := "the schema " + name + " of the API"
		if s.Description != "" {
			about += ": " + s.Description
		}
		fmt.Fprintf(&b, "// %s is %s\ntype %s struct {\n", name, strings.TrimSuffix(about, ".")+".", name)
		if s.Discriminator != nil {
			s = union(s)
		}
		if err := structFields(&b, name, s); err != nil {
			return "", err
		}
		b.WriteString("}\n\n")
	}
	imports := ""
	if strings.Contains(b.String(), "time.Time") {
		imports = "import \"time\"\n\n"
	}
	return head + imports + b.String(), nil
}

func structFields(b *strings.Builder, name string, s *openapi.Schema) error {
	seen := make(map[string]bool)
	for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
		of := s.Properties[property]
		t, err := goType(of)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, property, err)
		}
		field, tag := exported(property), property
		if seen[field] {
			return fmt.Errorf("%s has two properties called %s in Go", name, field)
		}
		seen[field] = true
		if !slices.Contains(s.Required, property) {
			tag += ",omitzero"
		}
		remark := ""
		if of.Description != "" {
			remark = " // " + of.Description
		}
		fmt.Fprintf(b, "%s %s `json:%q`%s\n", field, t, tag, remark)
	}
	return nil
}

// union has every property of the schemas that s may be; those that all of them
// require are required.
func union(s *openapi.Schema) *openapi.Schema {
	all := &openapi.Schema{Properties: make(map[string]*openapi.Schema)}
	for i, one := range s.OneOf {
		maps.Copy(all.Properties, one.Target().Properties)
		if i == 0 {
			all.Required = slices.Clone(one.Target().Required)
		}
		all.Required = slices.DeleteFunc(all.Required, func(name string) bool { return !slices.Contains(one.Target().Required, name) })
	}
	return all
}

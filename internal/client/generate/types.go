package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// types writes a struct for each named schema.
func types(d document) (string, error) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		fmt.Fprintf(&b, "// %s is the schema %s of the API.\ntype %s struct {\n", name, name, name)
		seen := make(map[string]bool)
		for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
			of := s.Properties[property]
			t, err := of.goType()
			if err != nil {
				return "", fmt.Errorf("%s.%s: %w", name, property, err)
			}
			field, tag := exported(property), property
			if seen[field] {
				return "", fmt.Errorf("%s has two properties called %s in Go", name, field)
			}
			seen[field] = true
			if !slices.Contains(s.Required, property) {
				tag += ",omitzero"
			}
			remark := ""
			if of.Description != "" {
				remark = " // " + of.Description
			}
			fmt.Fprintf(&b, "%s %s `json:%q`%s\n", field, t, tag, remark)
		}
		b.WriteString("}\n\n")
	}
	imports := ""
	if strings.Contains(b.String(), "time.Time") {
		imports = "import \"time\"\n\n"
	}
	return head + imports + b.String(), nil
}

package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ringflow/flowengine/flowfile"
)

// checkQuery refuses parameters that the route does not know, so that a
// misspelt one does not go unnoticed: without its start_at a call would be made
// at once. One that is given twice is refused too, since it is
// ambiguous. The token endpoint must ignore them (RFC 6749 §3.2).
func (r route) checkQuery(raw string) error {
	if r.anyQuery {
		return nil
	}
	given, err := url.ParseQuery(raw)
	if err != nil {
		return &httpError{status: http.StatusBadRequest, code: codeArgument, message: "bad parameter",
			description: "the query cannot be read; write name=value, joined by &, with special characters percent-encoded"}
	}
	var known []string
	for _, p := range r.parameters {
		if p.in == "query" {
			known = append(known, p.name)
		}
	}
	rule := "there is no such parameter; this resource takes none in the query"
	if len(known) > 0 {
		rule = "there is no such parameter; this resource takes " + strings.Join(known, ", ")
	}
	var fields []flowfile.FieldError
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case !slices.Contains(known, name):
			fields = append(fields, flowfile.FieldError{Name: name, Description: rule})
		case len(given[name]) > 1:
			fields = append(fields, flowfile.FieldError{Name: name, Description: "is given more than once"})
		}
	}
	if fields == nil {
		return nil
	}
	refused := badParameter(fields[0].Name, fields[0].Description)
	refused.fields = fields
	return refused
}

package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
)

// parseQuery reads the query. It refuses parameters that the route does not know, so
// that a misspelt one does not go unnoticed: without its start_at a call would be made
// at once. One that is given twice is refused too, since it is ambiguous. The token
// endpoint must ignore them (RFC 6749 §3.2).
func (r route) parseQuery(raw string) (url.Values, error) {
	given, err := url.ParseQuery(raw)
	switch {
	case r.anyQuery:
		return given, nil
	case err != nil:
		return nil, &httpError{status: http.StatusBadRequest, code: codeArgument, message: "bad parameter",
			description: "the query cannot be read; write name=value, joined by &, with special characters percent-encoded"}
	}
	var known []string
	for _, p := range r.parameters {
		if p.in == "query" {
			known = append(known, p.name)
		}
	}
	var fields []flowfile.FieldError
	for _, name := range slices.Sorted(maps.Keys(given)) {
		rule := ""
		switch p, there := r.parameter(name); {
		case (!there || p.in != "query") && known == nil:
			rule = "there is no such parameter; this resource takes none in the query"
		case !there || p.in != "query":
			rule = "there is no such parameter; this resource takes " + strings.Join(known, ", ")
		case len(given[name]) > 1:
			rule = "is given more than once"
		case given.Get(name) != "": // an empty one counts as absent
			rule = p.check(given.Get(name))
		}
		if rule != "" {
			fields = append(fields, flowfile.FieldError{Name: name, Description: rule})
		}
	}
	if fields == nil {
		return given, nil
	}
	refused := badParameter(fields[0].Name, fields[0].Description)
	refused.fields = fields
	return nil, refused
}

// parameter returns the one of this name.
func (r route) parameter(name string) (parameter, bool) {
	i := slices.IndexFunc(r.parameters, func(p parameter) bool { return p.name == name })
	if i < 0 {
		return parameter{}, false
	}
	return r.parameters[i], true
}

// unlimited is the greatest value of a number that names no maximum.
const unlimited = 1_000_000

// check returns the rule that a value breaks, "" if none.
func (p parameter) check(text string) string {
	switch p.sample.(type) {
	case int:
		least, _ := p.limits["minimum"].(int)
		most, limited := p.limits["maximum"].(int)
		if !limited {
			most = unlimited
		}
		if n, err := strconv.Atoi(text); err != nil || n < least || n > most {
			return fmt.Sprintf("must be a number from %d to %d", least, most)
		}
	case bool:
		if _, err := strconv.ParseBool(text); err != nil {
			return "must be true or false"
		}
	case time.Time:
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return "must be a time in RFC 3339, such as 2026-11-22T09:00:00Z"
		}
	}
	if values, few := p.limits["enum"].([]string); few && !slices.Contains(values, text) {
		last := len(values) - 1
		return "must be " + strings.Join(values[:last], ", ") + " or " + values[last]
	}
	return ""
}

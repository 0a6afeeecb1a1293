package api

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/strict"
)

// readSettings reads one JSON object into a new value of the type of sample, and
// returns a pointer to it. Every field that is unknown, missing or of another
// type is named. No value is repeated: it may be a secret in the wrong place.
func readSettings(from io.Reader, sample any) (any, error) {
	body, err := io.ReadAll(from)
	if err != nil {
		return nil, bodyError(err)
	}
	if body, err = jsonBody(body, ""); err != nil {
		return nil, err
	}
	var given any
	if err := json.Unmarshal(body, &given); err != nil {
		return nil, badBody("the body is no JSON")
	}
	if _, object := given.(map[string]any); !object {
		return nil, badBody("the body is not a JSON object but " + kindOf(given))
	}
	t := reflect.TypeOf(sample)
	var wrong fieldErrors
	wrong.value("", t, given)
	if wrong != nil {
		return nil, &httpError{status: http.StatusBadRequest, code: codeArgument, message: "bad field", description: wrong[0].Error(), fields: wrong}
	}
	into := reflect.New(t).Interface()
	if err := json.Unmarshal(body, into); err != nil {
		return nil, fmt.Errorf("read settings that were found good: %w", err)
	}
	return into, nil
}

// fieldErrors gathers what is wrong, in the order of the type's fields.
type fieldErrors []flowfile.FieldError

func (e *fieldErrors) add(path, what string) {
	*e = append(*e, flowfile.FieldError{Name: path, Description: what})
}

// value holds what was given against a type as the document describes it.
func (e *fieldErrors) value(path string, t reflect.Type, given any) {
	needs := func(what string, fits bool) bool {
		if !fits {
			e.add(path, "must be "+what+", is "+kindOf(given))
		}
		return fits
	}
	switch t.Kind() {
	case reflect.Struct:
		if members, is := given.(map[string]any); needs("an object", is) {
			e.object(path, t, members)
		}
	case reflect.Slice:
		items, is := given.([]any)
		needs("an array", is)
		for i, item := range items {
			e.value(fmt.Sprintf("%s[%d]", path, i), t.Elem(), item)
		}
	case reflect.Bool:
		_, is := given.(bool)
		needs("true or false", is)
	default: // there are no numbers in settings
		_, is := given.(string)
		needs("text", is)
	}
}

// object does it for the members of an object.
func (e *fieldErrors) object(path string, t reflect.Type, members map[string]any) {
	var names []string
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
		at := strings.TrimPrefix(path+"."+name, ".")
		given, there := members[name]
		if !there {
			if options == "" {
				e.add(at, "it is missing: "+f.Tag.Get("doc"))
			}
			continue
		}
		e.value(at, f.Type, given)
		text, is := given.(string)
		if choices := f.Tag.Get("enum"); is && choices != "" && !slices.Contains(strings.Split(choices, ","), text) {
			e.add(at, "must be one of "+strings.ReplaceAll(choices, ",", ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if slices.Contains(names, name) {
			continue
		}
		mend := "there are " + strings.Join(names, ", ")
		if near := strict.Nearest(name, names); near != "" {
			mend = "did you mean " + near + "?"
		}
		e.add(strings.TrimPrefix(fmt.Sprintf("%s.%.64s", path, name), "."), "there is no such field: "+mend)
	}
}

// kindOf says what a JSON value is.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case float64:
		return "a number"
	case string:
		return "text"
	case []any:
		return "an array"
	}
	return "an object"
}

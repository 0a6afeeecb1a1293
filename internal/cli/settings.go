package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"ringflow/flowengine/flowfile"
)

// settingsIn reads a file in YAML or JSON with the fields of the API. The error
// names every field that the API does not know, with its line and the nearest.
func settingsIn[S any](text []byte) (s S, err error) {
	var node yaml.Node
	var given any
	if err := yaml.Unmarshal(text, &node); err != nil {
		return s, err
	}
	if err := unknownFields(&node, reflect.TypeFor[S](), ""); err != nil {
		return s, fmt.Errorf("the file does not hold what the API takes, see docs/http.md:\n%w", err)
	}
	if err := node.Decode(&given); err != nil {
		return s, err
	}
	asJSON, err := json.Marshal(given)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(asJSON, &s); err != nil {
		return s, fmt.Errorf("the file does not hold what the API takes, see docs/http.md: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return s, nil
}

// unknownFields names the keys in a document that a type of the API does not have.
func unknownFields(n *yaml.Node, t reflect.Type, path string) error {
	var errs []error
	switch {
	case n.Kind == yaml.DocumentNode:
		return unknownFields(n.Content[0], t, path)
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for i, item := range n.Content {
			errs = append(errs, unknownFields(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i)))
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		fields := map[string]reflect.Type{}
		var names []string
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names, fields[name] = append(names, name), f.Type
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			at := strings.TrimPrefix(path+"."+key.Value, ".")
			if known, ok := fields[key.Value]; ok {
				errs = append(errs, unknownFields(n.Content[i+1], known, at))
				continue
			}
			mend := "there are " + strings.Join(names, ", ")
			if near := flowfile.Nearest(key.Value, names); near != "" {
				mend = "did you mean " + near + "?"
			}
			errs = append(errs, fmt.Errorf("line %d: there is no field %s: %s", key.Line, at, mend))
		}
	}
	return errors.Join(errs...)
}

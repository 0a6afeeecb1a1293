package components

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// jsonPath is a JSONPath expression that names one value: RFC 9535 §2.3.5.1,
// the singular query. Each step is a name or an index.
type jsonPath []any // string or int

// jsonStep is .name, ['name'], ["name"] or [index].
var jsonStep = regexp.MustCompile(`^(?:\.([A-Za-z_\x{80}-\x{10FFFF}][A-Za-z0-9_\x{80}-\x{10FFFF}]*)|\[\s*(-?(?:0|[1-9][0-9]{0,8}))\s*\]|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*"((?:[^"\\]|\\.)*)"\s*\])`)

func parseJSONPath(s string) (jsonPath, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), "$")
	if !ok {
		return nil, errors.New("the path does not begin with $")
	}
	var out jsonPath
	for rest != "" {
		m := jsonStep.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("%q names no single value", rest)
		}
		name, index, single, double := m[1], m[2], m[3], m[4] // of which one stands there
		if index != "" {
			n, err := strconv.Atoi(index)
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		} else {
			out = append(out, name+jsonEscape.ReplaceAllString(single+double, "$1"))
		}
		rest = rest[len(m[0]):]
	}
	return out, nil
}

var jsonEscape = regexp.MustCompile(`\\(.)`)

// find returns the value that the path names, and false if there is none. A
// negative index counts from the end.
func (p jsonPath) find(value any) (any, bool) {
	for _, step := range p {
		switch s := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			next, ok := object[s]
			if !ok {
				return nil, false
			}
			value = next
		case int:
			list, _ := value.([]any)
			if s < 0 {
				s += len(list)
			}
			if s < 0 || s >= len(list) {
				return nil, false
			}
			value = list[s]
		}
	}
	return value, value != nil
}

// setOutput sets an output of a step to a JSON value. It fails if one alone is longer
// than all of a step's may be: many of them would take long to write.
func setOutput(t *flowengine.StepContext, name string, value any) error {
	text := jsonText(value)
	if len(text) > flowfile.MaxText {
		return &flowengine.Fault{Code: flowengine.FaultOutput, Err: fmt.Errorf("output %s has %d bytes, and %d are allowed", name, len(text), flowfile.MaxText)}
	}
	t.Set(name, text)
	return nil
}

// jsonText writes a JSON value as the text of a variable: a text without its
// quotes, anything else as JSON.
func jsonText(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	b, _ := json.Marshal(value) // what came from JSON always marshals
	return string(b)
}

// decodeJSON decodes JSON, its numbers as they are written.
func decodeJSON(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

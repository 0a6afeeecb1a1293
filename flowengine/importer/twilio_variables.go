package importer

import (
	"fmt"
	"strings"
)

// setVariables becomes a function that returns what it is given: its outputs fill
// the variables. What is null becomes the empty text, as in the original.
func (t *twilio) setVariables(w *widget) bool {
	rows := w.props.consume("variables")
	if rows == nil || len(rows.items) == 0 || len(rows.items) > 50 {
		return false
	}
	inputs, outputs := &value{kind: list}, &value{kind: list}
	var returned []string
	seen := map[string]bool{}
	for _, row := range rows.items {
		in := newSettings(row)
		key, to := in.text("key"), in.text("value")
		if v := in.root.get("parse_as_json"); v.string() == "false" {
			in.consume("parse_as_json")
		}
		name := snake(key)
		if name == "" || name[0] < 'a' {
			name = strings.TrimSuffix("v_"+name, "_")
		}
		if key == "" || seen[name] || len(in.unread()) > 0 || len(name) > longestName {
			return false
		}
		seen[name] = true
		if to = t.text(w.step, to); to == "" {
			returned = append(returned, name+`: ""`)
		} else {
			inputs.items = append(inputs.items, obj("name", name, "value", to))
			returned = append(returned, fmt.Sprintf(`%[1]s: args.%[1]s == null ? "" : args.%[1]s`, name))
		}
		outputs.items = append(outputs.items, obj("name", name))
		w.fill(t.vars.of("flow.variables."+key, key), name)
	}
	w.with = &value{kind: object}
	if len(inputs.items) > 0 {
		w.with.put("inputs", inputs)
	}
	w.with.put("outputs", outputs)
	w.with.put("source", "return {"+strings.Join(returned, ", ")+"}")
	return true
}

package importer

import (
	"fmt"
	"slices"
	"strings"
)

// setVariables becomes a function that returns what it is given: its outputs fill
// the variables. What is null becomes the empty text, as in the original.
func (t *twilio) setVariables(p *part) bool {
	rows := p.props.consume("variables").items()
	inputs, outputs := &value{kind: list}, &value{kind: list}
	var returned []string
	for _, row := range rows {
		in := newSettings(row.value)
		key, to := in.text("key"), in.text("value")
		if v := in.root.get("parse_as_json"); v.string() == "false" {
			in.consume("parse_as_json")
		}
		name := letterFirst("v", snake(key))
		taken := slices.ContainsFunc(outputs.entries, func(e entry) bool { return e.value.get("name").text == name })
		if key == "" || taken || len(in.unread()) > 0 || len(name) > longestName {
			return false
		}
		if to = t.text(p.step, to); to == "" {
			returned = append(returned, name+`: ""`)
		} else {
			inputs.add(obj("name", name, "value", to))
			returned = append(returned, fmt.Sprintf(`%[1]s: args.%[1]s == null ? "" : args.%[1]s`, name))
		}
		outputs.add(obj("name", name))
		p.fill(t.vars.of("flow.variables."+key, key), name)
	}
	p.with = obj("inputs", some(inputs), "outputs", outputs, "source", "return {"+strings.Join(returned, ", ")+"}")
	return len(rows) > 0 && len(rows) <= 50
}

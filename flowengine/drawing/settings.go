package drawing

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// setting is one value of a step's fields, such as say.text or
// arguments[contact_1].variable.
type setting struct {
	path  string
	value string   // as a difference shows it
	order []string // set if this is the order of a list whose items have names
}

// settings lists the values that the fields of a step hold, by path. The items
// of a list go by their name, or else by their number from 1; the order of a
// list that goes by names is a setting of its own.
func settings(with map[string]any) []setting {
	var out []setting
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case nil:
			out = append(out, setting{path: path, value: "null"})
		case string:
			out = append(out, setting{path: path, value: quote(v)})
		case map[string]any:
			if len(v) == 0 && path != "" {
				out = append(out, setting{path: path, value: "{}"})
			}
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(strings.TrimPrefix(path+"."+pathWord(k), "."), v[k])
			}
		case []any:
			if len(v) == 0 {
				out = append(out, setting{path: path, value: "[]"})
			}
			names := itemNames(v)
			if names != nil {
				out = append(out, setting{path: path + "[] order", order: names})
			}
			for i, item := range v {
				key := strconv.Itoa(i + 1)
				if names != nil {
					key = pathWord(names[i])
				}
				walk(path+"["+key+"]", item)
			}
		}
	}
	walk("", with)
	return out
}

// pathWord quotes a key that could be taken for more than one.
func pathWord(s string) string {
	if s == "" || strings.ContainsAny(s, ".[]\" \n") {
		return strconv.Quote(s)
	}
	return s
}

// itemNames returns the names of a list's items, nil unless each has its own.
func itemNames(items []any) []string {
	seen := map[string]bool{}
	var out []string
	for _, item := range items {
		fields, _ := item.(map[string]any)
		name, _ := fields["name"].(string)
		if name == "" || seen[name] {
			return nil
		}
		seen[name] = true
		out = append(out, name)
	}
	return out
}

// settings compares the fields of a step.
func (d *difference) settings(a, b []setting) {
	for was, is := range pairs(a, b, func(s setting) string { return s.path }) {
		switch {
		case was.order != nil && is.order != nil:
			d.order(is.path, was.order, is.order)
		case was.path == "" && is.order == nil:
			d.line("+", "%s: %s", is.path, is.value)
		case is.path == "" && was.order == nil:
			d.line("-", "%s: %s", was.path, was.value)
		case was.value != is.value:
			d.line("~", "%s: %s → %s", is.path, was.value, is.value)
		}
	}
}

// order compares the order of the items that both lists have.
func (d *difference) order(path string, a, b []string) {
	common := func(of, other []string) string {
		var out []string
		for _, name := range of {
			if slices.Contains(other, name) {
				out = append(out, pathWord(name))
			}
		}
		return strings.Join(out, ", ")
	}
	if was, is := common(a, b), common(b, a); was != is {
		d.line("~", "%s: %s → %s", path, was, is)
	}
}

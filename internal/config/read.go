package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"ringflow/flowengine/flowfile"
)

// reading compares a configuration file with the type that it is read into, so
// that each value that does not fit is told at its line, under its key.
type reading struct {
	m    *collector
	root reflect.Type
}

// file compares the whole file, c.root.
func (r reading) file() {
	top := &r.m.c.root
	if len(top.Content) == 0 {
		return
	}
	if n := top.Content[0]; child(n, "steps") != nil && child(n, "trigger") != nil {
		r.m.mark(n, "$", "this is a flow file and no configuration: put it into the folder that accounts[].flows names, or try ringflow flow check")
		return
	}
	r.value(top.Content[0], r.root, "$")
}

// value compares one value. Whatever it does not judge, the YAML reader does.
func (r reading) value(n *yaml.Node, t reflect.Type, at string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return // as if it were not there
	}
	switch {
	case t.Kind() == reflect.Struct:
		r.object(n, t, at)
	case t.Kind() == reflect.Slice:
		r.list(n, t, at)
	case t.Kind() == reflect.Map:
		r.pairs(n, t, at)
	case n.Kind != yaml.ScalarNode:
		r.m.mark(n, at, "%s stands where one value is needed%s", kindOf(n), example(t))
	default:
		r.scalar(n, t, at)
	}
}

// scalar compares a single value. What it holds is told, but where any text
// fits, so that no password is.
func (r reading) scalar(n *yaml.Node, t reflect.Type, at string) {
	err := n.Decode(reflect.New(t).Interface())
	if err == nil {
		return
	}
	var own *yaml.TypeError
	if _, reads := reflect.New(t).Interface().(yaml.Unmarshaler); reads && errors.As(err, &own) {
		r.m.mark(n, at, "%s", own.Errors[0])
		return
	}
	r.m.mark(n, at, "%q is not %s%s", n.Value, kindWanted(t), example(t))
}

func (r reading) object(n *yaml.Node, t reflect.Type, at string) {
	keys := keysOf(t)
	if n.Kind != yaml.MappingNode {
		r.m.mark(n, at, "%s stands where keys are needed: there are %s", kindOf(n), strings.Join(keys, ", "))
		return
	}
	first := map[string]int{} // the line of each key
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		r.rename(key, t, at)
		f, known := fieldOf(t, key.Value)
		here := at + "." + key.Value
		switch line, twice := first[key.Value], first[key.Value] > 0; {
		case key.ShortTag() == "!!merge":
			continue
		case twice:
			r.m.mark(key, here, "the key stands twice, in line %d too: remove one", line)
			r.m.told[at] = true // the YAML reader leaves all of the mapping out
		case !known:
			near := flowfile.Nearest(key.Value, keys)
			r.m.mark(key, here, "there is no such key%s", r.meant(key.Value, near, at))
			if near != "" {
				r.m.told[at+"."+near] = true // that it is missing follows
			}
		default:
			r.value(v, f.Type, here)
		}
		first[key.Value] = key.Line
	}
}

// rename gives a key that says the same as another, in the words of a neighbour or
// of another product, the name that it has here, and notes a warning. A mapping that
// has it under its own name as well has it twice then, which is a mistake.
func (r reading) rename(key *yaml.Node, t reflect.Type, at string) {
	own := ownName(t, key.Value)
	if own == "" {
		return
	}
	c := r.m.c
	here := strings.TrimPrefix(at+"."+key.Value, "$.")
	c.Renamed = append(c.Renamed, fmt.Sprintf("%s:%d: %s: warning: the key is %s here: write that; it is taken for it", c.Path, key.Line, here, own))
	key.Value = own
}

// ownName is the key of t that another word is taken for, "" if none is.
func ownName(t reflect.Type, word string) string {
	for i := range t.NumField() {
		if tag := t.Field(i).Tag; word != "" && tag.Get("also") == word {
			return tag.Get("yaml")
		}
	}
	return ""
}

// meant suggests the key of the same mapping that was probably meant, or says
// where else the key belongs.
func (r reading) meant(key, near, at string) string {
	if near != "" {
		return ": did you mean " + near + "?"
	}
	if places := placesOf(r.root, key, ""); len(places) > 0 && at == "$" {
		return ": it stands under " + strings.Join(places, ", ")
	} else if len(places) > 0 {
		return " here: it stands under " + strings.Join(places, ", ")
	}
	return ""
}

func (r reading) list(n *yaml.Node, t reflect.Type, at string) {
	if n.Kind != yaml.SequenceNode {
		key := at[strings.LastIndexByte(at, '.')+1:]
		switch {
		case t.Elem().Kind() == reflect.Struct:
			r.m.mark(n, at, "%s is a list: begin each of its items with a dash, as in \"- %s: …\"", key, keysOf(t.Elem())[0])
		case n.Kind == yaml.ScalarNode:
			r.m.mark(n, at, "%s is a list: write [%s]", key, n.Value)
		default:
			r.m.mark(n, at, "%s is a list: write [a, b]", key)
		}
		return
	}
	for i, item := range n.Content {
		here := fmt.Sprintf("%s[%d]", at, i)
		r.value(item, t.Elem(), here)
		r.m.told[at] = r.m.told[at] || r.m.told[here] // the YAML reader leaves it out, so that those behind it move up
	}
}

func (r reading) pairs(n *yaml.Node, t reflect.Type, at string) {
	if n.Kind != yaml.MappingNode {
		r.m.mark(n, at, "%s stands where keys are needed: write {603: busy}", kindOf(n))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.ShortTag() != "!!merge" {
			r.value(key, t.Key(), at)
			r.value(n.Content[i+1], t.Elem(), at+"."+key.Value)
		}
	}
}

// kindOf says what stands in the file.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

// kindWanted says what a single value should be.
func kindWanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "a text"
}

// example shows how a single value is written, where kindWanted does not.
func example(t reflect.Type) string {
	if _, reads := reflect.New(t).Interface().(yaml.Unmarshaler); reads {
		return ""
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return ": write it in digits, such as 100"
	case reflect.Float64:
		return ": write it in digits, such as 2 or 0.5"
	}
	return ""
}

// keysOf lists the keys of a mapping that is read into a struct.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	return t.FieldByNameFunc(func(name string) bool {
		f, _ := t.FieldByName(name)
		return key != "" && f.Tag.Get("yaml") == key
	})
}

// placesOf lists the mappings, such as sip or accounts[].trunks[], that have a key.
func placesOf(t reflect.Type, key, at string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	var places []string
	if t.Kind() != reflect.Struct {
		return nil
	}
	if at != "" && slices.Contains(keysOf(t), key) {
		places = append(places, at)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if inner := f.Tag.Get("yaml"); inner != "" {
			if f.Type.Kind() == reflect.Slice {
				inner += "[]"
			}
			places = append(places, placesOf(f.Type, key, strings.TrimPrefix(at+"."+inner, "."))...)
		}
	}
	return places
}

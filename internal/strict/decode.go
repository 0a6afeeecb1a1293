package strict

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parse reads the syntax of a file in YAML or JSON. The error has the line, what is
// wrong there and what would be right, and no value of the file: it may be a secret.
func Parse(file string, text []byte) (*Document, error) {
	d := &Document{File: file, reported: map[string]bool{}}
	if err := yaml.Unmarshal(text, &d.root); err != nil {
		e := ExplainSyntax(text, err)
		return nil, fmt.Errorf("%s:%d: %w", file, e.Line, e)
	}
	return d, nil
}

// Decode reads the file into the struct that into points to and reports each value
// that does not fit. The tag names the keys, as yaml and json do. A field without a
// value has that of its tag default, in YAML; the tag also is another name that is
// taken for the key. What is reported leaves its field as it was.
func (d *Document) Decode(tag string, into any) {
	v := reflect.ValueOf(into).Elem()
	r := decoder{d, tag, v.Type(), map[*yaml.Node]bool{}}
	r.defaults(v)
	if len(d.root.Content) > 0 {
		r.value(d.root.Content[0], v, "$")
	}
}

// decoder walks a file beside the struct that it is read into.
type decoder struct {
	*Document
	tag     string
	root    reflect.Type
	merging map[*yaml.Node]bool // mappings whose merge has begun
}

func (r decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return // as if it were not there
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
		r.defaults(v)
	}
	switch {
	case v.Kind() == reflect.Struct:
		r.object(n, v, path)
	case v.Kind() == reflect.Slice:
		r.list(n, v, path)
	case v.Kind() == reflect.Map:
		r.pairs(n, v, path)
	case n.Kind != yaml.ScalarNode:
		_, example := wanted(v.Type())
		r.fail(n, path, "%s stands where one value is needed%s", Kind(n), example)
	default:
		r.scalar(n, v, path)
	}
}

// scalar reads a single value, which a type may do itself. What it holds is reported, but
// where any text fits, so that no password is.
func (r decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if own, is := v.Addr().Interface().(encoding.TextUnmarshaler); is {
		if err := own.UnmarshalText([]byte(n.Value)); err != nil {
			r.fail(n, path, "%w", err)
		}
	} else if n.Decode(v.Addr().Interface()) != nil {
		what, example := wanted(v.Type())
		r.fail(n, path, "%q is not %s%s", n.Value, what, example)
	}
}

// object reads a mapping. A merge gives what the keys of the mapping itself do not.
func (r decoder) object(n *yaml.Node, v reflect.Value, path string) {
	keys := r.keys(v.Type())
	if n.Kind != yaml.MappingNode {
		r.fail(n, path, "%s stands where keys are needed: there are %s", Kind(n), strings.Join(keys, ", "))
		return
	}
	for key, value := range Entries(n) {
		if key.ShortTag() == "!!merge" {
			r.merge(value, v, path)
		}
	}
	first := map[string]int{} // the line of each key
	for key, value := range Entries(n) {
		if key.ShortTag() == "!!merge" {
			continue
		}
		r.rename(key, v.Type(), path)
		here := path + "." + key.Value
		i := slices.Index(keys, key.Value)
		switch line := first[key.Value]; {
		case line > 0:
			r.fail(key, here, "the key stands twice, in line %d too: remove one", line)
		case i < 0:
			near := Nearest(key.Value, keys)
			r.fail(key, here, "there is no such key%s", r.suggestion(key.Value, near, path, keys))
			if near != "" {
				r.reported[path+"."+near] = true // its absence follows
			}
		default:
			r.value(value, v.FieldByIndex(r.field(v.Type(), key.Value).Index), here)
		}
		first[key.Value] = key.Line
	}
}

func (r decoder) merge(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.SequenceNode {
		for _, one := range slices.Backward(n.Content) { // the first one counts
			r.merge(one, v, path)
		}
		return
	}
	if r.merging[n] {
		r.fail(n, path, "the merge contains itself")
		return
	}
	r.merging[n] = true
	r.object(n, v, path)
	delete(r.merging, n)
}

// rename gives a key that stands under another name the name that it has here, and
// adds a warning. A mapping that has it under its own name as well has it twice then.
func (r decoder) rename(key *yaml.Node, t reflect.Type, path string) {
	for f := range t.Fields() {
		if own := f.Tag.Get(r.tag); key.Value != "" && f.Tag.Get("also") == key.Value {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s:%d: %s: warning: the key is %s here: write that; it is taken for it",
				r.File, key.Line, strings.TrimPrefix(path+"."+key.Value, "$."), own))
			key.Value = own
			return
		}
	}
}

// suggestion names the key of the same mapping that was probably meant, or says
// where else the key belongs.
func (r decoder) suggestion(key, near, path string, known []string) string {
	if near != "" {
		return ": did you mean " + near + "?"
	}
	mappings := strings.Join(r.mappingsWith(r.root, key, ""), ", ")
	switch {
	case mappings == "" && len(known) <= shortList:
		return ": there are " + strings.Join(known, ", ")
	case mappings == "":
		return ""
	case path == "$":
		return ": it stands under " + mappings
	}
	return " here: it stands under " + mappings
}

// OneOrMore is implemented by lists that may be written as their only item.
type OneOrMore interface{ OneOrMore() }

func (r decoder) list(n *yaml.Node, v reflect.Value, path string) {
	item := v.Type().Elem()
	if n.Kind == yaml.ScalarNode && isOneOrMore(v) {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		r.scalar(n, v.Index(0), path)
		return
	}
	if n.Kind != yaml.SequenceNode {
		key := path[strings.LastIndexByte(path, '.')+1:]
		switch {
		case item.Kind() == reflect.Struct:
			r.fail(n, path, "%s is a list: begin each of its items with a dash, as in \"- %s: …\"", key, r.keys(item)[0])
		case n.Kind == yaml.ScalarNode:
			r.fail(n, path, "%s is a list: write [%s]", key, n.Value)
			v.Set(reflect.Append(v, reflect.Zero(item)))
			r.scalar(n, v.Index(0), path) // for Validate, which knows whether it could be an item
		default:
			r.fail(n, path, "%s is a list: write [a, b]", key)
		}
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, one := range n.Content {
		r.defaults(v.Index(i))
		r.value(one, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (r decoder) pairs(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		example := "{Name: value}"
		if v.Type().Key().Kind() == reflect.Int {
			example = "{603: busy}"
		}
		r.fail(n, path, "%s stands where keys are needed: write %s", Kind(n), example)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for key, value := range Entries(n) {
		if key.ShortTag() != "!!merge" {
			k, one := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			r.value(key, k, path)
			r.value(value, one, path+"."+key.Value)
			v.SetMapIndex(k, one)
		}
	}
}

// defaults gives the fields of a struct, and of those in it, the values of their
// tags.
func (r decoder) defaults(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for f, field := range v.Fields() {
		if text := f.Tag.Get("default"); text != "" {
			r.value(&yaml.Node{Kind: yaml.ScalarNode, Value: text}, field, "the tag default of "+f.Name)
		} else if f.Tag.Get(r.tag) != "" {
			r.defaults(field)
		}
	}
}

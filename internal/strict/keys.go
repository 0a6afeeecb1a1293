package strict

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
)

// shortList is how many keys an error lists at most.
const shortList = 12

// name is the key of a field, "" if it has none.
func (r decoder) name(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get(r.tag), ",")
	return name
}

// keys lists the keys of a mapping that is read into a struct.
func (r decoder) keys(t reflect.Type) (keys []string) {
	for f := range t.Fields() {
		if key := r.name(f); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func (r decoder) field(t reflect.Type, key string) reflect.StructField {
	for f := range t.Fields() {
		if r.name(f) == key {
			return f
		}
	}
	panic("no field has the key " + key)
}

// mappingsWith lists the mappings, such as sip or accounts[].trunks[], that have a
// key.
func (r decoder) mappingsWith(t reflect.Type, key, path string) (found []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	if path != "" && slices.Contains(r.keys(t), key) {
		found = append(found, path)
	}
	for f := range t.Fields() {
		if inner := r.name(f); inner != "" {
			if f.Type.Kind() == reflect.Slice {
				inner += "[]"
			}
			found = append(found, r.mappingsWith(f.Type, key, strings.TrimPrefix(path+"."+inner, "."))...)
		}
	}
	return found
}

// wanted is what a single value of a type should be, and how it is written where that
// does not say it.
func wanted(t reflect.Type) (what, example string) {
	if _, reads := reflect.New(t).Interface().(encoding.TextUnmarshaler); reads {
		return "a text", ""
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false", ""
	case reflect.Int, reflect.Int64:
		return "a whole number", ": write it in digits, such as 100"
	case reflect.Float64:
		return "a number", ": write it in digits, such as 2 or 0.5"
	}
	return "a text", ""
}

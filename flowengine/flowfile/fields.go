package flowfile

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

var (
	textType   = reflect.TypeFor[Text]()
	numberType = reflect.TypeFor[Number]()
	sayType    = reflect.TypeFor[SpeechSource]()
	soundType  = reflect.TypeFor[AudioSource]()
)

// fieldsOf derives the fields of a configuration struct from its tags. The
// fields of an embedded struct stand among those of the outer one. It panics at
// a tag or type that it cannot read, which is a mistake of the programmer.
func fieldsOf(t reflect.Type) []Field {
	var out []Field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				out = append(out, inner)
			}
			continue
		}
		if name, ok := f.Tag.Lookup("field"); ok {
			out = append(out, fieldOf(f, name, i))
		}
	}
	return out
}

func fieldOf(f reflect.StructField, name string, i int) Field {
	out := Field{
		Name: name, Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"), Required: f.Tag.Get("required") == "true",
		Meaning: Meaning(f.Tag.Get("is")), OneOf: f.Tag.Get("oneof"), index: []int{i},
		Min: limit(f, "min"), Max: limit(f, "max"),
	}
	if c := f.Tag.Get("choices"); c != "" {
		out.Choices = strings.Split(c, ",")
	}
	out.Type, out.Variables, out.Fields = shape(f.Type)
	if out.Doc == "" {
		panic(fmt.Sprintf("flowengine: field %s has no doc tag", f.Name))
	}
	return out
}

func limit(f reflect.StructField, tag string) *int {
	s, ok := f.Tag.Lookup(tag)
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("flowengine: field %s: tag %s: %v", f.Name, tag, err))
	}
	return &n
}

// shape tells how a Go type is written in a flow file.
func shape(t reflect.Type) (ft FieldType, variables bool, fields []Field) {
	switch {
	case t == textType:
		return FieldText, true, nil
	case t == numberType:
		return FieldNumber, true, nil
	}
	switch t.Kind() {
	case reflect.String:
		return FieldText, false, nil
	case reflect.Int:
		return FieldNumber, false, nil
	case reflect.Bool:
		return FieldBoolean, false, nil
	case reflect.Struct:
		return FieldObject, false, fieldsOf(t)
	case reflect.Pointer:
		return shape(t.Elem())
	case reflect.Slice:
		_, variables, fields = shape(t.Elem())
		return FieldList, variables, fields
	case reflect.Map:
		if t.Key().Kind() == reflect.String && t.Elem() == textType {
			return FieldMap, true, nil
		}
	}
	panic(fmt.Sprintf("flowengine: a field cannot be of type %s", t))
}

package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Forms are the forms of values by the names that tags refer to. A form says what is
// wrong with a value, nil if nothing is.
type Forms map[string]func(value any) error

// Validate reports the values of a decoded struct that its tags do not allow: min
// bounds a number; oneof lists the texts, with commas; form names a form, of a value
// or of each item of a list. An empty text has any form, unless the tag need is set.
func (d *Document) Validate(tag string, from any, forms Forms) {
	decoder{Document: d, tag: tag}.validate(reflect.ValueOf(from).Elem(), "$", forms)
}

func (r decoder) validate(v reflect.Value, path string, forms Forms) {
	for f, field := range v.Fields() {
		key := r.name(f)
		if key == "" {
			continue
		}
		here := path + "." + key
		switch {
		case field.Kind() == reflect.Struct:
			r.validate(field, here, forms)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			for i := range field.Len() {
				r.validate(field.Index(i), fmt.Sprintf("%s[%d]", here, i), forms)
			}
		case field.Kind() == reflect.Slice && r.reported[here] && field.Len() == 1:
			r.checkSingle(f.Tag, field.Index(0), here, forms)
		case field.Kind() == reflect.Slice && field.Len() == 1 && isOneOrMore(field):
			r.check(f.Tag, field.Index(0), here, forms)
		case field.Kind() == reflect.Slice:
			for i := range field.Len() {
				r.check(f.Tag, field.Index(i), fmt.Sprintf("%s[%d]", here, i), forms)
			}
		default:
			r.check(f.Tag, field, here, forms)
		}
	}
}

func isOneOrMore(v reflect.Value) bool {
	_, is := v.Interface().(OneOrMore)
	return is
}

// checkSingle mends the error of a value that stands where a list should: it is no
// item of one if its form is wrong.
func (r decoder) checkSingle(tag reflect.StructTag, v reflect.Value, path string, forms Forms) {
	i := slices.IndexFunc(r.errs, func(e Error) bool { return e.Path == path })
	if form, has := forms[tag.Get("form")]; has && i >= 0 {
		if err := form(v.Interface()); err != nil {
			r.errs[i] = r.ErrorAt(path, fmt.Errorf("%s is a list, and %w", path[strings.LastIndexByte(path, '.')+1:], err))
		}
	}
}

func (r decoder) check(tag reflect.StructTag, v reflect.Value, path string, forms Forms) {
	if v.Kind() == reflect.String && v.Len() == 0 && tag.Get("need") == "" {
		return
	}
	if choices := strings.Split(tag.Get("oneof"), ","); choices[0] != "" && !slices.Contains(choices, v.String()) {
		r.Add(path, "%q is not one of %s", v, strings.Join(choices, ", "))
	}
	if text := tag.Get("min"); text != "" {
		lowest, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic(fmt.Sprintf("the tag min of %s: %v", path, err))
		}
		if n := v.Convert(reflect.TypeFor[float64]()).Float(); n < lowest {
			r.Add(path, "%v is less than %s", v, text)
		}
	}
	if name := tag.Get("form"); name != "" {
		if err := forms[name](v.Interface()); err != nil {
			r.Add(path, "%w", err)
		}
	}
}

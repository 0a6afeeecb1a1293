package flowfile

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ringflow/internal/strict"
)

// decoder reads the nodes of one step into its configuration. It goes on after
// a mistake, so that an author sees all of them at once.
type decoder struct {
	out *DecodedStep
}

// full reports whether the step has so many problems that no more are added.
func (d *decoder) full() bool { return len(d.out.Problems) >= maxProblems }

func (d *decoder) fail(line int, path, what, mend string) {
	if d.full() {
		return
	}
	d.out.Problems = append(d.out.Problems, Problem{Severity: SeverityError, Line: line, Field: path, What: what, Mend: mend})
}

// object reads a mapping into the struct to.
func (d *decoder) object(n *node, path string, fields []Field, to reflect.Value) {
	if n.null {
		n = &node{kind: nodeMapping, line: n.line}
	}
	if n.kind != nodeMapping {
		d.fail(n.line, path, "a mapping is needed here, not "+n.describe(), "")
		return
	}
	var names []string
	for i := range fields {
		names = append(names, fields[i].Name)
	}
	for _, given := range n.fields {
		if slices.Contains(names, given.name) || d.full() {
			continue
		}
		mend := "remove it: there is nothing to set here"
		if len(names) > 0 {
			mend = strict.DidYouMean(given.name, names)
		}
		if to.Type() == sayType && given.name == "file" {
			d.fail(given.line, join(path, given.name), "the field is not known", "write file in the place of say: a sound is either")
			return
		}
		d.fail(given.line, join(path, given.name), "the field is not known", mend)
	}
	chosen := map[string]int{}
	for i := range fields {
		f := &fields[i]
		given := n.field(f.Name)
		if given != nil && given.null {
			given = nil
		}
		if given != nil && f.OneOf != "" {
			chosen[f.OneOf]++
		}
		d.field(n, given, join(path, f.Name), f, to.FieldByIndex(f.index))
	}
	for i := range fields {
		if group := fields[i].OneOf; group != "" && chosen[group] != 1 {
			d.fail(n.line, path, fmt.Sprintf("%d of %s are given", chosen[group], groupNames(fields, group)), "give exactly one")
			chosen[group] = 1 // reported once
		}
	}
	if say, is := to.Addr().Interface().(*SpeechSource); is {
		d.out.speeches = append(d.out.speeches, speechAt{say, path, n})
	}
	if to.Addr().Type() == reflect.PointerTo(audioType) {
		d.out.AudioSources = append(d.out.AudioSources, to.Addr().Interface().(*AudioSource))
	}
	for i := range to.NumField() {
		if f := to.Type().Field(i); f.Anonymous && f.Type == audioType {
			d.out.AudioSources = append(d.out.AudioSources, to.Field(i).Addr().Interface().(*AudioSource))
		}
	}
}

func groupNames(fields []Field, group string) string {
	var names []string
	for _, f := range fields {
		if f.OneOf == group {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// field reads the value of one field, or its default if none is given.
func (d *decoder) field(parent, given *node, path string, f *Field, to reflect.Value) {
	if given == nil {
		switch {
		case f.Required:
			d.fail(parent.line, path, "the field is missing", f.hint())
		case f.Default != "":
			d.value(&node{text: f.Default, line: parent.line}, path, f, to)
		}
		return
	}
	if f.Required && given.kind == nodeScalar && given.text == "" {
		d.fail(given.line, path, "the field is empty", f.hint())
		return
	}
	d.value(given, path, f, to)
}

// hint says what the field is for and what it may hold.
func (f *Field) hint() string {
	s := "the manual says: " + strings.TrimSuffix(f.Doc, ".")
	if f.limits() != "" {
		s += " (" + f.limits() + ")"
	}
	if f.Choices != nil {
		s += ": " + strings.Join(f.Choices, ", ")
	}
	return s
}

// value reads one value by the type that it is read into.
func (d *decoder) value(n *node, path string, f *Field, to reflect.Value) {
	switch {
	case to.Type() == textType:
		d.text(n, path, f, to.Addr().Interface().(*Text))
	case to.Type() == numberType:
		d.number(n, path, f, to.Addr().Interface().(*Number))
	case to.Kind() == reflect.Struct:
		d.object(n, path, f.Fields, to)
	case to.Kind() == reflect.Pointer:
		p := reflect.New(to.Type().Elem())
		d.value(n, path, f, p.Elem())
		to.Set(p)
	case to.Kind() == reflect.Slice:
		d.list(n, path, f, to)
	case to.Kind() == reflect.Map:
		d.texts(n, path, f, to)
	default:
		d.scalar(n, path, f, to)
	}
}

// single reports whether n is a single value, and says so if it is not.
func (d *decoder) single(n *node, path string, f *Field) bool {
	if n.kind != nodeScalar || n.null {
		d.fail(n.line, path, "a single value is needed here, not "+n.describe(), f.hint())
		return false
	}
	return true
}

func (d *decoder) text(n *node, path string, f *Field, to *Text) {
	if !d.single(n, path, f) {
		return
	}
	t, err := parseText(n.text)
	if err != nil {
		d.fail(n.line, path, err.Error(), "")
		return
	}
	before := len(d.out.Problems)
	defer func() {
		if len(d.out.Problems) == before { // a Checker sees no text that is wrong by itself
			*to = t
		}
	}()
	d.out.texts = append(d.out.texts, textAt{path: path, line: n.line, text: t, field: f})
	if s, ok := t.Literal(); ok {
		d.literal(n.line, path, f, s)
	} else if f.Max != nil && utf8.RuneCountInString(n.text) > *f.Max {
		d.fail(n.line, path, "the text is too long", f.hint())
	}
	if _, ok := t.Reference(); f.Meaning == MeansReference && !ok {
		d.fail(n.line, path, fmt.Sprintf("%q is not one variable", n.text), "write %{current_flow.name} and nothing else")
	}
}

func (d *decoder) number(n *node, path string, f *Field, to *Number) {
	if !d.single(n, path, f) {
		return
	}
	to.field = f
	before := len(d.out.Problems)
	defer func() { to.wrong = len(d.out.Problems) > before }()
	if strings.Contains(n.text, "%{") {
		t, err := parseText(n.text)
		if err != nil {
			d.fail(n.line, path, err.Error(), "")
			return
		}
		to.text = t
		d.out.texts = append(d.out.texts, textAt{path: path, line: n.line, text: t, field: f})
		return
	}
	to.value = d.integer(n, path, f)
}

func (d *decoder) integer(n *node, path string, f *Field) int {
	v, err := strconv.Atoi(n.text)
	if err != nil {
		d.fail(n.line, path, fmt.Sprintf("%q is no whole number", n.text), f.hint())
		return 0
	}
	if what := f.beyond(v, "the number"); what != "" {
		d.fail(n.line, path, what, "")
	}
	return v
}

// scalar reads the plain types, in which no variable may stand.
func (d *decoder) scalar(n *node, path string, f *Field, to reflect.Value) {
	if !d.single(n, path, f) {
		return
	}
	switch to.Kind() {
	case reflect.Bool:
		if n.text != "true" && n.text != "false" {
			d.fail(n.line, path, fmt.Sprintf("%q is neither true nor false", n.text), f.hint())
		}
		to.SetBool(n.text == "true")
	case reflect.Int:
		to.SetInt(int64(d.integer(n, path, f)))
	default:
		if strings.Contains(n.text, "%{") {
			d.fail(n.line, path, "no variable may stand here", f.hint())
			return
		}
		before := len(d.out.Problems)
		d.literal(n.line, path, f, n.text)
		d.collect(n.line, path, f, n.text)
		if len(d.out.Problems) == before { // a Checker sees no text that is wrong by itself
			to.SetString(n.text)
		}
	}
}

func (d *decoder) list(n *node, path string, f *Field, to reflect.Value) {
	if n.kind != nodeList {
		d.fail(n.line, path, "a list is needed here, not "+n.describe(), f.hint())
		return
	}
	if what := f.beyond(len(n.items), "the number of items"); what != "" {
		d.fail(n.line, path, what, "")
	}
	item := Field{Name: f.Name, Doc: f.Doc, Meaning: f.Meaning, Choices: f.Choices, Fields: f.Fields}
	list := reflect.MakeSlice(to.Type(), len(n.items), len(n.items))
	to.Set(list)
	for i, c := range n.items {
		d.value(c, fmt.Sprintf("%s[%d]", path, i), &item, to.Index(i))
	}
}

func (d *decoder) texts(n *node, path string, f *Field, to reflect.Value) {
	if n.kind != nodeMapping {
		d.fail(n.line, path, "a mapping is needed here, not "+n.describe(), f.hint())
		return
	}
	item := Field{Name: f.Name, Doc: f.Doc, Meaning: f.Meaning}
	out := make(map[string]Text, len(n.fields))
	for _, c := range n.fields {
		var t Text
		d.text(c.value, join(path, c.name), &item, &t)
		out[c.name] = t
	}
	to.Set(reflect.ValueOf(out))
}

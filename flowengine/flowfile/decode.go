package flowfile

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/strict"
)

// decoder reads the nodes of one step into its configuration. It goes on after
// a mistake, so that an author sees all of them at once.
type decoder struct {
	problems
	out *DecodedStep
}

func (d *decoder) fail(line int, path, what, mend string) {
	d.problems.fail(line, "", path, what, mend)
}

// object reads a mapping into the struct to.
func (d *decoder) object(n *yaml.Node, path string, fields []Field, to reflect.Value) {
	if isNull(n) {
		n = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line}
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, path, "a mapping is needed here, not "+describe(n), "")
		return
	}
	var names []string
	for i := range fields {
		names = append(names, fields[i].Name)
	}
	for key := range strict.Entries(n) {
		if slices.Contains(names, key.Value) || d.full() {
			continue
		}
		mend := "remove it: there is nothing to set here"
		if len(names) > 0 {
			mend = strict.DidYouMean(key.Value, names)
		}
		if to.Type() == sayType && key.Value == "file" {
			d.fail(key.Line, join(path, key.Value), "the field is not known", "write file in the place of say: a sound is either")
			return
		}
		d.fail(key.Line, join(path, key.Value), "the field is not known", mend)
	}
	chosen := map[string]int{}
	for i := range fields {
		f := &fields[i]
		given := strict.Value(n, f.Name)
		if given != nil && isNull(given) {
			given = nil
		}
		if given != nil && f.OneOf != "" {
			chosen[f.OneOf]++
		}
		d.field(n, given, join(path, f.Name), f, to.FieldByIndex(f.index))
	}
	for i := range fields {
		if group := fields[i].OneOf; group != "" && chosen[group] != 1 {
			d.fail(n.Line, path, fmt.Sprintf("%d of %s are given", chosen[group], strings.Join(groupNames(fields, group), ", ")), "give exactly one")
			chosen[group] = 1 // reported once
		}
	}
	switch source := to.Addr().Interface().(type) {
	case *SpeechSource:
		d.out.speeches = append(d.out.speeches, speechAt{source, path, n})
	case interface{ self() *AudioSource }: // or a struct that embeds one
		d.out.AudioSources = append(d.out.AudioSources, source.self())
	}
}

// groupNames names the fields of which exactly one is set.
func groupNames(fields []Field, group string) (names []string) {
	for _, f := range fields {
		if f.OneOf == group {
			names = append(names, f.Name)
		}
	}
	return names
}

// field reads the value of one field, or its default if none is given.
func (d *decoder) field(parent, given *yaml.Node, path string, f *Field, to reflect.Value) {
	switch {
	case given != nil && f.Required && given.Kind == yaml.ScalarNode && given.Value == "":
		d.fail(given.Line, path, "the field is empty", f.hint())
	case given != nil:
		d.value(given, path, f, to)
	case f.Required:
		d.fail(parent.Line, path, "the field is missing", f.hint())
	case f.Default != "":
		d.value(&yaml.Node{Kind: yaml.ScalarNode, Value: f.Default, Line: parent.Line}, path, f, to)
	}
}

// hint says what the field is for and what it may hold.
func (f *Field) hint() string {
	s := "the manual says: " + strings.TrimSuffix(f.Doc, ".")
	if f.Limits() != "" {
		s += " (" + f.Limits() + ")"
	}
	if f.Choices != nil {
		s += ": " + strings.Join(f.Choices, ", ")
	}
	return s
}

// value reads one value by the type that it is read into.
func (d *decoder) value(n *yaml.Node, path string, f *Field, to reflect.Value) {
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
		d.items(n, path, f, to)
	case to.Kind() == reflect.Map:
		d.texts(n, path, f, to)
	default:
		d.scalar(n, path, f, to)
	}
}

// single reports whether n is a single value, and says so if it is not.
func (d *decoder) single(n *yaml.Node, path string, f *Field) bool {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.fail(n.Line, path, "a single value is needed here, not "+describe(n), f.hint())
		return false
	}
	return true
}

func (d *decoder) text(n *yaml.Node, path string, f *Field, to *Text) {
	if !d.single(n, path, f) {
		return
	}
	t, err := parseText(n.Value)
	if err != nil {
		d.fail(n.Line, path, err.Error(), "")
		return
	}
	before := len(d.list)
	d.out.texts = append(d.out.texts, textAt{path: path, line: n.Line, text: t, field: f})
	if s, ok := t.Literal(); ok {
		d.literal(n.Line, path, f, s)
	} else if f.Max != nil && utf8.RuneCountInString(n.Value) > *f.Max {
		d.fail(n.Line, path, "the text is too long", f.hint())
	}
	if _, ok := t.Reference(); f.Meaning == MeansReference && !ok {
		d.fail(n.Line, path, fmt.Sprintf("%q is not one variable", n.Value), "write %{current_flow.name} and nothing else")
	}
	if len(d.list) == before { // a Checker sees no text that is wrong by itself
		*to = t
	}
}

func (d *decoder) number(n *yaml.Node, path string, f *Field, to *Number) {
	if !d.single(n, path, f) {
		return
	}
	to.field = f
	before := len(d.list)
	if !strings.Contains(n.Value, "%{") {
		to.value = d.integer(n, path, f)
	} else if t, err := parseText(n.Value); err != nil {
		d.fail(n.Line, path, err.Error(), "")
	} else {
		to.text = t
		d.out.texts = append(d.out.texts, textAt{path: path, line: n.Line, text: t, field: f})
	}
	to.wrong = len(d.list) > before
}

func (d *decoder) integer(n *yaml.Node, path string, f *Field) int {
	v, err := strconv.Atoi(n.Value)
	if err != nil {
		d.fail(n.Line, path, fmt.Sprintf("%q is no whole number", n.Value), f.hint())
		return 0
	}
	if what := f.beyond(v, "the number"); what != "" {
		d.fail(n.Line, path, what, "")
	}
	return v
}

// scalar reads the plain types, in which no variable may stand.
func (d *decoder) scalar(n *yaml.Node, path string, f *Field, to reflect.Value) {
	if !d.single(n, path, f) {
		return
	}
	switch to.Kind() {
	case reflect.Bool:
		if n.Value != "true" && n.Value != "false" {
			d.fail(n.Line, path, fmt.Sprintf("%q is neither true nor false", n.Value), f.hint())
		}
		to.SetBool(n.Value == "true")
	case reflect.Int:
		to.SetInt(int64(d.integer(n, path, f)))
	default:
		if strings.Contains(n.Value, "%{") {
			d.fail(n.Line, path, "no variable may stand here", f.hint())
			return
		}
		before := len(d.list)
		d.literal(n.Line, path, f, n.Value)
		d.collect(n.Line, path, f, n.Value)
		if len(d.list) == before { // a Checker sees no text that is wrong by itself
			to.SetString(n.Value)
		}
	}
}

func (d *decoder) items(n *yaml.Node, path string, f *Field, to reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n.Line, path, "a list is needed here, not "+describe(n), f.hint())
		return
	}
	if what := f.beyond(len(n.Content), "the number of items"); what != "" {
		d.fail(n.Line, path, what, "")
	}
	item := Field{Name: f.Name, Doc: f.Doc, Meaning: f.Meaning, Choices: f.Choices, Fields: f.Fields}
	list := reflect.MakeSlice(to.Type(), len(n.Content), len(n.Content))
	to.Set(list)
	for i, c := range n.Content {
		d.value(c, fmt.Sprintf("%s[%d]", path, i), &item, to.Index(i))
	}
}

func (d *decoder) texts(n *yaml.Node, path string, f *Field, to reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, path, "a mapping is needed here, not "+describe(n), f.hint())
		return
	}
	item := Field{Name: f.Name, Doc: f.Doc, Meaning: f.Meaning}
	out := make(map[string]Text, len(n.Content)/2)
	for key, value := range strict.Entries(n) {
		var t Text
		d.text(value, join(path, key.Value), &item, &t)
		out[key.Value] = t
	}
	to.Set(reflect.ValueOf(out))
}

// nameForms are the forms of names, by what they mean.
var nameForms = map[Meaning]struct {
	form       *regexp.Regexp
	noun, mend string
}{
	MeansVariable:     {variableName, "name of a variable", "write 1 to 64 lower-case letters, digits or _"},
	MeansExit:         {exitName, "name", "write 1 to 64 lower-case letters, digits or _, a letter first"},
	MeansStepVariable: {exitName, "name", "write 1 to 64 lower-case letters, digits or _, a letter first"},
	MeansKey:          {regexp.MustCompile(`^[0-9*#]$`), "key", "write one of 0 to 9, * or #"},
}

var exitName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// literal checks a text without variables against what its field means.
func (d *decoder) literal(line int, path string, f *Field, s string) {
	if what := f.beyond(utf8.RuneCountInString(s), "the number of characters"); what != "" {
		d.fail(line, path, what, "")
	}
	if f.Choices != nil && !slices.Contains(f.Choices, s) {
		d.fail(line, path, fmt.Sprintf("%q is not one of the choices", s), strict.DidYouMean(s, f.Choices))
	}
	if name, is := nameForms[f.Meaning]; is && !name.form.MatchString(s) {
		d.fail(line, path, fmt.Sprintf("%q is no %s", s, name.noun), name.mend)
	}
	if f.Meaning == MeansTimeZone {
		if _, err := time.LoadLocation(s); err != nil || s == "Local" {
			d.fail(line, path, fmt.Sprintf("%q is no time zone", s), "write a name of the tz database, such as Europe/Lisbon, or UTC")
		}
	}
}

// collect adds a name to what the step sets, exits by or puts out.
func (d *decoder) collect(line int, path string, f *Field, s string) {
	switch f.Meaning {
	case MeansVariable:
		d.out.Sets = append(d.out.Sets, s)
	case MeansExit:
		d.out.Exits = append(d.out.Exits, Exit(s))
	case MeansStepVariable:
		d.out.variables = append(d.out.variables, s)
	}
	d.out.texts = append(d.out.texts, textAt{path: path, line: line, text: Text{raw: s, parts: []textPart{{literal: s}}}, field: f})
}

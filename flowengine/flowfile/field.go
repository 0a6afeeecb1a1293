package flowfile

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Field is a setting of a component, derived from one field of its
// configuration struct. The tags are
//
//	field:"ring_seconds"   the name in a flow file; without it the field is no setting
//	doc:"…"                one sentence of help
//	min:"10" max:"35"      of a number, of the length of a text, of the items of a list
//	default:"15"           what holds when it is left out
//	required:"true"        it may not be left out
//	choices:"a,b"          the only values
//	is:"own_number"        what a value means, see Meaning
//	oneof:"source"         exactly one of the fields that share the word is set
type Field struct {
	Name     string
	Doc      string
	Type     FieldType
	Min, Max *int
	Default  string
	Required bool
	Choices  []string
	Meaning  Meaning
	OneOf    string
	// Variables reports whether a value may hold %{current_flow.…}.
	Variables bool
	// Fields are those of an object, or of each item of a list.
	Fields []Field

	index []int // where the struct holds it, for reflect
}

// FieldType is the shape of a field's value.
type FieldType string

// The shapes of fields.
const (
	FieldText    FieldType = "text"
	FieldNumber  FieldType = "number"
	FieldBoolean FieldType = "boolean"
	FieldObject  FieldType = "object"
	FieldList    FieldType = "list" // of objects, or of text when Fields is empty
	FieldMap     FieldType = "map"  // of texts by name
)

// Meaning is what a text stands for, where it can be checked.
type Meaning string

// The meanings of texts.
const (
	MeansOwnNumber    Meaning = "own_number"    // a number of the account
	MeansNumber       Meaning = "number"        // a telephone number
	MeansPrompt       Meaning = "prompt"        // the name of a stored prompt
	MeansLanguage     Meaning = "language"      // a language of the speech engine, in BCP 47; it is checked with the voice beside it
	MeansConnection   Meaning = "connection"    // the name of a connection of the account
	MeansFunction     Meaning = "function"      // the body of a function in JavaScript
	MeansFunctionName Meaning = "function_name" // the name of a function of the account
	MeansVariable     Meaning = "variable"      // the name of a flow variable that the step sets
	MeansReference    Meaning = "reference"     // one variable, %{current_flow.…} and nothing else
	MeansExit         Meaning = "exit"          // the name of an exit that the item of a list adds to the step
	MeansStepVariable Meaning = "step_variable" // the name of a step variable that the item of a list adds
	MeansTimeZone     Meaning = "time_zone"     // a zone of the tz database, such as Europe/Lisbon
	MeansKey          Meaning = "key"           // one DTMF digit
)

var (
	textType   = reflect.TypeFor[Text]()
	numberType = reflect.TypeFor[Number]()
	sayType    = reflect.TypeFor[SpeechSource]()
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
		panic(fmt.Sprintf("flowfile: field %s has no doc tag", f.Name))
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
		panic(fmt.Sprintf("flowfile: field %s: tag %s: %v", f.Name, tag, err))
	}
	return &n
}

// shape is how a Go type is written in a flow file.
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
	panic(fmt.Sprintf("flowfile: a field cannot be of type %s", t))
}

package api

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"ringflow/flowengine"
)

// schemas turns Go types into JSON Schema, as encoding/json writes them. A
// struct is named by its type and stands once.
type schemas struct {
	named object
}

func newSchemas() *schemas { return &schemas{named: object{}} }

// of returns the schema of a sample's type.
func (s *schemas) of(sample any) object { return s.schema(reflect.TypeOf(sample)) }

func (s *schemas) schema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[flowengine.Status]():
		return object{"type": "string", "enum": statuses}
	case t.Kind() == reflect.Pointer:
		inner := s.schema(t.Elem())
		if name, plain := inner["type"].(string); plain {
			inner["type"] = []string{name, "null"}
			return inner
		}
		return object{"oneOf": []any{inner, object{"type": "null"}}}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Interface:
		return object{}
	case reflect.Slice:
		return object{"type": "array", "items": s.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.schema(t.Elem())}
	case reflect.Struct:
		return s.reference(t)
	}
	panic(fmt.Errorf("no schema for the type %s", t)) // shows in every test
}

// reference names the schema of a struct.
func (s *schemas) reference(t reflect.Type) object {
	name := strings.TrimSuffix(t.Name(), "Body")
	name = strings.ToUpper(name[:1]) + name[1:]
	if _, known := s.named[name]; !known {
		s.named[name] = object{} // for types that hold themselves
		properties, required := object{}, []string{}
		s.members(t, properties, &required)
		s.named[name] = object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// members adds the fields of a struct, and of those embedded in it.
func (s *schemas) members(t reflect.Type, properties object, required *[]string) {
	for f := range t.Fields() {
		if f.Anonymous {
			s.members(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		schema := s.schema(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			schema["description"] = doc
		}
		properties[name] = schema
		if options != "omitempty" {
			*required = append(*required, name)
		}
	}
}

package api

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

// schemas turns Go types into JSON Schema, as encoding/json writes them. A
// struct is named by its type and stands once.
type schemas object

// enums are the types of text that have few values.
var enums = map[reflect.Type]any{
	reflect.TypeFor[record.Status]():        statuses,
	reflect.TypeFor[record.VersionStatus](): []record.VersionStatus{record.Draft, record.Published, record.Archived},
}

// of returns the schema of a sample's type.
func (s schemas) of(sample any) object {
	if l, is := sample.(list); is {
		return s.list(l)
	}
	return s.schema(reflect.TypeOf(sample))
}

// list names the schema of a page.
func (s schemas) list(l list) object {
	name := camel(strings.TrimSuffix(l.name, "s")) + "List"
	s[name] = object{"type": "object", "required": []string{l.name, "next"}, "additionalProperties": false, "properties": object{
		l.name: s.of(l.items), "next": object{"type": []string{"string", "null"}, "description": cmp.Or(l.doc, nextDoc)},
	}}
	return object{"$ref": schemaPath + name}
}

func (s schemas) schema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[streamEvent]():
		return s.event()
	case t == reflect.TypeFor[streamed]():
		return s.streamed()
	case enums[t] != nil:
		return object{"type": "string", "enum": enums[t]}
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

const schemaPath = "#/components/schemas/"

// reference names the schema of a struct.
func (s schemas) reference(t reflect.Type) object {
	name := strings.TrimSuffix(t.Name(), "Body")
	name = strings.ToUpper(name[:1]) + name[1:]
	if _, known := s[name]; !known {
		s[name] = object{} // for types that hold themselves
		s[name] = s.closed(t)
	}
	return object{"$ref": schemaPath + name}
}

// closed is the schema of a struct that has no other members.
func (s schemas) closed(t reflect.Type) object {
	properties, required := object{}, []string{}
	s.members(t, properties, &required)
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// members adds the fields of a struct, and of those embedded in it.
func (s schemas) members(t reflect.Type, properties object, required *[]string) {
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
		if values := f.Tag.Get("enum"); values != "" {
			schema["enum"] = strings.Split(values, ",")
		}
		properties[name] = schema
		if options != "omitempty" && options != "omitzero" {
			*required = append(*required, name)
		}
	}
}

// streamed names a schema that is an event, or that the last one is unknown.
func (s schemas) streamed() object {
	unknown := s.closed(reflect.TypeFor[unknownEvent]())
	member(unknown, "properties")["kind"] = object{"type": "string", "const": lastEventUnknown}
	unknown["description"] = "A stream was asked for from an event on that is unknown or older than a day: it begins with what there is. This is no event of a journal, and has no id."
	s[eventSchema(lastEventUnknown)] = unknown
	return s.oneOfKinds("StreamedEvent", "What a stream sends; kind says which.", append(s.eventKinds(), lastEventUnknown))
}

// event names a schema that is one of those of events.
func (s schemas) event() object {
	return s.oneOfKinds("Event", "An event of an execution's journal; kind says which.", s.eventKinds())
}

// eventKinds names a schema for each kind of event, closed like all others, and returns
// the kinds.
func (s schemas) eventKinds() (kinds []string) {
	for _, spec := range record.KindSpecs() {
		s[eventSchema(string(spec.Kind))] = s.eventOf(spec, reflect.TypeFor[streamEvent](), "flow_execution_id", "flow_id")
		kinds = append(kinds, string(spec.Kind))
	}
	return kinds
}

// eventSchema is the name of the schema of a kind of event.
func eventSchema(kind string) string { return camel(kind) + "Event" }

// oneOfKinds names a schema that is one of those of the kinds.
func (s schemas) oneOfKinds(name, doc string, kinds []string) object {
	var one []any
	mapping := object{}
	for _, kind := range kinds {
		path := schemaPath + eventSchema(kind)
		one, mapping[kind] = append(one, object{"$ref": path}), path
	}
	s[name] = object{"description": doc, "oneOf": one, "discriminator": object{"propertyName": "kind", "mapping": mapping}}
	return object{"$ref": schemaPath + name}
}

// webhooksOf describes what webhooks are posted: for each kind of event the
// request, and what an answer to it means. It is read off the types that are sent.
func webhooksOf(schemas schemas) object {
	var parameters []any
	for _, h := range webhook.Headers() {
		parameters = append(parameters, object{"name": h.Name, "in": "header", "description": h.Doc, "required": true,
			"schema": object{"type": "string", "pattern": h.Pattern}})
	}
	all := object{}
	for _, spec := range record.KindSpecs() {
		all[string(spec.Kind)] = object{"post": object{
			"operationId": "told" + camel(string(spec.Kind)), "summary": spec.Doc, "tags": []string{webhookChapter},
			"security": []any{}, "parameters": parameters, "responses": webhookAnswers(schemas),
			"requestBody": object{"required": true, "description": "An event, as a webhook that wants events of this type is told of it.",
				"content": object{"application/json": object{"schema": schemas.letter(spec)}}},
		}}
	}
	return all
}

// webhookChapter is where what webhooks are posted stands: beside the streams of
// the same events.
const webhookChapter = "Events"

// webhookAnswers are what a receiver may answer.
func webhookAnswers(schemas schemas) object {
	again := object{"description": "The request is posted again to the Location, on the same host only."}
	other := object{"description": "Whatever else the status, and no answer within 10 seconds: it has not arrived. It is sent again after a pause that grows from a second to ten minutes, " +
		"later events of the same execution behind it; after 24 hours it becomes a dead letter."}
	addHeaders(other, []header{{name: "Retry-After", doc: "Seconds or a date; nothing is sent to the webhook before then, for ten minutes at most.", sample: ""}}, schemas)
	return object{
		"2XX": object{"description": "It has arrived, and is not sent again. Nobody reads the body."},
		"307": again, "308": again, "default": other,
	}
}

// letter is the schema of the body of a delivery of the kind.
func (s schemas) letter(spec record.KindSpec) object {
	properties, required := object{}, []string{}
	for f := range reflect.TypeFor[webhook.Envelope]().Fields() {
		name := f.Tag.Get("json")
		required = append(required, name)
		switch {
		case f.Type == reflect.TypeFor[record.Event]():
			properties[name] = s.eventOf(spec, f.Type)
		case f.Type == reflect.TypeFor[record.EventKind]():
			properties[name] = object{"type": "string", "const": spec.Kind}
		default:
			properties[name] = s.schema(f.Type)
		}
		if doc := f.Tag.Get("doc"); doc != "" {
			properties[name].(object)["description"] = doc
		}
	}
	return object{"type": "object", "title": camel(string(spec.Kind)) + "Letter", "properties": properties, "required": required, "additionalProperties": false}
}

// eventOf is the closed schema of an event of the kind, as the struct t has it.
// always are members besides those of every event.
func (s schemas) eventOf(spec record.KindSpec, t reflect.Type, always ...string) object {
	fields := object{}
	s.members(t, fields, new([]string))
	of := object{}
	required := slices.Concat(always, []string{"seq", "at", "kind"}, spec.Has)
	for _, field := range slices.Concat(required, spec.May) {
		of[field] = maps.Clone(fields[field].(object))
	}
	of["kind"] = object{"type": "string", "const": spec.Kind}
	return object{"type": "object", "description": spec.Doc, "properties": of, "required": required, "additionalProperties": false}
}

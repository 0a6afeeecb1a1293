package api

import (
	"maps"
	"reflect"
	"slices"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

// webhooksOf describes what webhooks are posted: for each kind of event the
// request, and what an answer to it means. It is read off the types that are sent.
func webhooksOf(schemas *schemas) object {
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
func webhookAnswers(schemas *schemas) object {
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
func (s *schemas) letter(spec record.KindSpec) object {
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
func (s *schemas) eventOf(spec record.KindSpec, t reflect.Type, always ...string) object {
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

package flowfile

import (
	"encoding/json"
	"fmt"
)

// Schema returns the JSON Schema (draft 2020-12) of flow files that use the
// components. It is derived from their specs, for editors; Check checks more.
func Schema(cs []Component) []byte {
	stepRules, triggerRules := []any{}, []any{}
	stepNames, triggerNames := []any{}, []any{}
	for _, c := range cs {
		s := c.Spec()
		if s.Initiator {
			triggerNames = append(triggerNames, s.Name)
			triggerRules = append(triggerRules, whenComponent(s.Name, objectSchema(s.Fields, "component")))
			continue
		}
		stepNames = append(stepNames, s.Name)
		rule := object{"properties": object{"with": objectSchema(s.Fields), "exits": exitsSchema(s)}}
		stepRules = append(stepRules, whenComponent(s.Name, rule))
	}
	word, words := object{"type": "string"}, object{"type": "object", "additionalProperties": object{"type": "string"}}
	step := object{
		"type": "object", "required": []string{"component"}, "additionalProperties": false, "allOf": stepRules,
		"properties": object{
			"component": object{"enum": stepNames}, "title": word, "with": object{}, "exits": words, "set": words,
			"on_error": object{"oneOf": []any{
				object{"enum": []string{"default", "end_flow"}},
				object{"type": "object", "properties": object{"follow": word}, "required": []string{"follow"}, "additionalProperties": false},
				object{"type": "object", "properties": object{"go_to": word}, "required": []string{"go_to"}, "additionalProperties": false},
			}},
		},
	}
	variable := object{"type": []string{"object", "null"}, "additionalProperties": false, "properties": object{
		"type": object{"enum": []VariableType{TypeString, TypeNumber, TypeInteger, TypeBoolean}}, "masked": object{"type": "boolean"},
		"default": object{"type": []string{"string", "number", "boolean"}},
	}}
	out, err := json.MarshalIndent(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Ringflow flow file",
		"type": "object", "required": []string{"name", "trigger", "start", "steps"}, "additionalProperties": false,
		"properties": object{
			"name": word, "description": word, "start": word,
			"aliases":   object{"type": []string{"array", "null"}, "maxItems": maxAliases, "items": object{"type": "string", "pattern": aliasName.String()}},
			"trigger":   object{"type": "object", "required": []string{"component"}, "properties": object{"component": object{"enum": triggerNames}}, "allOf": triggerRules},
			"variables": object{"type": "object", "propertyNames": object{"pattern": variableName.String()}, "additionalProperties": variable},
			"steps":     object{"type": "object", "propertyNames": object{"pattern": stepName.String()}, "maxProperties": maxSteps, "additionalProperties": step},
		},
	}, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("flowfile: write schema: %v", err)) // maps of strings always marshal
	}
	return append(out, '\n')
}

type object = map[string]any

func whenComponent(name string, then object) object {
	return object{"if": object{"properties": object{"component": object{"const": name}}}, "then": then}
}

// objectSchema describes a mapping with these fields; the names beside are
// allowed, too.
func objectSchema(fields []Field, beside ...string) object {
	properties, required := object{}, []string{}
	groups := map[string][]any{}
	for i := range fields {
		f := &fields[i]
		properties[f.Name] = f.schema()
		if f.Required {
			required = append(required, f.Name)
		}
		if f.OneOf != "" {
			groups[f.OneOf] = append(groups[f.OneOf], object{"required": []string{f.Name}})
		}
	}
	for _, b := range beside {
		properties[b] = true
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	if len(groups) > 0 {
		all := []any{}
		for _, g := range groups {
			all = append(all, object{"oneOf": g})
		}
		out["allOf"] = all
	}
	return out
}

// schema describes the values of a field.
func (f *Field) schema() object {
	out := object{}
	switch f.Type {
	case FieldText:
		out = object{"type": []string{"string", "number"}}
		f.bound(out, "minLength", "maxLength")
	case FieldNumber:
		out = object{"type": "integer"}
		f.bound(out, "minimum", "maximum")
		if f.Variables {
			out = object{"anyOf": []any{out, object{"type": "string", "pattern": `%\{current_flow\.`}}}
		}
	case FieldBoolean:
		out = object{"type": "boolean"}
	case FieldObject:
		out = objectSchema(f.Fields)
	case FieldList:
		item := Field{Type: FieldText, Choices: f.Choices}
		out = object{"type": "array", "items": item.schema()}
		if len(f.Fields) > 0 {
			out["items"] = objectSchema(f.Fields)
		}
		f.bound(out, "minItems", "maxItems")
	case FieldMap:
		out = object{"type": "object", "additionalProperties": object{"type": []string{"string", "number"}}}
	}
	if f.Choices != nil && f.Type == FieldText {
		out = object{"enum": f.Choices}
	}
	out["description"] = f.Doc
	if f.Default != "" {
		out["default"] = f.Default
		if f.Type == FieldNumber || f.Type == FieldBoolean {
			out["default"] = json.RawMessage(f.Default)
		}
	}
	return out
}

func (f *Field) bound(to object, least, most string) {
	if f.Min != nil {
		to[least] = *f.Min
	}
	if f.Max != nil {
		to[most] = *f.Max
	}
}

// exitsSchema describes the exits of a component; where items of a list give
// exits, any name may stand.
func exitsSchema(s *Spec) object {
	properties, open := object{}, false
	for _, e := range s.Exits {
		switch {
		case e.Each != "":
			open = true
		case !e.Hidden:
			properties[string(e.Name)] = object{"type": "string", "description": e.Doc}
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": open}
	if open {
		out["additionalProperties"] = object{"type": "string"}
	}
	return out
}

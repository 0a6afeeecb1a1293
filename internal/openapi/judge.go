package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Judge says where JSON differs from its schema, "" if nowhere.
func (s *Schema) Judge(text []byte) string {
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	var value any
	if err := in.Decode(&value); err != nil {
		return fmt.Sprintf("is no JSON: %v", err)
	}
	if _, err := in.Token(); err != io.EOF {
		return "is no JSON: something follows it"
	}
	return s.judge(value, "the body")
}

// JudgeText says whether the text of a parameter or a header field is a value of
// the schema, "" if so.
func (s *Schema) JudgeText(text string) string {
	var value any = text
	for _, name := range s.Target().Type {
		switch name {
		case "integer", "number":
			if _, err := strconv.ParseFloat(text, 64); err == nil {
				value = json.Number(text)
			}
		case "boolean":
			if b, err := strconv.ParseBool(text); err == nil {
				value = b
			}
		}
	}
	return s.judge(value, strconv.Quote(text))
}

// judge says where a value differs, "" if nowhere. at names the value.
func (s *Schema) judge(value any, at string) string {
	s = s.Target()
	if s.OneOf != nil {
		return s.judgeOneOf(value, at)
	}
	if s.Type != nil && !slices.ContainsFunc(s.Type, func(name string) bool { return isType(name, value) }) {
		return fmt.Sprintf("%s is %s, not %v", at, show(value), s.Type)
	}
	if s.Const != nil && !equal(s.Const, value) {
		return fmt.Sprintf("%s is %s, not %v", at, show(value), s.Const)
	}
	if s.Enum != nil && !slices.ContainsFunc(s.Enum, func(one any) bool { return equal(one, value) }) {
		return fmt.Sprintf("%s is %s, none of %v", at, show(value), s.Enum)
	}
	switch v := value.(type) {
	case string:
		return s.judgeString(v, at)
	case json.Number:
		return s.judgeNumber(v, at)
	case []any:
		for i, item := range v {
			if s.Items == nil {
				break
			}
			if problem := s.Items.judge(item, fmt.Sprintf("%s[%d]", at, i)); problem != "" {
				return problem
			}
		}
	case map[string]any:
		return s.judgeObject(v, at)
	}
	return ""
}

// judgeOneOf holds that exactly one schema takes the value. Where a property
// tells them apart, the problem is that of the one it names.
func (s *Schema) judgeOneOf(value any, at string) string {
	if object, ok := value.(map[string]any); ok && s.Discriminator != nil {
		kind, _ := object[s.Discriminator.PropertyName].(string)
		for _, one := range s.OneOf {
			if p := one.Target().Properties[s.Discriminator.PropertyName]; p != nil && p.Const == kind {
				return one.judge(value, at)
			}
		}
	}
	taken := 0
	for _, one := range s.OneOf {
		if one.judge(value, at) == "" {
			taken++
		}
	}
	if taken != 1 {
		return fmt.Sprintf("%s is %d of the %d that it must be one of", at, taken, len(s.OneOf))
	}
	return ""
}

func (s *Schema) judgeString(v, at string) string {
	n := utf8.RuneCountInString(v)
	switch {
	case s.MinLength != nil && n < *s.MinLength, s.MaxLength != nil && n > *s.MaxLength:
		return fmt.Sprintf("%s has %d characters", at, n)
	case s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v):
		return fmt.Sprintf("%s is %s, which does not match %s", at, show(v), s.Pattern)
	case s.Format == "date-time":
		if _, err := time.Parse(time.RFC3339, v); err != nil {
			return fmt.Sprintf("%s is %s, no time of RFC 3339", at, show(v))
		}
	}
	return ""
}

func (s *Schema) judgeNumber(v json.Number, at string) string {
	n, err := v.Float64()
	if err != nil || s.Minimum != nil && n < *s.Minimum || s.Maximum != nil && n > *s.Maximum {
		return fmt.Sprintf("%s is %s, which is out of range", at, v)
	}
	return ""
}

func (s *Schema) judgeObject(v map[string]any, at string) string {
	for _, name := range s.Required {
		if _, there := v[name]; !there {
			return at + " lacks " + name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		known := s.Properties[name]
		switch {
		case known != nil:
		case s.Additional == nil:
			continue
		case s.Additional.Schema == nil:
			return at + " has the undocumented member " + name
		default:
			known = s.Additional.Schema
		}
		if problem := known.judge(v[name], at+"."+name); problem != "" {
			return problem
		}
	}
	return ""
}

func isType(name string, value any) bool {
	switch v := value.(type) {
	case nil:
		return name == "null"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	case json.Number:
		n, err := v.Float64()
		return name == "number" || name == "integer" && err == nil && n == math.Trunc(n) && math.Abs(n) < 1<<63
	}
	return false
}

// equal compares a value of the document with one of a body; numbers of the
// former are float64.
func equal(want, got any) bool {
	if n, ok := got.(json.Number); ok {
		f, err := n.Float64()
		return err == nil && want == f
	}
	switch got.(type) {
	case []any, map[string]any:
		return false
	}
	return want == got
}

func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if len(text) > 80 {
		text = append(text[:80], "…"...)
	}
	return string(text)
}

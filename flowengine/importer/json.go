package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"ringflow/flowengine/flowfile"
)

// Limits of the JSON that is read.
const (
	maxBytes = 4 << 20
	maxDepth = 40
)

// value is a value of JSON. Objects keep the order of their keys.
type value struct {
	kind   valueKind
	text   string // of a text; of a number or boolean as it was written
	items  []*value
	fields []field
}

type field struct {
	name  string
	value *value
}

type valueKind int

const (
	null valueKind = iota
	text
	number
	boolean
	list
	object
)

// get returns the value of a key; nil for one that is absent, and for what is no
// object.
func (v *value) get(name string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	for _, f := range v.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// string returns a single value as text, "" for all else.
func (v *value) string() string {
	if v == nil || v.kind == list || v.kind == object {
		return ""
	}
	return v.text
}

// unset reports whether the value says nothing: null, an empty text, list or
// object.
func (v *value) unset() bool {
	if v == nil {
		return true
	}
	switch v.kind {
	case null:
		return true
	case text:
		return v.text == ""
	case list:
		return len(v.items) == 0
	case object:
		return len(v.fields) == 0
	}
	return false
}

// depth counts the levels of lists and objects.
func (v *value) depth() int {
	deepest := 0
	for _, item := range v.items {
		deepest = max(deepest, item.depth())
	}
	for _, f := range v.fields {
		deepest = max(deepest, f.value.depth())
	}
	if v.kind == list || v.kind == object {
		deepest++
	}
	return deepest
}

// json writes the value as compact JSON.
func (v *value) json() string {
	var b bytes.Buffer
	v.write(&b)
	return b.String()
}

func (v *value) write(b *bytes.Buffer) {
	switch v.kind {
	case null:
		b.WriteString("null")
	case text:
		writeJSONText(b, v.text)
	case list:
		b.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b)
		}
		b.WriteByte(']')
	case object:
		b.WriteByte('{')
		for i, f := range v.fields {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSONText(b, f.name)
			b.WriteByte(':')
			f.value.write(b)
		}
		b.WriteByte('}')
	default:
		b.WriteString(v.text)
	}
}

func writeJSONText(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)         // a text always encodes
	b.Truncate(b.Len() - 1) // the line end that Encode adds
}

// readJSON reads one value of JSON.
func readJSON(data []byte) (*value, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("the file has %d bytes, and %d are allowed", len(data), maxBytes)
	}
	data, err := flowfile.UTF8(data)
	if err != nil {
		return nil, err
	}
	r := &jsonReader{decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	root, err := r.value(0)
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w: an export in JSON is wanted, of Talkdesk or of Twilio Studio", err)
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read JSON: something follows the first value, at byte %d", r.decoder.InputOffset())
	}
	return root, nil
}

type jsonReader struct{ decoder *json.Decoder }

func (r *jsonReader) value(depth int) (*value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("values are nested deeper than %d levels, at byte %d", maxDepth, r.decoder.InputOffset())
	}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return r.object(depth)
		}
		return r.list(depth)
	case string:
		return &value{kind: text, text: t}, nil
	case json.Number:
		return &value{kind: number, text: t.String()}, nil
	case bool:
		return &value{kind: boolean, text: strconv.FormatBool(t)}, nil
	default:
		return &value{}, nil
	}
}

func (r *jsonReader) object(depth int) (*value, error) {
	out := &value{kind: object}
	seen := map[string]bool{}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string) // JSON has no other keys
		if seen[key] {
			return nil, fmt.Errorf("key %q stands twice, at byte %d", key, r.decoder.InputOffset())
		}
		seen[key] = true
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.fields = append(out.fields, field{key, v})
	}
	_, err := r.decoder.Token()
	return out, err
}

func (r *jsonReader) list(depth int) (*value, error) {
	out := &value{kind: list}
	for r.decoder.More() {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, v)
	}
	_, err := r.decoder.Token()
	return out, err
}

package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ringflow/flowengine/flowfile"
)

// Limits of the JSON that is read.
const (
	maxBytes = 4 << 20
	maxDepth = 40
)

// value is a value of JSON.
type value struct {
	kind    valueKind
	text    string  // of a text, or of a literal as it was written
	entries []entry // of an object or a list, in order
}

// entry is a key of an object, or the number of an item of a list from 1, and what
// stands there.
type entry struct {
	name  string
	value *value
}

type valueKind int

const (
	null valueKind = iota
	text
	literal // a number or a boolean
	list
	object
)

// obj makes an object of keys and values in turn, as put adds them.
func obj(keysAndValues ...any) *value {
	out := &value{kind: object}
	for i := 0; i < len(keysAndValues); i += 2 {
		out.put(keysAndValues[i].(string), keysAndValues[i+1])
	}
	return out
}

// put adds a key to an object. Its value may be a *value, a string, an int or a bool;
// a nil *value leaves the key out.
func (v *value) put(name string, to any) {
	var made *value
	switch to := to.(type) {
	case *value:
		if made = to; made == nil {
			return
		}
	case string:
		made = textOf(to)
	default:
		made = &value{kind: literal, text: fmt.Sprint(to)}
	}
	v.entries = append(v.entries, entry{name, made})
}

// add adds an item to a list.
func (v *value) add(item *value) {
	v.entries = append(v.entries, entry{strconv.Itoa(len(v.entries) + 1), item})
}

func textOf(s string) *value { return &value{kind: text, text: s} }

// get returns the value of a key; nil for one that is absent, and for what is no
// object.
func (v *value) get(name string) *value {
	for _, e := range v.fields() {
		if e.name == name {
			return e.value
		}
	}
	return nil
}

// fields returns the keys of an object, nothing for all else.
func (v *value) fields() []entry { return v.of(object) }

// items returns the items of a list, nothing for all else.
func (v *value) items() []entry { return v.of(list) }

func (v *value) of(kind valueKind) []entry {
	if v == nil || v.kind != kind {
		return nil
	}
	return v.entries
}

// string returns a single value as text, "" for all else.
func (v *value) string() string {
	if v == nil {
		return ""
	}
	return v.text
}

// unset reports whether the value says nothing: null, an empty text, list or
// object.
func (v *value) unset() bool { return v == nil || v.text == "" && len(v.entries) == 0 }

// depth counts the levels of lists and objects.
func (v *value) depth() int {
	deepest := 0
	for _, e := range v.entries {
		deepest = max(deepest, e.value.depth())
	}
	if v.kind == list || v.kind == object {
		deepest++
	}
	return deepest
}

// json writes the value as compact JSON.
func (v *value) json() string { return v.line(jsonText, jsonText, ":", ",") }

func jsonText(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// line writes the value on one line, keys and texts as the functions do.
func (v *value) line(key, words func(string) string, colon, comma string) string {
	switch v.kind {
	case null:
		return "null"
	case text:
		return words(v.text)
	case literal:
		return v.text
	}
	parts := make([]string, len(v.entries))
	for i, e := range v.entries {
		if parts[i] = e.value.line(key, words, colon, comma); v.kind == object {
			parts[i] = key(e.name) + colon + parts[i]
		}
	}
	if v.kind == object {
		return "{" + strings.Join(parts, comma) + "}"
	}
	return "[" + strings.Join(parts, comma) + "]"
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
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	root, err := readValue(decoder, 0)
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w: an export in JSON is wanted, of Talkdesk or of Twilio Studio", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read JSON: something follows the first value, at byte %d", decoder.InputOffset())
	}
	return root, nil
}

func readValue(from *json.Decoder, depth int) (*value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("values are nested deeper than %d levels, at byte %d", maxDepth, from.InputOffset())
	}
	token, err := from.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return readEntries(from, &value{kind: object}, depth)
		}
		return readEntries(from, &value{kind: list}, depth)
	case string:
		return textOf(t), nil
	case json.Number, bool:
		return &value{kind: literal, text: fmt.Sprint(t)}, nil
	default:
		return &value{}, nil
	}
}

// readEntries reads an object or a list up to its end.
func readEntries(from *json.Decoder, into *value, depth int) (*value, error) {
	seen := map[string]bool{}
	for from.More() {
		name := strconv.Itoa(len(into.entries) + 1)
		if into.kind == object {
			token, err := from.Token()
			if err != nil {
				return nil, err
			}
			name, _ = token.(string) // JSON has no other keys
		}
		if seen[name] {
			return nil, fmt.Errorf("key %q stands twice, at byte %d", name, from.InputOffset())
		}
		seen[name] = true
		v, err := readValue(from, depth+1)
		if err != nil {
			return nil, err
		}
		into.entries = append(into.entries, entry{name, v})
	}
	_, err := from.Token()
	return into, err
}

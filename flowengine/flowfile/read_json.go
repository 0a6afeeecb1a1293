package flowfile

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// readJSON reads a valid JSON document into nodes. YAML would nearly do, but
// for tabs between values and surrogate pairs in texts.
func readJSON(name string, data []byte) (*node, error) {
	r := &jsonReader{name: name, data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	return r.value(0)
}

type jsonReader struct {
	name    string
	data    []byte
	decoder *json.Decoder
	at      int // offset up to which lines were counted
	lines   int
}

// line returns the line on which the token just read ends.
func (r *jsonReader) line() int {
	to := int(r.decoder.InputOffset())
	r.lines += bytes.Count(r.data[r.at:to], []byte("\n"))
	r.at = to
	return r.lines + 1
}

func (r *jsonReader) fail(field, what, mend string) error {
	return Problem{Severity: SeverityError, File: r.name, Line: r.line(), Field: field, What: what, Mend: mend}
}

func (r *jsonReader) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, r.fail("", "values are nested too deeply", fmt.Sprintf("%d levels are allowed", maxDepth))
	}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.fail("", "this is not JSON: "+err.Error(), "")
	}
	line := r.line()
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return r.mapping(line, depth)
		}
		return r.list(line, depth)
	case string:
		return &node{text: t, quoted: true, line: line}, nil
	case json.Number:
		return &node{text: t.String(), line: line}, nil
	case bool:
		return &node{text: fmt.Sprint(t), line: line}, nil
	default:
		return &node{null: true, line: line}, nil
	}
}

func (r *jsonReader) mapping(line, depth int) (*node, error) {
	out, seen := &node{kind: nodeMapping, line: line}, make(map[string]bool)
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, r.fail("", "this is not JSON: "+err.Error(), "")
		}
		key, _ := token.(string) // valid JSON has no other keys
		line := r.line()
		if seen[key] {
			return nil, r.fail(key, "the key stands twice", "remove one")
		}
		seen[key] = true
		value, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.fields = append(out.fields, nodeField{name: key, value: value, line: line})
	}
	_, err := r.decoder.Token()
	return out, err
}

func (r *jsonReader) list(line, depth int) (*node, error) {
	out := &node{kind: nodeList, line: line}
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, item)
	}
	_, err := r.decoder.Token()
	return out, err
}

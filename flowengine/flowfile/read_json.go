package flowfile

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// jsonReader reads a valid JSON document into the syntax tree of YAML. The YAML reader
// would nearly do, but for tabs between values and surrogate pairs in texts.
type jsonReader struct {
	data    []byte
	decoder *json.Decoder
	at      int // offset up to which lines were counted
	lines   int
}

func newJSONReader(data []byte) *jsonReader {
	r := &jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	return r
}

// line returns the line on which the token just read ends.
func (r *jsonReader) line() int {
	to := int(r.decoder.InputOffset())
	r.lines += bytes.Count(r.data[r.at:to], []byte("\n"))
	r.at = to
	return r.lines + 1
}

// value reads a value, or the key of one.
func (r *jsonReader) value() (*yaml.Node, error) {
	token, err := r.decoder.Token()
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line()}
	switch t := token.(type) {
	case json.Delim:
		n.Kind = yaml.SequenceNode
		if t == '{' {
			n.Kind = yaml.MappingNode
		}
		for err == nil && r.decoder.More() {
			var inner *yaml.Node
			inner, err = r.value()
			n.Content = append(n.Content, inner)
		}
		if err == nil {
			_, err = r.decoder.Token()
		}
	case nil:
		n.Tag = "!!null"
	default:
		n.Value = fmt.Sprint(t)
	}
	return n, err
}

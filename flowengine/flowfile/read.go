package flowfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/strict"
)

// Limits of a flow file. They keep a hostile file from using up the stack or
// the processor; a flow of a thousand steps stays far below them.
const (
	maxFileBytes = 2 << 20
	maxDepth     = 32
)

// readFile reads a flow file, YAML or JSON, into the syntax tree of YAML. Its errors are
// Problems with a line.
func readFile(name string, data []byte) (*yaml.Node, error) {
	fail := func(line int, what, mend string) error {
		return Problem{Severity: SeverityError, File: name, Line: line, What: what, Fix: mend}
	}
	if len(data) > maxFileBytes {
		return nil, fail(0, fmt.Sprintf("the file has %d bytes", len(data)), fmt.Sprintf("a flow may have %d", maxFileBytes))
	}
	data, err := UTF8(data)
	if err != nil {
		return nil, fail(0, err.Error(), "")
	}
	if t := bytes.TrimLeft(data, " \t\r\n"); len(t) > 0 && t[0] == '{' && json.Valid(data) {
		r := &jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
		r.decoder.UseNumber()
		root, err := r.value()
		if err != nil {
			return nil, fail(0, "this is not JSON: "+err.Error(), "")
		}
		return root, checkNode(name, root, 0)
	}
	if line := tooDeep(data); line > 0 {
		return nil, fail(line, "brackets or list dashes are nested too deeply", fmt.Sprintf("%d levels are allowed", maxDepth))
	}
	documents := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	err = documents.Decode(&doc)
	if err == nil {
		err = documents.Decode(&second)
	}
	switch {
	case err == nil:
		return nil, fail(second.Line, "a second document begins", "a file holds one flow")
	case !errors.Is(err, io.EOF):
		e := strict.ExplainSyntax(data, err)
		return nil, fail(e.Line, "this is not YAML: "+e.What, e.Fix)
	case len(doc.Content) != 1:
		return nil, fail(1, "the file is empty", "it holds one flow")
	}
	return doc.Content[0], checkNode(name, doc.Content[0], 0)
}

// tooDeep returns the line on which brackets or list dashes nest deeper than
// any flow does, 0 if none: the parser descends one call per level. It counts
// brackets in texts too, which is no harm: closing ones count down.
func tooDeep(data []byte) int {
	depth, line := 0, 0
	for l := range bytes.Lines(data) {
		line++
		dashes := 0
		for rest := bytes.TrimLeft(l, " \t"); len(rest) > 1 && (rest[0] == '-' || rest[0] == '?') && (rest[1] == ' ' || rest[1] == '\t'); {
			dashes++
			rest = bytes.TrimLeft(rest[2:], " \t")
		}
		if dashes > maxDepth || bytes.Count(l, []byte(": ")) > 4*maxDepth {
			return line
		}
		for _, c := range l {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > 4*maxDepth {
				return line
			}
		}
	}
	return 0
}

// jsonReader reads a valid JSON document into the syntax tree of YAML. The YAML reader
// would nearly do, but for tabs between values and surrogate pairs in texts.
type jsonReader struct {
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

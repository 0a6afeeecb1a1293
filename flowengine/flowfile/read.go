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

// readNode reads a flow file into nodes. Its errors are Problems with a line.
func readNode(name string, data []byte) (*node, error) {
	fail := func(line int, what, mend string) error {
		return Problem{Severity: SeverityError, File: name, Line: line, What: what, Mend: mend}
	}
	if len(data) > maxFileBytes {
		return nil, fail(0, fmt.Sprintf("the file has %d bytes", len(data)), fmt.Sprintf("a flow may have %d", maxFileBytes))
	}
	data, err := UTF8(data)
	if err != nil {
		return nil, fail(0, err.Error(), "")
	}
	if t := bytes.TrimLeft(data, " \t\r\n"); len(t) > 0 && t[0] == '{' && json.Valid(data) {
		return readJSON(name, data)
	}
	if line := tooDeep(data); line > 0 {
		return nil, fail(line, "brackets or list dashes are nested too deeply", fmt.Sprintf("%d levels are allowed", maxDepth))
	}
	documents := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := documents.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, fail(1, "the file is empty", "it holds one flow")
	} else if err != nil {
		return nil, notYAML(name, data, err)
	}
	switch err := documents.Decode(&second); {
	case err == nil:
		return nil, fail(second.Line, "a second document begins", "a file holds one flow")
	case !errors.Is(err, io.EOF):
		return nil, notYAML(name, data, err)
	}
	if len(doc.Content) != 1 {
		return nil, fail(1, "the file is empty", "it holds one flow")
	}
	return yamlNode(name, doc.Content[0], 0)
}

// notYAML is the Problem of a file that the YAML reader could not read.
func notYAML(name string, data []byte, err error) Problem {
	e := strict.ExplainSyntax(data, err)
	return Problem{Severity: SeverityError, File: name, Line: e.Line, What: "this is not YAML: " + e.What, Mend: e.Fix}
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

// yamlNode converts one value of the YAML syntax tree.
func yamlNode(name string, n *yaml.Node, depth int) (*node, error) {
	fail := func(what, mend string) (*node, error) {
		return nil, Problem{Severity: SeverityError, File: name, Line: n.Line, What: what, Mend: mend}
	}
	switch {
	case depth > maxDepth:
		return fail("values are nested too deeply", fmt.Sprintf("%d levels are allowed", maxDepth))
	case n.Anchor != "" || n.Kind == yaml.AliasNode || n.Tag == "!!merge":
		return fail("anchors, aliases and merges are not supported", "write the value out where it is needed")
	case n.Style&yaml.TaggedStyle != 0:
		return fail("tags such as "+n.Tag+" are not supported", "leave it out")
	}
	switch n.Kind {
	case yaml.MappingNode:
		return yamlMapping(name, n, depth)
	case yaml.SequenceNode:
		out := &node{kind: nodeList, line: n.Line}
		for _, item := range n.Content {
			c, err := yamlNode(name, item, depth+1)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, c)
		}
		return out, nil
	default:
		// The text and not the value: +12025550100 and 007 stay as they were written.
		const quotes = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
		quoted := n.Style&quotes != 0
		if n.Tag == "!!null" && !quoted {
			return &node{null: true, line: n.Line}, nil
		}
		return &node{text: n.Value, quoted: quoted, line: n.Line}, nil
	}
}

// yamlMapping converts a mapping, whose content is keys and values in turn.
func yamlMapping(name string, n *yaml.Node, depth int) (*node, error) {
	out, seen := &node{kind: nodeMapping, line: n.Line}, make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		line := n.Content[i].Line
		key, err := yamlNode(name, n.Content[i], depth+1)
		if err != nil {
			return nil, err
		}
		if key.kind != nodeScalar || key.null {
			return nil, Problem{Severity: SeverityError, File: name, Line: line, What: "a key must be a word"}
		}
		if seen[key.text] {
			return nil, Problem{Severity: SeverityError, File: name, Line: line, Field: key.text, What: "the key stands twice", Mend: "remove one"}
		}
		seen[key.text] = true
		value, err := yamlNode(name, n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		out.fields = append(out.fields, nodeField{name: key.text, value: value, line: line})
	}
	return out, nil
}

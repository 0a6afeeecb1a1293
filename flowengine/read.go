package flowengine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits of a flow file. They keep a hostile file from using up the stack or
// the processor; a flow of a thousand steps stays far below them.
const (
	maxFileBytes = 512 << 10
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
	if t := bytes.TrimLeft(data, " \t\r\n"); len(t) > 0 && t[0] == '{' && json.Valid(data) {
		return readJSON(name, data)
	}
	if line := tooDeep(data); line > 0 {
		return nil, fail(line, "brackets or list dashes are nested too deeply", fmt.Sprintf("%d levels are allowed", maxDepth))
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			return nil, fail(at.GetToken().Position.Line, "this is not YAML: "+at.GetMessage(), "")
		}
		return nil, fail(0, "this is not YAML: "+err.Error(), "")
	}
	var bodies []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return nil, fail(1, "the file is empty", "it holds one flow")
	case 1:
		return yamlNode(name, bodies[0], 0)
	default:
		return nil, fail(lineOf(bodies[1]), "a second document begins", "a file holds one flow")
	}
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

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// yamlNode converts one value of the YAML syntax tree.
func yamlNode(name string, n ast.Node, depth int) (*node, error) {
	line := lineOf(n)
	fail := func(what, mend string) (*node, error) {
		return nil, Problem{Severity: SeverityError, File: name, Line: line, What: what, Mend: mend}
	}
	if depth > maxDepth {
		return fail("values are nested too deeply", fmt.Sprintf("%d levels are allowed", maxDepth))
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		return yamlMapping(name, line, v.Values, depth)
	case *ast.MappingValueNode:
		return yamlMapping(name, line, []*ast.MappingValueNode{v}, depth)
	case *ast.SequenceNode:
		out := &node{kind: nodeList, line: line}
		for _, item := range v.Values {
			c, err := yamlNode(name, item, depth+1)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, c)
		}
		return out, nil
	case *ast.StringNode:
		quoted := strings.HasPrefix(strings.TrimSpace(v.Token.Origin), `"`) || strings.HasPrefix(strings.TrimSpace(v.Token.Origin), "'")
		return &node{text: v.Value, quoted: quoted, line: line}, nil
	case *ast.LiteralNode:
		return &node{text: v.Value.Value, quoted: true, line: line}, nil
	case *ast.NullNode:
		return &node{null: true, line: line}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		// The token, not the value: +12025550100 and 007 stay as they were written.
		return &node{text: n.GetToken().Value, line: line}, nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return fail("anchors, aliases and merges are not supported", "write the value out where it is needed")
	case *ast.TagNode:
		return fail("tags such as "+v.GetToken().Value+" are not supported", "leave it out")
	default:
		return fail(fmt.Sprintf("%s has no place in a flow file", n.Type()), "")
	}
}

func yamlMapping(name string, line int, values []*ast.MappingValueNode, depth int) (*node, error) {
	out := &node{kind: nodeMapping, line: line}
	for _, v := range values {
		line := lineOf(v.Key)
		key, err := yamlNode(name, v.Key, depth+1)
		if err != nil {
			return nil, err
		}
		if key.kind != nodeScalar || key.null {
			return nil, Problem{Severity: SeverityError, File: name, Line: line, What: "a key must be a word"}
		}
		if out.field(key.text) != nil {
			return nil, Problem{Severity: SeverityError, File: name, Line: line, Field: key.text, What: "the key stands twice", Mend: "remove one"}
		}
		value := &node{null: true, line: line}
		if v.Value != nil {
			if value, err = yamlNode(name, v.Value, depth+1); err != nil {
				return nil, err
			}
		}
		out.fields = append(out.fields, nodeField{name: key.text, value: value, line: line})
	}
	return out, nil
}

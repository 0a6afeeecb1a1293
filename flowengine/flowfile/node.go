package flowfile

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/strict"
)

// checkNode checks a value of a file for what flow files do not have. A scalar is its
// text, as written: +12025550100 and 007 stay as they are; one that is null has none.
func checkNode(name string, n *yaml.Node, depth int) error {
	fail := func(n *yaml.Node, field, what, mend string) error {
		return Problem{Severity: SeverityError, File: name, Line: n.Line, Field: field, What: what, Fix: mend}
	}
	switch {
	case depth > maxDepth:
		return fail(n, "", "values are nested too deeply", fmt.Sprintf("%d levels are allowed", maxDepth))
	case n.Anchor != "" || n.Kind == yaml.AliasNode || n.Tag == "!!merge":
		return fail(n, "", "anchors, aliases and merges are not supported", "write the value out where it is needed")
	case n.Style&yaml.TaggedStyle != 0:
		return fail(n, "", "tags such as "+n.Tag+" are not supported", "leave it out")
	case isNull(n):
		n.Value = ""
	}
	seen := map[string]bool{}
	for i, inner := range n.Content {
		if err := checkNode(name, inner, depth+1); err != nil {
			return err
		}
		if n.Kind != yaml.MappingNode || i%2 != 0 {
			continue
		}
		if inner.Kind != yaml.ScalarNode || isNull(inner) {
			return fail(inner, "", "a key must be a word", "")
		}
		if seen[inner.Value] {
			return fail(inner, inner.Value, "the key stands twice", "remove one")
		}
		seen[inner.Value] = true
	}
	return nil
}

func isNull(n *yaml.Node) bool { return n.Tag == "!!null" }

func describe(n *yaml.Node) string {
	if isNull(n) {
		return "nothing"
	}
	return strict.Kind(n)
}

// With returns the fields that the file gives the step, for drawings and
// comparisons: each value is a string, a []any of values or a map[string]any of
// them. Numbers and booleans are the text that the file has; a value that is
// null is left out, as if it were not there. The result is the caller's own.
func (s *Step) With() map[string]any {
	if s.with == nil {
		return nil
	}
	out, _ := plain(s.with).(map[string]any)
	return out
}

// plain copies the node without its lines; nil stands for null.
func plain(n *yaml.Node) any {
	switch {
	case isNull(n):
		return nil
	case n.Kind == yaml.ScalarNode:
		return n.Value
	case n.Kind == yaml.SequenceNode:
		items := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			items = append(items, plain(item))
		}
		return items
	}
	fields := make(map[string]any, len(n.Content)/2)
	for key, value := range strict.Entries(n) {
		if v := plain(value); v != nil {
			fields[key.Value] = v
		}
	}
	return fields
}

package flowfile

import (
	"strconv"
	"strings"
)

// node is a value of a flow file with its place: a mapping, a list or a scalar.
type node struct {
	kind   nodeKind
	text   string // of a scalar, as written and without its quotes
	quoted bool   // the scalar stood in quotes or in a block
	null   bool   // the scalar says that there is nothing
	fields []nodeField
	items  []*node
	line   int
}

type nodeKind int

const (
	nodeScalar nodeKind = iota
	nodeMapping
	nodeList
)

// nodeField is one entry of a mapping.
type nodeField struct {
	name  string
	value *node
	line  int
}

// field returns the value of the name, nil if the mapping has none.
func (n *node) field(name string) *node {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// lineAt returns the line of the value at a path such as rules[0].exit, or of
// the last value on the way there.
func (n *node) lineAt(path string) int {
	line := n.line
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := n.field(step)
		if i, err := strconv.Atoi(step); err == nil && n.kind == nodeList && i < len(n.items) {
			next = n.items[i]
		}
		if next == nil {
			return line
		}
		n, line = next, next.line
	}
	return line
}

func (k nodeKind) String() string {
	switch k {
	case nodeMapping:
		return "a mapping"
	case nodeList:
		return "a list"
	default:
		return "a single value"
	}
}

// With returns the fields that the file gives the step, for drawings and
// comparisons: each value is a string, a []any of values or a map[string]any of
// them. Numbers and booleans are the text that the file has; a value that is
// null is left out, as if it were not there. The result is the caller's own.
func (s *Step) With() map[string]any {
	out, _ := s.with.plain().(map[string]any)
	return out
}

// plain copies the node without its places; nil stands for null.
func (n *node) plain() any {
	switch {
	case n == nil || n.kind == nodeScalar && n.null:
		return nil
	case n.kind == nodeScalar:
		return n.text
	case n.kind == nodeList:
		items := make([]any, 0, len(n.items))
		for _, item := range n.items {
			items = append(items, item.plain())
		}
		return items
	}
	fields := make(map[string]any, len(n.fields))
	for _, f := range n.fields {
		if v := f.value.plain(); v != nil {
			fields[f.name] = v
		}
	}
	return fields
}

package strict

import (
	"iter"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Entries are the keys and values of a mapping.
func Entries(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content) && yield(n.Content[i], n.Content[i+1]); i += 2 {
		}
	}
}

// Value is the value of a key of a mapping, or the item of a list at an index; nil if
// there is none.
func Value(n *yaml.Node, key string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for k, value := range Entries(n) {
			if k.Value == key {
				return value
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

// At is the value at a path such as $.rules[0].exit, or the nearest one around it that
// the file has.
func At(n *yaml.Node, path string) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, word := range strings.FieldsFunc(strings.TrimPrefix(path, "$"), func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		inner := Value(n, word)
		if inner == nil {
			break
		}
		n = inner
	}
	return n
}

// Overlap reports whether two paths lead to the same value, or one to a value in that
// of the other.
func Overlap(a, b string) bool {
	within := func(inner, outer string) bool {
		rest, found := strings.CutPrefix(inner, outer)
		return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return within(a, b) || within(b, a)
}

// Kind is what stands in the file.
func Kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

package flowfile

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

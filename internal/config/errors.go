package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// collector collects what is wrong with a configuration, each at its line.
type collector struct {
	c     *Config
	found []ValueError
	told  map[string]bool // paths of which something is told that makes the rest follow
}

// ValueError is one of them. It is an error that says file, line and key too.
type ValueError struct {
	line int
	At   string // its YAML path
	err  error
}

func (m ValueError) Error() string { return m.err.Error() }

func (m ValueError) Unwrap() error { return m.err }

// Follows says whether a mistake is of the same value as one of others, or of what
// lies in it or around it.
func (m ValueError) Follows(others []ValueError) bool {
	within := func(inner, outer string) bool {
		rest, found := strings.CutPrefix(inner, outer)
		return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return slices.ContainsFunc(others, func(o ValueError) bool { return within(m.At, o.At) || within(o.At, m.At) })
}

// Errors lists what joined errors hold; one that is no mistake of a value is
// of the whole.
func Errors(err error) (all []ValueError) {
	if many, joined := err.(interface{ Unwrap() []error }); joined {
		for _, one := range many.Unwrap() {
			all = append(all, Errors(one)...)
		}
		return all
	}
	var one ValueError
	if errors.As(err, &one) {
		return []ValueError{one}
	}
	if err != nil {
		all = append(all, ValueError{At: "$", err: err})
	}
	return all
}

// add notes a mistake at a YAML path such as $.rtp.ports, unless it follows from
// one that is told already.
func (m *collector) add(at, format string, args ...any) {
	for end := range at + "." {
		if (at + ".")[end] == '.' || (at + ".")[end] == '[' {
			if m.told[at[:end]] {
				return
			}
		}
	}
	m.note(nodeAt(&m.c.root, at), at, format, args...)
}

// mark notes a mistake of the node at a path, from which others would follow.
func (m *collector) mark(n *yaml.Node, at, format string, args ...any) {
	m.note(n, at, format, args...)
	m.told[at] = true
}

func (m *collector) note(n *yaml.Node, at, format string, args ...any) {
	line := 1
	if n != nil {
		line = n.Line
	}
	key := ""
	if inner := strings.TrimPrefix(strings.TrimPrefix(at, "$"), "."); inner != "" {
		key = inner + ": "
	}
	m.found = append(m.found, ValueError{line, at, fmt.Errorf("%s:%d: %s%w", m.c.Path, line, key, fmt.Errorf(format, args...))})
}

// err joins them in the order of the file.
func (m *collector) err() error {
	slices.SortStableFunc(m.found, func(a, b ValueError) int { return cmp.Compare(a.line, b.line) })
	var errs []error
	for _, one := range m.found {
		errs = append(errs, one)
	}
	return errors.Join(errs...)
}

// nodeAt finds the value at a path such as $.accounts[0].name, or the nearest
// one around it that the file has.
func nodeAt(root *yaml.Node, path string) *yaml.Node {
	n := root
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	words := strings.FieldsFunc(strings.TrimPrefix(path, "$"), func(r rune) bool { return strings.ContainsRune(".[]", r) })
	for _, word := range words {
		inner := child(n, word)
		if inner == nil {
			break
		}
		n = inner
	}
	if n.Line == 0 {
		return nil
	}
	return n
}

// child is the value of a key of a mapping, or the item of a list.
func child(n *yaml.Node, word string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == word {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(word); err == nil && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

package importer

import (
	"strconv"
	"strings"
)

// settings are the properties of one part of the original. Reading one consumes it; the
// rest is reported.
type settings struct {
	root     *value
	consumed map[*value]bool
}

func newSettings(root *value) *settings {
	return &settings{root: root, consumed: map[*value]bool{}}
}

// consume returns the value at a path of keys and marks it as read; nil if
// there is none.
func (s *settings) consume(path ...string) *value {
	v := s.root
	for _, name := range path {
		v = v.get(name)
	}
	if v != nil {
		s.consumed[v] = true
	}
	return v
}

// text takes a single value as text, "" if there is none.
func (s *settings) text(path ...string) string {
	v := s.root
	for _, name := range path {
		v = v.get(name)
	}
	if v == nil || v.kind == list || v.kind == object {
		return ""
	}
	s.consumed[v] = true
	return v.text
}

// find takes the first value, level by level, whose key is one of the names in
// snake case, whatever objects it stands in.
func (s *settings) find(names ...string) *value {
	for _, name := range names {
		for level := []*value{s.root}; len(level) > 0; {
			var next []*value
			for _, v := range level {
				if v == nil || s.consumed[v] {
					continue
				}
				for _, f := range v.fields {
					if snake(f.name) == name && !s.consumed[f.value] && !f.value.unset() {
						s.consumed[f.value] = true
						return f.value
					}
					next = append(next, f.value)
				}
			}
			level = next
		}
	}
	return nil
}

// unreadProperty is a property that was not consumed.
type unreadProperty struct {
	path  string
	value *value
}

// unread lists what was not consumed and is not empty, as far down as parts of
// it were consumed.
func (s *settings) unread() []unreadProperty {
	var out []unreadProperty
	var touched func(v *value) bool
	touched = func(v *value) bool {
		for _, f := range v.fields {
			if s.consumed[f.value] || touched(f.value) {
				return true
			}
		}
		for _, item := range v.items {
			if s.consumed[item] || touched(item) {
				return true
			}
		}
		return false
	}
	var walk func(path []string, v *value)
	walk = func(path []string, v *value) {
		switch {
		case v == nil || s.consumed[v] || v.unset():
		case v.kind == object && (len(path) == 0 || touched(v)):
			for _, f := range v.fields {
				walk(append(path[:len(path):len(path)], f.name), f.value)
			}
		case v.kind == list && touched(v):
			for i, item := range v.items {
				walk(append(path[:len(path):len(path)], strconv.Itoa(i+1)), item)
			}
		default:
			out = append(out, unreadProperty{strings.Join(path, "."), v})
		}
	}
	walk(nil, s.root)
	return out
}

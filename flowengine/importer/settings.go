package importer

import "strings"

// settings are the properties of one part of the original. Reading one consumes it; the
// rest is reported.
type settings struct {
	root     *value
	consumed map[*value]bool
}

func newSettings(root *value) *settings {
	return &settings{root: root, consumed: map[*value]bool{}}
}

func (s *settings) at(path []string) *value {
	v := s.root
	for _, name := range path {
		v = v.get(name)
	}
	return v
}

// consume returns the value at a path of keys and marks it as read; nil if
// there is none.
func (s *settings) consume(path ...string) *value {
	v := s.at(path)
	if v != nil {
		s.consumed[v] = true
	}
	return v
}

// ignore marks the values of keys as read that mean nothing outside of the original.
func (s *settings) ignore(keys ...string) {
	for _, key := range keys {
		s.consume(key)
	}
}

// text consumes a single value and returns it as text, "" if there is none.
func (s *settings) text(path ...string) string {
	if v := s.at(path); v == nil || v.kind == list || v.kind == object {
		return ""
	}
	return s.consume(path...).text
}

// find takes the first value, level by level, whose key is one of the names in
// snake case, whatever objects it stands in.
func (s *settings) find(names ...string) *value {
	for _, name := range names {
		for level := []*value{s.root}; len(level) > 0; {
			var next []*value
			for _, v := range level {
				if s.consumed[v] {
					continue
				}
				for _, e := range v.fields() {
					if snake(e.name) == name && !s.consumed[e.value] && !e.value.unset() {
						s.consumed[e.value] = true
						return e.value
					}
					next = append(next, e.value)
				}
			}
			level = next
		}
	}
	return nil
}

// unread lists by its path what was not consumed and is not empty, as far down as
// parts of it were consumed.
func (s *settings) unread() []entry {
	var out []entry
	var touched func(v *value) bool
	touched = func(v *value) bool {
		for _, e := range v.entries {
			if s.consumed[e.value] || touched(e.value) {
				return true
			}
		}
		return false
	}
	var walk func(path string, v *value)
	walk = func(path string, v *value) {
		switch {
		case s.consumed[v] || v.unset():
		case v == s.root && v.kind == object, touched(v):
			for _, e := range v.entries {
				walk(strings.TrimPrefix(path+"."+e.name, "."), e.value)
			}
		default:
			out = append(out, entry{path, v})
		}
	}
	walk("", s.root)
	return out
}

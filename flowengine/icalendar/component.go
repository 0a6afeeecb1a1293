package icalendar

import (
	"fmt"
	"strings"
)

// component is what stands between a BEGIN and its END.
type component struct {
	kind  string // such as VEVENT
	line  int    // of BEGIN
	lines []line
	parts []*component
}

// maxDepth bounds how deep components stand in one another; calendars have three.
const maxDepth = 8

// components reads the components of a text, one after the other. It returns an
// error if one of them is not closed, or closed twice.
func components(lines []line) ([]*component, error) {
	open := []*component{{}}
	for _, l := range lines {
		last := open[len(open)-1]
		switch l.name {
		case "BEGIN":
			if len(open) > maxDepth {
				return nil, fmt.Errorf("line %d: components stand %d deep in one another", l.number, maxDepth)
			}
			open = append(open, &component{kind: strings.ToUpper(l.value), line: l.number})
		case "END":
			if len(open) == 1 || !strings.EqualFold(l.value, last.kind) {
				return nil, fmt.Errorf("line %d: END:%s closes nothing that is open", l.number, clipped(l.value))
			}
			open = open[:len(open)-1]
			outer := open[len(open)-1]
			outer.parts = append(outer.parts, last)
		default:
			last.lines = append(last.lines, l)
		}
	}
	if last := open[len(open)-1]; len(open) > 1 {
		return nil, fmt.Errorf("line %d: BEGIN:%s has no END", last.line, clipped(last.kind))
	}
	return open[0].parts, nil
}

// all returns every property of a name that has a value.
func (c *component) all(name string) (out []line) {
	for _, l := range c.lines {
		if l.name == name && l.value != "" {
			out = append(out, l)
		}
	}
	return out
}

// find returns the first property of a name that has a value.
func (c *component) find(name string) (line, bool) {
	for _, l := range c.all(name) {
		return l, true
	}
	return line{}, false
}

// text is the value of a property, empty without one.
func (c *component) text(name string) string {
	l, _ := c.find(name)
	return l.value
}

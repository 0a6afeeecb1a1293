package flowfile

import (
	"reflect"
	"slices"
	"strings"
)

// Component is a kind of step. Define makes one.
type Component interface {
	// Spec describes the component; the result is shared and must not be changed.
	Spec() *Spec

	// bind reads the fields of one step.
	bind(with *node) *DecodedStep
}

// ComponentsByName indexes components by the names of their specs.
func ComponentsByName(cs []Component) map[string]Component {
	out := make(map[string]Component, len(cs))
	for _, c := range cs {
		out[c.Spec().Name] = c
	}
	return out
}

// NewComponent builds the file's side of a component: its spec, and how the fields of a
// step are read into a C. The fields of the spec come from the struct tags of C (see
// Field), so schema and decoder cannot drift.
//
// A mistake in the tags panics.
func NewComponent[C any](s Spec) Component {
	s.Fields = fieldsOf(reflect.TypeFor[C]())
	return &declared[C]{spec: &s}
}

// overlaps reports whether a problem of a field, of one around it or of one in it is
// among those found: what else a Checker finds there follows from that.
func overlaps(found []Problem, field string) bool {
	within := func(outer, inner string) bool {
		rest, ok := strings.CutPrefix(inner, outer)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return slices.ContainsFunc(found, func(p Problem) bool { return p.Field == "" || within(p.Field, field) || within(field, p.Field) })
}

type declared[C any] struct{ spec *Spec }

func (c *declared[C]) Spec() *Spec { return c.spec }

func (c *declared[C]) bind(with *node) *DecodedStep {
	out := &DecodedStep{}
	config := new(C)
	if with == nil {
		with = &node{kind: nodeMapping}
	}
	d := &decoder{out: out}
	d.object(with, "", c.spec.Fields, reflect.ValueOf(config).Elem())
	if checker, ok := any(config).(Checker); ok {
		before := len(out.Problems)
		checker.Check(func(field, what, mend string) {
			if !overlaps(out.Problems[:before], field) {
				d.fail(with.lineAt(field), field, what, mend)
			}
		})
	}
	if warner, ok := any(config).(Warner); ok && len(out.Problems) == 0 {
		warner.Warn(func(field, what, mend string) {
			out.warnings = append(out.warnings, Problem{Severity: SeverityWarning, Line: with.lineAt(field), Field: field, What: what, Mend: mend})
		})
	}
	out.Config = config
	return out
}

package flowengine

import (
	"context"
	"reflect"
	"slices"
	"strings"
)

// Define builds a Component from its spec and its run function. The fields of
// the spec come from the struct tags of C (see Field), so schema and decoder
// cannot drift. The configuration of a step is decoded once per version of a
// flow and shared by all its executions: run must not change it, unless it
// guards what it changes.
//
// A mistake in the tags is a mistake of the programmer and panics.
func Define[C any](s Spec, run func(context.Context, *Turn, *C) (Exit, error)) Component {
	s.Fields = fieldsOf(reflect.TypeFor[C]())
	return &component[C]{spec: &s, run: run}
}

// concerned reports whether a problem is told of a field, of one around it or of
// one in it: what else a Checker finds there follows from that.
func concerned(told []Problem, field string) bool {
	within := func(outer, inner string) bool {
		rest, ok := strings.CutPrefix(inner, outer)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return slices.ContainsFunc(told, func(p Problem) bool { return p.Field == "" || within(p.Field, field) || within(field, p.Field) })
}

type component[C any] struct {
	spec *Spec
	run  func(context.Context, *Turn, *C) (Exit, error)
}

func (c *component[C]) Spec() *Spec { return c.spec }

func (c *component[C]) bind(with *node) *binding {
	out := &binding{}
	config := new(C)
	if with == nil {
		with = &node{kind: nodeMapping}
	}
	d := &decoder{out: out}
	d.object(with, "", c.spec.Fields, reflect.ValueOf(config).Elem())
	if checker, ok := any(config).(Checker); ok {
		told := len(out.problems)
		checker.Check(func(field, what, mend string) {
			if !concerned(out.problems[:told], field) {
				d.fail(with.lineAt(field), field, what, mend)
			}
		})
	}
	if warner, ok := any(config).(Warner); ok && len(out.problems) == 0 {
		warner.Warn(func(field, what, mend string) {
			out.warnings = append(out.warnings, Problem{Severity: SeverityWarning, Line: with.lineAt(field), Field: field, What: what, Mend: mend})
		})
	}
	out.config = config
	out.run = func(ctx context.Context, t *Turn) (Exit, error) { return c.run(ctx, t, config) }
	return out
}

package flowengine

import (
	"context"
	"reflect"
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
	if checker, ok := any(config).(Checker); ok && len(out.problems) == 0 {
		checker.Check(func(field, what, mend string) { d.fail(with.lineAt(field), field, what, mend) })
	}
	out.config = config
	out.run = func(ctx context.Context, t *Turn) (Exit, error) { return c.run(ctx, t, config) }
	return out
}

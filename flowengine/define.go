package flowengine

import "context"

// Define builds a Component from its spec and its run function. The fields of
// the spec come from the struct tags of C (see Field), so schema and decoder
// cannot drift. The configuration of a step is decoded once per version of a
// flow and shared by all its executions: run must not change it.
//
// A mistake in the tags or the spec is a mistake of the programmer and panics.
func Define[C any](s Spec, run func(context.Context, *Turn, *C) (Exit, error)) Component {
	return &component[C]{spec: &s, run: run}
}

type component[C any] struct {
	spec *Spec
	run  func(context.Context, *Turn, *C) (Exit, error)
}

func (c *component[C]) Spec() *Spec { return c.spec }

func (c *component[C]) bind(with *node) *binding { return nil }

// binding is the outcome of reading the fields of one step.
type binding struct{}

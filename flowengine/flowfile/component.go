package flowfile

import (
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/strict"
)

// Component is a kind of step. Define makes one.
type Component interface {
	// Spec describes the component; the result is shared and must not be changed.
	Spec() *Spec

	// bind reads the fields of one step.
	bind(with *yaml.Node) *DecodedStep
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

type declared[C any] struct{ spec *Spec }

func (c *declared[C]) Spec() *Spec { return c.spec }

func (c *declared[C]) bind(with *yaml.Node) *DecodedStep {
	out := &DecodedStep{}
	config := new(C)
	if with == nil {
		with = &yaml.Node{Kind: yaml.MappingNode}
	}
	d := &decoder{out: out}
	d.object(with, "", c.spec.Fields, reflect.ValueOf(config).Elem())
	if checker, ok := any(config).(Checker); ok {
		before := d.list
		checker.Check(func(field, what, mend string) {
			// What is wrong with a field, with one in it or around it implies the rest.
			if !slices.ContainsFunc(before, func(p Problem) bool { return p.Field == "" || strict.Overlap(p.Field, field) }) {
				d.fail(strict.At(with, field).Line, field, what, mend)
			}
		})
	}
	if warner, ok := any(config).(Warner); ok && len(d.list) == 0 {
		warner.Warn(func(field, what, mend string) {
			d.warn(strict.At(with, field).Line, "", field, what, mend)
		})
	}
	out.Config, out.problems = config, d.list
	return out
}

package flowfile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringflow/internal/strict"
)

// Check finds every problem of the flow at once, in the order of the file. A
// flow without errors may be published; warnings are advice.
func Check(f *Flow, cs []Component, env Environment) []Problem {
	c := &checker{problems: problems{file: f.File}, flow: f, byName: ComponentsByName(cs), env: env, decoded: map[string]*DecodedStep{}, steps: map[string]*Step{}, ways: map[string][]edge{}, corrected: map[string]*Step{}}
	for _, s := range c.flow.All() {
		c.steps[s.ID], c.corrected[s.ID] = s, s
	}
	for _, s := range c.flow.All() {
		c.step(s)
	}
	for _, part := range []func(){c.graph, c.variables, c.together} {
		if !c.full() {
			part()
		}
	}
	return c.sorted()
}

// checker gathers the problems of one flow. The files check_*.go hold its parts.
type checker struct {
	problems
	flow        *Flow
	byName      map[string]Component
	env         Environment
	steps       map[string]*Step        // by ID, the trigger among them
	decoded     map[string]*DecodedStep // by step ID; steps of unknown components have none
	ways        map[string][]edge       // by step ID, as edges worked them out
	corrected   map[string]*Step        // by step ID, misspelt exits and targets as they were probably meant
	corrections int                     // how many wires are misspelt
	unresolved  bool                    // an exit leads to a step that does not exist, nor any like it
	routeCache  *routes                 // as behind worked them out
	sources     []placed[string]        // of functions
	speeches    []placed[Speech]        // without variables
	e164        []string                // numbers in E.164 that stand in the steps so far
}

// spec returns the spec of a step's component, nil if it is unknown or cannot stand there.
func (c *checker) spec(s *Step) *Spec {
	if comp := c.byName[s.Component]; comp != nil && comp.Spec().Initiator == (s == c.flow.Trigger) {
		return comp.Spec()
	}
	return nil
}

// step checks one step by itself.
func (c *checker) step(s *Step) {
	if c.full() {
		return
	}
	comp := c.byName[s.Component]
	if comp == nil {
		c.unknown(s)
		return
	}
	spec := comp.Spec()
	initiates := s == c.flow.Trigger
	switch {
	case initiates && !spec.Initiator: // its fields are not checked: they go with it
		c.fail(s.Line, s.ID, "component", spec.Name+" does not begin a flow", strict.DidYouMean(spec.Name, c.placeable(s)))
		return
	case !initiates && spec.Initiator:
		c.fail(s.Line, s.ID, "component", spec.Name+" begins a flow and stands in no other place", "make it the trigger")
		return
	}
	b := comp.bind(s.with)
	c.decoded[s.ID] = b
	for _, p := range b.problems {
		p.Step, p.Line = s.ID, cmp.Or(p.Line, s.Line)
		if !initiates {
			p.Field = join("with", p.Field)
			p.Field = strings.TrimSuffix(p.Field, ".")
		}
		c.add(p)
	}
	if a, asks := b.Config.(AccountChecker); asks && len(Failing(b.problems)) == 0 {
		a.CheckAccount(c.env, func(field, what, mend string) {
			c.fail(strict.At(s.with, field).Line, s.ID, join("with", field), what, mend)
		})
	}
	c.exits(s, spec, b)
	c.mappings(s, spec, b)
	for _, u := range b.texts {
		c.addE164(u)
	}
	for _, u := range b.texts {
		c.text(s, u)
	}
	for _, at := range b.speeches {
		c.speech(s, at)
	}
}

// unknown reports a step whose component does not exist.
func (c *checker) unknown(s *Step) {
	what, mend := fmt.Sprintf("component %q is not known", s.Component), strict.DidYouMean(s.Component, c.placeable(s))
	if c.env.Replacement != nil {
		by, placeholder := c.env.Replacement(s.Component)
		misspelt := slices.ContainsFunc(slices.Collect(maps.Keys(c.byName)), func(name string) bool { return strict.Alike(name, s.Component) })
		if placeholder {
			what = s.Component + " holds the place of a step that could not be imported"
		}
		if placeholder || by != "" && !misspelt {
			mend = "replace it by " + by
		}
	}
	c.fail(s.Line, s.ID, "component", what, mend)
}

// placeable are the components that may stand where the step does, sorted: as the
// trigger those that begin a flow, and elsewhere the others.
func (c *checker) placeable(s *Step) []string {
	var out []string
	for name, comp := range c.byName {
		if comp.Spec().Initiator == (s == c.flow.Trigger) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// mappings checks which step variables fill flow variables.
func (c *checker) mappings(s *Step, spec *Spec, b *DecodedStep) {
	var names []string
	for _, v := range spec.Variables {
		if v.Each == "" {
			names = append(names, v.Name)
		}
	}
	names = append(names, b.variables...)
	for _, m := range s.Set {
		if c.full() {
			return
		}
		field := join("set", m.Variable)
		if !variableName.MatchString(m.Variable) {
			c.fail(m.Line, s.ID, field, fmt.Sprintf("%q is no name of a variable", m.Variable), "write 1 to 64 lower-case letters, digits or _")
		}
		if !slices.Contains(names, m.From) {
			mend := strict.DidYouMean(m.From, names)
			if len(names) == 0 {
				mend = spec.Name + " has none: remove it"
			}
			c.fail(m.Line, s.ID, field, fmt.Sprintf("the component has no step variable %q", m.From), mend)
		}
	}
}

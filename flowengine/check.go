package flowengine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Check finds every problem of the flow at once, in the order of the file. A
// flow without errors may be published; warnings are advice.
func Check(f *Flow, cs []Component, env Environment) []Problem {
	c := &checker{flow: f, byName: byName(cs), env: env, bindings: map[string]*binding{}, steps: map[string]*Step{}, ways: map[string][]edge{}, meant: map[string]*Step{}}
	for _, s := range c.all() {
		c.steps[s.ID] = s
	}
	for _, s := range c.all() {
		c.step(s)
	}
	for _, part := range []func(){c.graph, c.variables, c.understood, c.rendered} {
		if !c.full() {
			part()
		}
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return c.problems
}

// checker gathers the problems of one flow. The files check_*.go hold its parts.
type checker struct {
	flow     *Flow
	byName   map[string]Component
	env      Environment
	steps    map[string]*Step    // by ID, the trigger among them
	bindings map[string]*binding // by step ID; steps of unknown components have none
	ways     map[string][]edge   // by step ID, as edges worked them out
	meant    map[string]*Step    // by step ID, those with misspelt exits or targets as they were probably meant
	mended   int                 // how many wires are misspelt
	lost     bool                // an exit leads to a step that does not exist, nor any like it
	graphed  *routes             // as behind worked them out
	sources  []source            // of functions
	speeches []speech            // without variables
	problems []Problem
	told     map[Severity]int // how many of the problems
}

// all returns the trigger and the steps, in the order of the file.
func (c *checker) all() []*Step { return append([]*Step{c.flow.Trigger}, c.flow.Steps...) }

// full reports whether so much is wrong that no further error is told. What
// takes long to find out is not looked for then.
func (c *checker) full() bool { return c.told[SeverityError] >= maxProblems }

func (c *checker) fail(line int, step, field, what, mend string) {
	c.tell(Problem{Severity: SeverityError, Line: line, Step: step, Field: field, What: what, Mend: mend})
}

func (c *checker) warn(line int, step, field, what, mend string) {
	c.tell(Problem{Severity: SeverityWarning, Line: line, Step: step, Field: field, What: what, Mend: mend})
}

func (c *checker) tell(p Problem) {
	if c.told[p.Severity] >= maxProblems {
		return
	}
	if c.told == nil {
		c.told = map[Severity]int{}
	}
	c.told[p.Severity]++
	p.File = c.flow.File
	c.problems = append(c.problems, p)
}

// spec returns the spec of a step's component, nil if it is unknown.
func (c *checker) spec(s *Step) *Spec {
	if comp := c.byName[s.Component]; comp != nil {
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
	case initiates && !spec.Initiator:
		c.fail(s.Line, s.ID, "component", spec.Name+" does not begin a flow", didYouMean(spec.Name, c.initiators()))
	case !initiates && spec.Initiator:
		c.fail(s.Line, s.ID, "component", spec.Name+" begins a flow and stands in no other place", "make it the trigger")
	}
	b := comp.bind(s.with)
	c.bindings[s.ID] = b
	for _, p := range slices.Concat(b.problems, b.warnings) {
		p.Step, p.Line = s.ID, cmp.Or(p.Line, s.Line)
		if !initiates {
			p.Field = join("with", p.Field)
			p.Field = strings.TrimSuffix(p.Field, ".")
		}
		c.tell(p)
	}
	if a, asks := b.config.(AccountChecker); asks && len(b.problems) == 0 {
		a.CheckAccount(c.env, func(field, what, mend string) { c.fail(s.with.lineAt(field), s.ID, join("with", field), what, mend) })
	}
	if initiates == spec.Initiator {
		c.exits(s, spec, b)
	}
	c.mappings(s, spec, b)
	for _, u := range b.uses {
		c.use(s, u)
	}
	for _, said := range b.says {
		c.speech(s, said)
	}
}

// unknown reports a step whose component does not exist.
func (c *checker) unknown(s *Step) {
	if c.env.Replacement != nil {
		if by, stands := c.env.Replacement(s.Component); stands {
			c.fail(s.Line, s.ID, "component", fmt.Sprintf("%s holds the place of a step that could not be imported", s.Component), "replace it by "+by)
			return
		}
	}
	c.fail(s.Line, s.ID, "component", fmt.Sprintf("component %q is not known", s.Component), didYouMean(s.Component, slices.Sorted(maps.Keys(c.byName))))
}

func (c *checker) initiators() []string {
	var out []string
	for _, comp := range c.byName {
		if comp.Spec().Initiator {
			out = append(out, comp.Spec().Name)
		}
	}
	slices.Sort(out)
	return out
}

// exits checks where the exits of a step lead.
func (c *checker) exits(s *Step, spec *Spec, b *binding) {
	names := wirable(spec, b)
	c.mend(s, names)
	meant := c.asMeant(s)
	for _, w := range s.Exits {
		if c.full() {
			return
		}
		field := join("exits", string(w.Exit))
		if s == c.flow.Trigger {
			field = "start"
		}
		fixed, _ := spec.exit(w.Exit)
		switch {
		case len(names) == 0:
			c.fail(w.Line, s.ID, field, spec.Name+" has no exits to wire", "remove it")
		case fixed.Hidden:
			c.fail(w.Line, s.ID, field, "the exit appears in reports only and cannot be wired", didYouMean(string(w.Exit), names))
		case !contains(names, string(w.Exit)):
			c.fail(w.Line, s.ID, field, "the component has no such exit", didYouMean(string(w.Exit), names))
		}
		c.target(s, w.Line, field, w.To)
	}
	for i, e := range b.exits {
		if slices.Contains(b.exits[:i], e) {
			c.fail(s.Line, s.ID, "with", fmt.Sprintf("exit %s is named twice", e), "rename one")
		} else if _, fixed := spec.exit(e); fixed {
			c.fail(s.Line, s.ID, "with", fmt.Sprintf("exit %s has the name of an exit that the component has anyway", e), "choose another name")
		}
		if meant.target(e) == "" {
			c.warn(s.Line, s.ID, join("exits", string(e)), "the exit leads nowhere: the flow ends there", "lead it to a step")
		}
	}
	for _, e := range spec.Exits {
		switch {
		case e.Each != "" || meant.target(e.Name) != "":
		case e.Mandatory:
			c.fail(s.Line, s.ID, join("exits", string(e.Name)), "the exit must lead to a step", "lead it to one, such as end_flow")
		case e.Expected:
			c.warn(s.Line, s.ID, join("exits", string(e.Name)), "the exit leads nowhere: the flow ends there", "lead it to a step")
		}
	}
	c.onError(s, spec, names)
}

// mend works out how a step is wired if each misspelt exit and target is the one
// that is suggested. What follows from a misspelling is not told: it is gone with
// it.
func (c *checker) mend(s *Step, names []string) {
	out := *s
	out.Exits = slices.Clone(s.Exits)
	for i := range out.Exits {
		w := &out.Exits[i]
		exit, to := contains(names, string(w.Exit)), c.steps[w.To] != nil || w.To == TriggerID
		if exit && to {
			continue
		}
		if c.mended++; c.mended > maxProblems { // no more are told either
			c.lost = true
			return
		}
		if near := Exit(nearest(string(w.Exit), names)); !exit && near != "" && s.target(near) == "" {
			w.Exit = near
		}
		if !to {
			near := nearest(w.To, c.ids())
			w.To, c.lost = cmp.Or(near, w.To), c.lost || near == ""
		}
		c.meant[s.ID] = &out
	}
}

// ids lists the steps.
func (c *checker) ids() []string {
	var ids []string
	for _, s := range c.flow.Steps {
		ids = append(ids, s.ID)
	}
	return ids
}

// asMeant returns a step as mend left it.
func (c *checker) asMeant(s *Step) *Step {
	if out := c.meant[s.ID]; out != nil {
		return out
	}
	return s
}

// wirable returns the exits of a step that may lead to steps.
func wirable(spec *Spec, b *binding) []string {
	var out []string
	for _, e := range spec.Exits {
		if e.Each == "" && !e.Hidden {
			out = append(out, string(e.Name))
		}
	}
	for _, e := range b.exits {
		out = append(out, string(e))
	}
	return out
}

// target checks that a step of the name exists.
func (c *checker) target(s *Step, line int, field, to string) {
	if to == TriggerID {
		c.fail(line, s.ID, field, "nothing can lead back to the trigger", "lead it to the first step")
		return
	}
	if c.steps[to] == nil {
		c.fail(line, s.ID, field, fmt.Sprintf("it leads to step %q, which does not exist", to), didYouMean(to, c.ids()))
	}
}

func (c *checker) onError(s *Step, spec *Spec, names []string) {
	e := s.OnError
	switch {
	case e.Kind != OnErrorDefault && spec.Terminal:
		c.fail(e.Line, s.ID, "on_error", spec.Name+" ends the flow and cannot fail", "remove it")
	case e.Kind == OnErrorFollow && !contains(names, string(e.Exit)):
		c.fail(e.Line, s.ID, "on_error.follow", fmt.Sprintf("the component has no exit %q", e.Exit), didYouMean(string(e.Exit), names))
	case e.Kind == OnErrorFollow && c.follows(s, spec, e.Exit) == "":
		c.warn(e.Line, s.ID, "on_error.follow", fmt.Sprintf("exit %s leads nowhere: the flow ends there", e.Exit), "lead it to a step")
	case e.Kind == OnErrorGoTo:
		c.target(s, e.Line, "on_error.go_to", e.To)
	case e.Line == 0:
		c.unhandled(s, spec)
	}
}

// unhandled warns of errors that the author may expect to leave by an exit, where
// the step says nothing of errors and none of its exits takes them.
func (c *checker) unhandled(s *Step, spec *Spec) {
	meant := c.asMeant(s)
	if slices.ContainsFunc(spec.Exits, func(e ExitSpec) bool { return e.Unwired == ExitError && meant.target(e.Name) != "" }) {
		return
	}
	for _, e := range spec.Exits {
		if e.NotFor != "" && meant.target(e.Name) != "" {
			c.warn(s.Line, s.ID, "on_error", fmt.Sprintf("%s does not leave by %s: it is an error of the step, and ends the flow as failed", e.NotFor, e.Name),
				fmt.Sprintf("write on_error: {follow: %s} to go where that leads, or on_error: default to leave it so", e.Name))
		}
	}
}

// follows is the step that an exit leads to, or the one that it gives way to if it
// leads nowhere; empty if the flow ends there.
func (c *checker) follows(s *Step, spec *Spec, exit Exit) string {
	for range len(spec.Exits) + 1 {
		if to := s.target(exit); to != "" {
			return to
		}
		e, _ := spec.exit(exit)
		if exit = e.Instead(); exit == "" {
			break
		}
	}
	return ""
}

// mappings checks which step variables fill flow variables.
func (c *checker) mappings(s *Step, spec *Spec, b *binding) {
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
		if !contains(names, m.From) {
			mend := didYouMean(m.From, names)
			if len(names) == 0 {
				mend = spec.Name + " has none: remove it"
			}
			c.fail(m.Line, s.ID, field, fmt.Sprintf("the component has no step variable %q", m.From), mend)
		}
	}
}

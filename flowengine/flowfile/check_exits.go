package flowfile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"ringflow/internal/strict"
)

// exits checks where the exits of a step lead.
func (c *checker) exits(s *Step, spec *Spec, b *DecodedStep) {
	names := wirable(spec, b)
	c.correct(s, names)
	corrected := c.corrected[s.ID]
	for _, w := range s.Exits {
		if c.full() {
			return
		}
		field := join("exits", string(w.Exit))
		if s == c.flow.Trigger {
			field = "start"
		}
		fixed, _ := spec.Exit(w.Exit)
		switch {
		case len(names) == 0:
			c.fail(w.Line, s.ID, field, spec.Name+" has no exits to wire", "remove it")
		case fixed.Hidden:
			c.fail(w.Line, s.ID, field, "the exit appears in reports only and cannot be wired", strict.DidYouMean(string(w.Exit), names))
		case !slices.Contains(names, string(w.Exit)):
			c.fail(w.Line, s.ID, field, "the component has no such exit", strict.DidYouMean(string(w.Exit), names))
		}
		c.target(s, w.Line, field, w.To)
	}
	for i, e := range b.Exits {
		if slices.Contains(b.Exits[:i], e) {
			c.fail(s.Line, s.ID, "with", fmt.Sprintf("exit %s is named twice", e), "rename one")
		} else if _, fixed := spec.Exit(e); fixed {
			c.fail(s.Line, s.ID, "with", fmt.Sprintf("exit %s has the name of an exit that the component has anyway", e), "choose another name")
		}
		if corrected.target(e) == "" {
			c.warn(s.Line, s.ID, join("exits", string(e)), "the exit leads nowhere: the flow ends there", "lead it to a step")
		}
	}
	for _, e := range spec.Exits {
		switch {
		case e.Each != "" || corrected.target(e.Name) != "":
		case e.Mandatory:
			c.fail(s.Line, s.ID, join("exits", string(e.Name)), "the exit must lead to a step", "lead it to one"+c.suchAsAnEnd(s))
		case e.Expected:
			c.warn(s.Line, s.ID, join("exits", string(e.Name)), "the exit leads nowhere: the flow ends there", "lead it to a step")
		}
	}
	c.onError(s, spec, names)
}

// suchAsAnEnd names a step that ends the flow, for an exit of s that is to lead
// elsewhere, or else the component of one.
func (c *checker) suchAsAnEnd(s *Step) string {
	for _, other := range c.flow.Steps {
		if spec := c.spec(other); spec != nil && spec.Terminal && other != s {
			return ", such as " + other.ID
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.byName)) {
		if c.byName[name].Spec().Terminal {
			return ", such as a new one of component " + name
		}
	}
	return ""
}

// correct derives how a step is wired if each misspelt exit and target is the one
// that is suggested. What follows from a misspelling is not reported: it
// goes with it.
func (c *checker) correct(s *Step, names []string) {
	out := *s
	out.Exits = slices.Clone(s.Exits)
	for i := range out.Exits {
		w := &out.Exits[i]
		exit, to := slices.Contains(names, string(w.Exit)), c.steps[w.To] != nil || w.To == TriggerID
		if exit && to {
			continue
		}
		if c.corrections++; c.corrections > maxProblems { // no more are reported either
			c.unresolved = true
			return
		}
		if near := Exit(strict.Nearest(string(w.Exit), names)); !exit && near != "" && s.target(near) == "" {
			w.Exit = near
		}
		if !to {
			near := strict.Nearest(w.To, c.ids())
			w.To, c.unresolved = cmp.Or(near, w.To), c.unresolved || near == ""
		}
		c.corrected[s.ID] = &out
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

// wirable returns the exits of a step that may lead to steps.
func wirable(spec *Spec, b *DecodedStep) []string {
	var out []string
	for _, e := range spec.Exits {
		if e.Each == "" && !e.Hidden {
			out = append(out, string(e.Name))
		}
	}
	for _, e := range b.Exits {
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
		c.fail(line, s.ID, field, fmt.Sprintf("it leads to step %q, which does not exist", to), strict.DidYouMean(to, c.ids()))
	}
}

func (c *checker) onError(s *Step, spec *Spec, names []string) {
	e := s.OnError
	switch {
	case e.Kind != OnErrorDefault && spec.Terminal:
		c.fail(e.Line, s.ID, "on_error", spec.Name+" ends the flow and cannot fail", "remove it")
	case e.Kind == OnErrorFollow && !slices.Contains(names, string(e.Exit)):
		c.fail(e.Line, s.ID, "on_error.follow", fmt.Sprintf("the component has no exit %q", e.Exit), strict.DidYouMean(string(e.Exit), names))
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
	corrected := c.corrected[s.ID]
	if slices.ContainsFunc(spec.Exits, func(e ExitSpec) bool { return e.Fallback == ExitError && corrected.target(e.Name) != "" }) {
		return
	}
	for _, e := range spec.Exits {
		if e.NotFor != "" && corrected.target(e.Name) != "" {
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
		e, _ := spec.Exit(exit)
		if exit = e.Instead(); exit == "" {
			break
		}
	}
	return ""
}

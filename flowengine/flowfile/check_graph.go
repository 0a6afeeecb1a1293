package flowfile

import (
	"fmt"
	"slices"
	"strings"
)

// edge is a way from a step to a step.
type edge struct {
	to string
	// calls is set if a call exists behind it, because the step made one.
	calls bool
}

// edges returns every way out of a step, those after an error included.
func (c *checker) edges(s *Step) []edge {
	if known, ok := c.ways[s.ID]; ok {
		return known
	}
	spec, b := c.spec(s), c.decoded[s.ID]
	var out []edge
	add := func(to string, calls bool) {
		if to != "" && to != TriggerID && c.steps[to] != nil {
			out = append(out, edge{to: to, calls: calls})
		}
	}
	if spec != nil && spec.Terminal {
		return nil
	}
	s = c.corrected[s.ID]
	for _, w := range s.Exits {
		add(w.To, spec == nil || spec.Dials && w.Exit == ExitAnswered) // an unknown one may be meant to dial
	}
	switch {
	case s.OnError.Kind == OnErrorGoTo:
		add(s.OnError.To, false)
	case s.OnError.Kind == OnErrorFollow:
		add(s.target(s.OnError.Exit), false)
	case spec != nil && b != nil && s.OnError.Kind == OnErrorDefault:
		add(s.target(spec.OnError), false)
	}
	c.ways[s.ID] = out
	return out
}

// reach walks from the steps given along the edges that pass and returns, for
// each step that it meets, the step it came from.
func (c *checker) reach(from []string, pass func(*Step, edge) bool) map[string]string {
	came := map[string]string{}
	for _, id := range from {
		came[id] = ""
	}
	for queue := from; len(queue) > 0; queue = queue[1:] {
		s := c.steps[queue[0]]
		for _, e := range c.edges(s) {
			if _, met := came[e.to]; !met && pass(s, e) {
				came[e.to] = s.ID
				queue = append(queue, e.to)
			}
		}
	}
	return came
}

func anyEdge(*Step, edge) bool { return true }

// shownWay is how many steps of a long way are named, at each of its ends.
const shownWay = 5

// route writes the way on which a step was met.
func route(came map[string]string, id string) string {
	way := []string{id}
	for came[id] != "" {
		id = came[id]
		way = append(way, id)
	}
	slices.Reverse(way)
	if n := len(way); n > 2*shownWay {
		way = slices.Concat(way[:shownWay], []string{fmt.Sprintf("… %d more …", n-2*shownWay)}, way[n-shownWay:])
	}
	return strings.Join(way, " → ")
}

// graph checks what depends on where steps stand.
func (c *checker) graph() {
	if len(c.flow.Steps) == 0 {
		c.fail(0, "", "steps", "the flow has no steps", "")
	}
	met := c.reach([]string{TriggerID}, anyEdge)
	for _, s := range c.flow.Steps {
		if _, ok := met[s.ID]; !ok && !c.unresolved {
			c.warn(s.Line, s.ID, "", "nothing leads to this step", "lead an exit to it, or remove it")
		}
	}
	c.placement()
	c.calls(met)
	c.loops(met)
	c.behind()
}

// behind checks that no component stands behind an exit that rules it out. What
// follows a step with a call has begun anew and may hold it.
func (c *checker) behind() {
	for _, s := range c.flow.Steps {
		for _, w := range c.corrected[s.ID].Exits {
			if c.steps[w.To] == nil || w.To == TriggerID || !c.rulesOut(w.Exit) {
				continue
			}
			after := c.reach([]string{w.To}, func(from *Step, _ edge) bool { spec := c.spec(from); return spec != nil && !spec.Voice })
			for _, other := range c.flow.Steps {
				spec := c.spec(other)
				if _, met := after[other.ID]; met && spec != nil && slices.Contains(spec.NotAfter, w.Exit) && !c.full() {
					c.fail(w.Line, s.ID, join("exits", string(w.Exit)), fmt.Sprintf("%s may not follow this exit, and does on the way %s", spec.Name, route(after, other.ID)),
						"lead the exit to another step"+c.suchAsAnEnd(s))
				}
			}
		}
	}
}

// rulesOut reports whether a component may not stand behind exits of the name.
func (c *checker) rulesOut(e Exit) bool {
	for _, comp := range c.byName {
		if slices.Contains(comp.Spec().NotAfter, e) {
			return true
		}
	}
	return false
}

// placement checks that a voice step is met only behind a call: every route to
// it, those after errors included, passes an answered exit.
func (c *checker) placement() {
	silent := c.reach([]string{TriggerID}, func(_ *Step, e edge) bool { return !e.calls })
	for _, s := range c.flow.Steps {
		spec := c.spec(s)
		if _, ok := silent[s.ID]; ok && spec != nil && spec.Voice && !spec.Dials {
			c.fail(s.Line, s.ID, "", "there is a way to this step on which no call exists: "+route(silent, s.ID),
				"let every way to it pass an exit answered")
		}
	}
}

// calls checks that no route meets two steps that make a call. One way to each
// of them is told.
func (c *checker) calls(met map[string]string) {
	var dialling []*Step
	for _, s := range c.flow.Steps {
		if _, ok := met[s.ID]; ok && c.spec(s) != nil && c.spec(s).Dials {
			dialling = append(dialling, s)
		}
	}
	reported := map[string]bool{}
	for _, s := range dialling {
		for _, other := range dialling {
			if c.full() || reported[other.ID] || !c.leads(s.ID, other.ID) {
				continue
			}
			reported[other.ID] = true
			var next []string
			for _, e := range c.edges(s) {
				next = append(next, e.to)
			}
			after := c.reach(next, anyEdge)
			c.fail(other.Line, other.ID, "", fmt.Sprintf("a call was made already on the way %s → %s", s.ID, route(after, other.ID)),
				"a path may make one call: end the flow instead")
		}
	}
}

// loops checks that every step that can be met has a way to the end.
func (c *checker) loops(met map[string]string) {
	mayEnd := map[string]bool{}
	for _, s := range c.flow.Steps {
		if spec := c.spec(s); spec != nil {
			mayEnd[s.ID] = c.mayEnd(s, spec)
		}
	}
	reported := map[string]bool{}
	for _, s := range c.flow.Steps {
		if _, ok := met[s.ID]; !ok || reported[s.ID] || mayEnd[s.ID] {
			continue
		}
		ends, voice, knownAll := false, false, true
		var names []string
		for _, other := range c.flow.Steps {
			if other != s && !c.leads(s.ID, other.ID) {
				continue
			}
			names = append(names, other.ID)
			spec := c.spec(other)
			if spec == nil {
				knownAll = false
				continue
			}
			ends = ends || mayEnd[other.ID]
			voice = voice || spec.Voice
		}
		if ends || !knownAll {
			continue
		}
		for _, n := range names {
			reported[n] = true
		}
		what := "the steps " + strings.Join(names, ", ") + " lead to one another for ever"
		if voice {
			c.warn(s.Line, s.ID, "exits", what+": only hanging up ends them", "let an exit lead out")
		} else {
			c.fail(s.Line, s.ID, "exits", what, "let an exit lead out")
		}
	}
}

// mayEnd reports whether the flow may end at this step other than by an error.
func (c *checker) mayEnd(s *Step, spec *Spec) bool {
	if spec.Terminal {
		return true
	}
	return slices.ContainsFunc(wirable(spec, c.decoded[s.ID]), func(name string) bool {
		e, _ := spec.Exit(Exit(name))
		return c.corrected[s.ID].target(Exit(name)) == "" && !e.Mandatory && e.Instead() == ""
	})
}

// routes tell which steps a route leads to. They are worked out once for each
// step that is asked about: checks ask for thousands of pairs.
type routes struct {
	index  map[string]int // of a step among all of them, by ID
	next   [][]int        // the steps that an edge leads to
	behind [][]bool       // the steps that any route leads to; nil: not asked for yet
}

// leads reports whether a route leads from a step to another, or back to itself.
func (c *checker) leads(from, to string) bool {
	if c.routeCache == nil {
		c.routeCache = c.routes()
	}
	r := c.routeCache
	return r.from(r.index[from])[r.index[to]]
}

func (c *checker) routes() *routes {
	all := c.flow.All()
	r := &routes{index: make(map[string]int, len(all)), next: make([][]int, len(all)), behind: make([][]bool, len(all))}
	for i, s := range all {
		r.index[s.ID] = i
	}
	for i, s := range all {
		for _, e := range c.edges(s) {
			r.next[i] = append(r.next[i], r.index[e.to])
		}
	}
	return r
}

// from returns the steps that a route from a place leads to.
func (r *routes) from(index int) []bool {
	if r.behind[index] != nil {
		return r.behind[index]
	}
	met := make([]bool, len(r.next))
	for open := []int{index}; len(open) > 0; {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		for _, to := range r.next[at] {
			if !met[to] {
				met[to] = true
				open = append(open, to)
			}
		}
	}
	r.behind[index] = met
	return met
}

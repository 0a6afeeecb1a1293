package drawing

import (
	"strings"

	"ringflow/flowengine/flowfile"
)

// graph is a flow as boxes and arrows. The first box is the initiator.
type graph struct {
	title  string
	boxes  []box
	arrows []arrow // those of one box stand together, in the order of the file
}

// box is a step, or a step that an exit leads to and the flow does not have.
type box struct {
	id      string
	name    string
	kind    string // the title of the component
	missing bool
}

// arrow leads from box to box.
type arrow struct {
	from, to int
	exit     flowfile.Exit
	failure  bool // the way after an error
}

// graphOf reads the boxes and arrows of a flow.
func graphOf(f *flowfile.Flow, catalogue []flowfile.Component) *graph {
	titles := map[string]string{}
	for _, c := range catalogue {
		titles[c.Spec().Name] = c.Spec().Title
	}
	g := &graph{title: f.Name}
	at := map[string]int{}
	var steps []*flowfile.Step
	if f.Trigger != nil {
		steps = append(steps, f.Trigger)
	}
	steps = append(steps, f.Steps...)
	for _, s := range steps {
		at[s.ID] = len(g.boxes)
		kind := titles[s.Component]
		if kind == "" {
			kind = words(s.Component)
		}
		g.boxes = append(g.boxes, box{id: s.ID, name: s.Name(), kind: kind})
	}
	for i, s := range steps {
		for _, w := range ways(s) {
			to, known := at[w.to]
			if !known {
				to = len(g.boxes)
				at[w.to] = to
				g.boxes = append(g.boxes, box{id: w.to, name: w.to, kind: "missing", missing: true})
			}
			g.arrows = append(g.arrows, arrow{from: i, to: to, exit: w.exit, failure: w.failure})
		}
	}
	return g
}

// way is where a step may lead.
type way struct {
	exit    flowfile.Exit
	to      string
	failure bool
}

// ways lists the wired exits of a step, and last its own way after an error.
func ways(s *flowfile.Step) []way {
	var out []way
	for _, w := range s.Exits {
		out = append(out, way{exit: w.Exit, to: w.To})
	}
	failed := way{exit: flowfile.ExitError, failure: true}
	switch s.OnError.Kind {
	case flowfile.OnErrorGoTo:
		failed.to = s.OnError.To
	case flowfile.OnErrorFollow:
		for _, w := range s.Exits {
			if w.Exit == s.OnError.Exit {
				failed.to = w.To
			}
		}
	}
	if failed.to != "" {
		out = append(out, failed)
	}
	return out
}

// words writes a name in snake case for people.
func words(name string) string {
	s := strings.NewReplacer("_", " ", "-", " ").Replace(name)
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

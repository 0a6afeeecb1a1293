package drawing

import (
	"cmp"
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

	// In a picture:
	width, height int
	arrows        []int // those that leave it
	layer         int
	item          int
	down, up      *lane // of the arrows that lead to it from afar; nil: there are none
}

// arrow leads from box to box.
type arrow struct {
	from, to int
	exit     flowfile.Exit
	failure  bool // the way after an error

	// In a picture:
	left, width int  // of its cell, from the left edge of the box it leaves
	upward      bool // it leads back to the same or a higher layer
}

// port is where the arrow leaves its box, from the left edge of that.
func (a *arrow) port() int { return a.left + a.width/2 }

// graphOf reads the boxes and arrows of a flow.
func graphOf(f *flowfile.Flow, catalogue []flowfile.Component) *graph {
	titles := map[string]string{}
	for _, c := range catalogue {
		titles[c.Spec().Name] = c.Spec().Title
	}
	g := &graph{title: f.Name}
	at := map[string]int{}
	for _, s := range f.All() {
		at[s.ID] = len(g.boxes)
		g.boxes = append(g.boxes, box{id: s.ID, name: s.Name(), kind: cmp.Or(titles[s.Component], words(s.Component))})
	}
	for i, s := range f.All() {
		connect := func(exit flowfile.Exit, target string, failure bool) {
			to, known := at[target]
			if !known {
				to = len(g.boxes)
				at[target] = to
				g.boxes = append(g.boxes, box{id: target, name: target, kind: "missing", missing: true})
			}
			g.arrows = append(g.arrows, arrow{from: i, to: to, exit: exit, failure: failure})
		}
		failed := s.OnError.To // its own way after an error
		for _, w := range s.Exits {
			connect(w.Exit, w.To, false)
			if s.OnError.Kind == flowfile.OnErrorFollow && w.Exit == s.OnError.Exit {
				failed = w.To
			}
		}
		if failed != "" {
			connect(flowfile.ExitError, failed, true)
		}
	}
	return g
}

// words writes a name in snake case for people.
func words(name string) string {
	s := strings.NewReplacer("_", " ", "-", " ").Replace(name)
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

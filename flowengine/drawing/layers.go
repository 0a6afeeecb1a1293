package drawing

import "slices"

// sheet is a graph laid out: boxes and the bends of long arrows in layers from
// top to bottom. All lengths are in pixels and whole numbers, so that the same
// flow gives the same picture on every machine.
type sheet struct {
	*graph
	items         []item
	rows          [][]int // the items of each layer, from left to right
	width, height int
	top, bottom   []int // of each layer
}

// item is what takes room in a layer: a box, or a bend of a lane.
type item struct {
	box    int // -1: a bend
	layer  int
	width  int
	height int
	x      int // the left edge
	above  []link
	below  []link
}

// link ties an item to one of a neighbouring layer. The offsets are where the arrow
// touches each item, from its left edge.
type link struct {
	item   int
	here   int
	there  int
	weight int
}

// lay puts every box into a layer such that arrows point down, but for those
// that close a loop.
func (s *sheet) lay() {
	const fresh, open, done = 0, 1, 2
	state := make([]int, len(s.boxes))
	var finished []int
	var visit func(b int)
	visit = func(b int) {
		state[b] = open
		for _, i := range s.boxes[b].arrows {
			switch a := &s.arrows[i]; state[a.to] {
			case fresh:
				visit(a.to)
			case open:
				a.upward = true
			}
		}
		state[b] = done
		finished = append(finished, b)
	}
	for b := range s.boxes {
		if state[b] == fresh {
			visit(b)
		}
	}
	for _, b := range slices.Backward(finished) {
		for _, i := range s.boxes[b].arrows {
			if a := s.arrows[i]; !a.upward {
				s.boxes[a.to].layer = max(s.boxes[a.to].layer, s.boxes[b].layer+1)
			}
		}
	}
}

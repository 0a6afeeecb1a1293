package drawing

// sheet is a graph laid out: boxes and the bends of long arrows in layers from
// top to bottom. All lengths are in pixels and whole numbers, so that the same
// flow gives the same picture on every machine.
type sheet struct {
	*graph
	size   []boxSize // of each box
	cells  []int     // the width of each arrow's cell
	left   []int     // where it begins, from the left edge of the box
	layer  []int     // of each box
	upward []bool    // of each arrow: it leads back to the same or a higher layer
	items  []item
	rows   [][]int // the items of each layer, from left to right
	boxOf  []int   // the item of each box
	down   map[int]*lane
	up     map[int]*lane
	width  int
	height int
	top    []int // of each layer
	bottom []int
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
	out := make([][]int, len(s.boxes)) // arrows by box
	for i, a := range s.arrows {
		out[a.from] = append(out[a.from], i)
	}
	const fresh, open, done = 0, 1, 2
	state := make([]int, len(s.boxes))
	s.upward = make([]bool, len(s.arrows))
	var finished []int
	var visit func(b int)
	visit = func(b int) {
		state[b] = open
		for _, i := range out[b] {
			switch to := s.arrows[i].to; state[to] {
			case fresh:
				visit(to)
			case open:
				s.upward[i] = true
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
	s.layer = make([]int, len(s.boxes))
	for i := len(finished) - 1; i >= 0; i-- {
		b := finished[i]
		for _, n := range out[b] {
			if to := s.arrows[n].to; !s.upward[n] {
				s.layer[to] = max(s.layer[to], s.layer[b]+1)
			}
		}
	}
}

package drawing

// lane is the way that arrows to one box share across the layers between: all
// that lead down to it over more than one layer, or all that lead back up. It
// has a bend in each layer that it crosses.
type lane struct {
	first, last int   // the highest layer and the lowest
	bends       []int // items, from the highest layer down
}

const laneWidth = 12

// bend is the bend of the lane in a layer.
func (s *sheet) bend(l *lane, layer int) item { return s.items[l.bends[layer-l.first]] }

// widen makes the lane cross the layers from first to last too.
func (l *lane) widen(first, last int) *lane {
	if l == nil {
		return &lane{first: first, last: last}
	}
	l.first, l.last = min(l.first, first), max(l.last, last)
	return l
}

// route makes the items of every layer, in the order in which they are first
// placed: boxes in the order of the file, each followed by its own lanes.
func (s *sheet) route() {
	for _, a := range s.arrows {
		to, from, at := &s.boxes[a.to], s.boxes[a.from].layer, s.boxes[a.to].layer
		switch {
		case a.upward:
			to.up = to.up.widen(at, from)
		case at > from+1:
			to.down = to.down.widen(from+1, at-1)
		}
	}
	for i := range s.boxes {
		b := &s.boxes[i]
		b.item = s.add(item{box: i, layer: b.layer, width: b.width, height: b.height})
		s.open(b.down)
		s.open(b.up)
	}
	for _, a := range s.arrows {
		s.tie(a)
	}
	for _, b := range s.boxes {
		if b.down != nil {
			s.link(b.down.bends[len(b.down.bends)-1], b.item, laneWidth/2, b.width/2, 4)
		}
	}
}

func (s *sheet) add(x item) int {
	s.items = append(s.items, x)
	n := len(s.items) - 1
	for len(s.rows) <= x.layer {
		s.rows = append(s.rows, nil)
	}
	s.rows[x.layer] = append(s.rows[x.layer], n)
	return n
}

// open gives a lane, if there is one, a bend in each of its layers.
func (s *sheet) open(l *lane) {
	if l == nil {
		return
	}
	for layer := l.first; layer <= l.last; layer++ {
		l.bends = append(l.bends, s.add(item{box: -1, layer: layer, width: laneWidth}))
		if n := len(l.bends); n > 1 {
			s.link(l.bends[n-2], l.bends[n-1], laneWidth/2, laneWidth/2, 8)
		}
	}
}

// tie links the box that an arrow leaves with what the arrow meets first in the
// next layer. An arrow that leads up meets its lane in the box's own layer, which
// says nothing about the next.
func (s *sheet) tie(a arrow) {
	from, to := s.boxes[a.from], s.boxes[a.to]
	switch {
	case a.upward:
	case to.layer == from.layer+1:
		s.link(from.item, to.item, a.port(), to.width/2, 2)
	default:
		s.link(from.item, to.down.bends[from.layer+1-to.down.first], a.port(), laneWidth/2, 1)
	}
}

// link ties an item to one of the layer below.
func (s *sheet) link(above, below, aboveAt, belowAt, weight int) {
	s.items[above].below = append(s.items[above].below, link{item: below, here: aboveAt, there: belowAt, weight: weight})
	s.items[below].above = append(s.items[below].above, link{item: above, here: belowAt, there: aboveAt, weight: weight})
}

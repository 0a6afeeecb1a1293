package drawing

// lane is the way that arrows to one box share across the layers between: all
// that lead down to it over more than one layer, or all that lead back up. It
// has a bend in each layer that it crosses.
type lane struct {
	first int   // the highest layer
	bends []int // items, from the highest layer down
}

const laneWidth = 12

// route makes the items of every layer, in the order in which they are first
// placed: boxes in the order of the file, each followed by its own lanes.
func (s *sheet) route() {
	s.down, s.up = map[int]*lane{}, map[int]*lane{}
	layers := 0
	for _, l := range s.layer {
		layers = max(layers, l+1)
	}
	type span struct{ first, last int }
	down, up := map[int]span{}, map[int]span{}
	for i, a := range s.arrows {
		from, to := s.layer[a.from], s.layer[a.to]
		switch {
		case s.upward[i]:
			u, known := up[a.to]
			if !known {
				u = span{to, from}
			}
			up[a.to] = span{to, max(u.last, from)}
		case to > from+1:
			d, known := down[a.to]
			if !known {
				d = span{from + 1, to - 1}
			}
			down[a.to] = span{min(d.first, from+1), to - 1}
		}
	}
	s.rows = make([][]int, layers)
	s.boxOf = make([]int, len(s.boxes))
	for b := range s.boxes {
		s.boxOf[b] = s.add(item{box: b, layer: s.layer[b], width: s.size[b].width, height: s.size[b].height})
		if d, ok := down[b]; ok {
			s.down[b] = s.open(d.first, d.last)
		}
		if u, ok := up[b]; ok {
			s.up[b] = s.open(u.first, u.last)
		}
	}
	for i := range s.arrows {
		s.tie(i)
	}
	for b, l := range s.down {
		s.link(l.bends[len(l.bends)-1], s.boxOf[b], laneWidth/2, s.items[s.boxOf[b]].width/2, 4)
	}
}

func (s *sheet) add(x item) int {
	s.items = append(s.items, x)
	n := len(s.items) - 1
	s.rows[x.layer] = append(s.rows[x.layer], n)
	return n
}

// open makes a lane with a bend in each layer from first to last.
func (s *sheet) open(first, last int) *lane {
	l := &lane{first: first}
	for layer := first; layer <= last; layer++ {
		l.bends = append(l.bends, s.add(item{box: -1, layer: layer, width: laneWidth}))
		if n := len(l.bends); n > 1 {
			s.link(l.bends[n-2], l.bends[n-1], laneWidth/2, laneWidth/2, 8)
		}
	}
	return l
}

// tie links the box that an arrow leaves with what the arrow meets first in the
// next layer. An arrow that leads up meets its lane in the box's own layer, which
// says nothing about the next.
func (s *sheet) tie(i int) {
	a := s.arrows[i]
	if s.upward[i] {
		return
	}
	from, port := s.boxOf[a.from], s.port(i)
	if s.layer[a.to] == s.layer[a.from]+1 {
		s.link(from, s.boxOf[a.to], port, s.items[s.boxOf[a.to]].width/2, 2)
		return
	}
	l := s.down[a.to]
	s.link(from, l.bends[s.layer[a.from]+1-l.first], port, laneWidth/2, 1)
}

// link ties an item to one of the layer below.
func (s *sheet) link(above, below, aboveAt, belowAt, weight int) {
	s.items[above].below = append(s.items[above].below, link{item: below, here: aboveAt, there: belowAt, weight: weight})
	s.items[below].above = append(s.items[below].above, link{item: above, here: belowAt, there: aboveAt, weight: weight})
}

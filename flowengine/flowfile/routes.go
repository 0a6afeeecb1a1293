package flowfile

// routes tell which steps a route leads to. They are worked out once for each
// step that is asked about: checks ask for thousands of pairs.
type routes struct {
	place  map[string]int // of a step among all of them, by ID
	next   [][]int        // the places that an edge leads to
	behind [][]bool       // the places that any route leads to; nil: not asked for yet
}

// leads reports whether a route leads from a step to another, or back to itself.
func (c *checker) leads(from, to string) bool {
	if c.graphed == nil {
		c.graphed = c.routes()
	}
	r := c.graphed
	return r.from(r.place[from])[r.place[to]]
}

func (c *checker) routes() *routes {
	all := c.all()
	r := &routes{place: make(map[string]int, len(all)), next: make([][]int, len(all)), behind: make([][]bool, len(all))}
	for i, s := range all {
		r.place[s.ID] = i
	}
	for i, s := range all {
		for _, e := range c.edges(s) {
			r.next[i] = append(r.next[i], r.place[e.to])
		}
	}
	return r
}

// from returns the places that a route from a place leads to.
func (r *routes) from(place int) []bool {
	if r.behind[place] != nil {
		return r.behind[place]
	}
	met := make([]bool, len(r.next))
	for open := []int{place}; len(open) > 0; {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		for _, to := range r.next[at] {
			if !met[to] {
				met[to] = true
				open = append(open, to)
			}
		}
	}
	r.behind[place] = met
	return met
}

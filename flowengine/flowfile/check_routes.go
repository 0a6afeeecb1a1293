package flowfile

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

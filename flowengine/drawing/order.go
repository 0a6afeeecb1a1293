package drawing

import (
	"cmp"
	"slices"
)

const orderSweeps = 8

// arrange orders the items of each layer such that few arrows cross: each item
// goes to the mean position of what it is linked to in the layer before, alternately down
// and up, and the best order is the result.
func (s *sheet) arrange() {
	best, least := s.copyRows(), s.crossings()
	for sweep := 0; sweep < orderSweeps && least > 0; sweep++ {
		s.sweep(sweep, s.sortRow)
		if n := s.crossings(); n < least {
			best, least = s.copyRows(), n
		}
	}
	s.rows = best
}

// sweep calls do for each row but the first with the links above, or in odd sweeps from
// the last but one up with the links below.
func (s *sheet) sweep(sweep int, do func(row int, links func(*item) []link)) {
	if sweep%2 == 0 {
		for l := 1; l < len(s.rows); l++ {
			do(l, func(x *item) []link { return x.above })
		}
		return
	}
	for l := len(s.rows) - 2; l >= 0; l-- {
		do(l, func(x *item) []link { return x.below })
	}
}

func (s *sheet) copyRows() [][]int {
	out := make([][]int, len(s.rows))
	for l, row := range s.rows {
		out[l] = slices.Clone(row)
	}
	return out
}

// positions is the position of every item in its row.
func (s *sheet) positions() []int {
	out := make([]int, len(s.items))
	for _, row := range s.rows {
		for at, n := range row {
			out[n] = at
		}
	}
	return out
}

const scale = 1 << 10 // parts of a position, and of the width of an item

// sortRow sorts a row by the mean position of what its items are linked to. An item
// without links stays beside its left neighbour.
func (s *sheet) sortRow(l int, ties func(*item) []link) {
	positions := s.positions()
	want := make(map[int]int, len(s.rows[l]))
	last := 0
	for _, n := range s.rows[l] {
		links := ties(&s.items[n])
		sum := 0
		for _, k := range links {
			sum += positions[k.item]*scale + k.there*scale/(s.items[k.item].width+1)
		}
		if len(links) > 0 {
			last = sum / len(links)
		}
		want[n] = last
	}
	slices.SortStableFunc(s.rows[l], func(a, b int) int { return cmp.Compare(want[a], want[b]) })
}

// crossings counts the pairs of arrows that cross between neighbouring layers.
// It ignores layers beyond a size at which the difference is not visible.
func (s *sheet) crossings() int {
	const most = 1500
	positions, sum := s.positions(), 0
	for _, row := range s.rows {
		type pair struct{ from, to int }
		var pairs []pair
		for at, n := range row {
			for _, k := range s.items[n].below {
				pairs = append(pairs, pair{at*scale + k.here*scale/(s.items[n].width+1), positions[k.item]})
			}
		}
		if len(pairs) > most {
			continue
		}
		for i, p := range pairs {
			for _, q := range pairs[:i] {
				if (p.from < q.from && p.to > q.to) || (p.from > q.from && p.to < q.to) {
					sum++
				}
			}
		}
	}
	return sum
}

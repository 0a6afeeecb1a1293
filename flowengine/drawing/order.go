package drawing

import (
	"cmp"
	"slices"
)

const orderSweeps = 8

// arrange orders the items of each layer such that few arrows cross: each item
// goes to the mean place of what it is tied to in the layer before, down and up
// in turn, and the best order met is kept.
func (s *sheet) arrange() {
	best, least := s.copyRows(), s.crossings()
	for sweep := 0; sweep < orderSweeps && least > 0; sweep++ {
		if sweep%2 == 0 {
			for l := 1; l < len(s.rows); l++ {
				s.sortRow(l, func(x *item) []link { return x.above })
			}
		} else {
			for l := len(s.rows) - 2; l >= 0; l-- {
				s.sortRow(l, func(x *item) []link { return x.below })
			}
		}
		if n := s.crossings(); n < least {
			best, least = s.copyRows(), n
		}
	}
	s.rows = best
}

func (s *sheet) copyRows() [][]int {
	out := make([][]int, len(s.rows))
	for l, row := range s.rows {
		out[l] = slices.Clone(row)
	}
	return out
}

// places tells the place of every item in its row.
func (s *sheet) places() []int {
	out := make([]int, len(s.items))
	for _, row := range s.rows {
		for at, n := range row {
			out[n] = at
		}
	}
	return out
}

const fine = 1 << 10 // parts of a place, and of the width of an item

// sortRow sorts a row by the mean place of what its items are tied to. An item
// that is tied to nothing stays beside its left neighbour.
func (s *sheet) sortRow(l int, ties func(*item) []link) {
	places := s.places()
	want := make(map[int]int, len(s.rows[l]))
	last := 0
	for _, n := range s.rows[l] {
		links := ties(&s.items[n])
		sum := 0
		for _, k := range links {
			sum += places[k.item]*fine + k.there*fine/(s.items[k.item].width+1)
		}
		if len(links) > 0 {
			last = sum / len(links)
		}
		want[n] = last
	}
	slices.SortStableFunc(s.rows[l], func(a, b int) int { return cmp.Compare(want[a], want[b]) })
}

// crossings counts the pairs of arrows that cross between neighbouring layers.
// Beyond a size at which nobody would see the difference it counts nothing.
func (s *sheet) crossings() int {
	const most = 1500
	places, sum := s.places(), 0
	for _, row := range s.rows {
		type pair struct{ from, to int }
		var pairs []pair
		for at, n := range row {
			for _, k := range s.items[n].below {
				pairs = append(pairs, pair{at*fine + k.here*fine/(s.items[n].width+1), places[k.item]})
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

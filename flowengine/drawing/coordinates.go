package drawing

import "math"

const (
	assignSweeps = 12
	boxGap       = 28 // between neighbours of a layer
	laneGap      = 14
	layerGap     = 58 // between layers: the room in which arrows bend
	margin       = 24
)

// assignX gives every item its x and every layer its y. In each sweep the items of
// a layer move as near as they can to straight above or below what they are tied
// to, without touching.
func (s *sheet) assignX() {
	for l := range s.rows {
		s.assignRow(l, nil)
	}
	for sweep := range assignSweeps {
		s.sweep(sweep, s.assignRow)
	}
	left, right := math.MaxInt, math.MinInt
	for _, x := range s.items {
		left, right = min(left, x.x), max(right, x.x+x.width)
	}
	for i := range s.items {
		s.items[i].x += margin - left
	}
	s.width = right - left + 2*margin
	y := margin + layerGap
	for _, row := range s.rows {
		tallest := 0
		for _, n := range row {
			tallest = max(tallest, s.items[n].height)
		}
		s.top, s.bottom = append(s.top, y), append(s.bottom, y+tallest)
		y += tallest + layerGap
	}
	s.height = y - layerGap/2
}

// block is a run of items that touch and so move as one.
type block struct {
	weight int // of all desired positions
	sum    int // of weight × desired position of the first item
	count  int
}

func (b block) at() int { return floorDiv(b.sum, b.weight) }

func floorDiv(a, b int) int { return int(math.Floor(float64(a) / float64(b))) }

// assignRow places a row: of all positions without overlap that keep the order, those
// whose weighted squared distances from the desired ones are least (the pool adjacent
// violators algorithm). Without ties it packs the row from the left.
func (s *sheet) assignRow(l int, ties func(*item) []link) {
	row := s.rows[l]
	offset := make([]int, len(row)) // of each item from the first, if all touch
	for i := 1; i < len(row); i++ {
		a, b := &s.items[row[i-1]], &s.items[row[i]]
		gap := boxGap
		if a.box < 0 || b.box < 0 {
			gap = laneGap
		}
		offset[i] = offset[i-1] + a.width + gap
	}
	var blocks []block
	for i, n := range row {
		x := &s.items[n]
		desired, weight := x.x, 1
		if ties == nil {
			desired = offset[i]
		} else if links := ties(x); len(links) > 0 {
			sum := 0
			weight = 0
			for _, k := range links {
				sum += k.weight * (s.items[k.item].x + k.there - k.here)
				weight += k.weight
			}
			desired, weight = floorDiv(sum, weight), 4*weight
		}
		blocks = append(blocks, block{weight: weight, sum: weight * (desired - offset[i]), count: 1})
		for n := len(blocks); n > 1 && blocks[n-2].at() > blocks[n-1].at(); n-- {
			blocks[n-2].weight += blocks[n-1].weight
			blocks[n-2].sum += blocks[n-1].sum
			blocks[n-2].count += blocks[n-1].count
			blocks = blocks[:n-1]
		}
	}
	i := 0
	for _, b := range blocks {
		for range b.count {
			s.items[row[i]].x = b.at() + offset[i]
			i++
		}
	}
}

package drawing

import (
	"bytes"
	"fmt"
)

// drawBox draws a step and the cells of its exits.
func (s *sheet) drawBox(b *bytes.Buffer, n int) {
	x, it := s.boxes[n], s.items[s.boxOf[n]]
	class, y := "step", s.top[it.layer]
	switch {
	case x.missing:
		class += " missing"
	case n == 0:
		class += " first"
	}
	fmt.Fprintf(b, `<g class="%s" data-step="%s"><title>%s (%s)</title>`, class, escape(x.id), escape(x.name), escape(x.kind))
	fmt.Fprintf(b, `<rect class="frame" x="%d" y="%d" width="%d" height="%d" rx="6"/>`, it.x, y, it.width, it.height)
	middle := it.x + it.width/2
	fmt.Fprintf(b, `<text class="name" x="%d" y="%d">%s</text>`, middle, y+20, escape(shorten(x.name, longestRow)))
	fmt.Fprintf(b, `<text class="kind" x="%d" y="%d">%s</text>`, middle, y+36, escape(shorten(x.kind, longestRow)))
	size := s.size[n]
	for i := size.first; i < size.first+size.count; i++ {
		left, width := s.left[i], s.cells[i]
		label := string(s.arrows[i].exit)
		fmt.Fprintf(b, `<g><title>%s</title><rect class="cell" x="%d" y="%d" width="%d" height="%d"/>`, escape(label), it.x+left, y+headHeight, width, cellHeight)
		fmt.Fprintf(b, `<text class="label" x="%d" y="%d">%s</text></g>`, it.x+left+width/2, y+headHeight+14, escape(shorten(label, longestTag)))
	}
	b.WriteString("</g>\n")
}

// drawArrow draws the way from an exit to its step, or to the lane that leads
// there. It bends between layers only, and so crosses no box.
func (s *sheet) drawArrow(b *bytes.Buffer, i int) {
	a := s.arrows[i]
	from, to := s.items[s.boxOf[a.from]], s.items[s.boxOf[a.to]]
	class := "exit"
	if a.failure {
		class += " failure"
	}
	fmt.Fprintf(b, `<path class="%s" data-step="%s" data-exit="%s" data-to="%s" d="M%d %d`, class,
		escape(s.boxes[a.from].id), escape(string(a.exit)), escape(s.boxes[a.to].id), from.x+s.port(i), s.top[from.layer]+from.height)
	fmt.Fprintf(b, "V%d", s.bottom[from.layer])
	x := from.x + s.port(i)
	switch {
	case s.upward[i]:
		bend := s.items[s.up[a.to].bends[from.layer-s.up[a.to].first]]
		halfCircle(b, x, bend.x+laneWidth/2, s.bottom[from.layer], layerGap/2)
		b.WriteString(`"/>` + "\n")
	case to.layer == from.layer+1:
		bendDown(b, x, to.x+to.width/2, s.bottom[from.layer], s.top[to.layer])
		b.WriteString(`" marker-end="url(#head)"/>` + "\n")
	default:
		bend := s.items[s.down[a.to].bends[from.layer+1-s.down[a.to].first]]
		bendDown(b, x, bend.x+laneWidth/2, s.bottom[from.layer], s.top[bend.layer])
		b.WriteString(`"/>` + "\n")
	}
}

// drawLane draws the way that arrows to a box share.
func (s *sheet) drawLane(b *bytes.Buffer, box int, l *lane, class string) {
	if l == nil {
		return
	}
	to := s.items[s.boxOf[box]]
	fmt.Fprintf(b, `<path class="lane %s" data-to="%s" d="`, class, escape(s.boxes[box].id))
	x := func(n int) int { return s.items[l.bends[n]].x + laneWidth/2 }
	last := len(l.bends) - 1
	if class == "down" {
		fmt.Fprintf(b, "M%d %d", x(0), s.top[l.first])
		for n := range l.bends {
			next := to.x + to.width/2
			if n < last {
				next = x(n + 1)
			}
			fmt.Fprintf(b, "V%d", s.bottom[l.first+n])
			bendDown(b, x(n), next, s.bottom[l.first+n], s.top[l.first+n+1])
		}
	} else {
		fmt.Fprintf(b, "M%d %d", x(last), s.bottom[l.first+last])
		for n := last; n > 0; n-- {
			fmt.Fprintf(b, "V%d", s.top[l.first+n])
			bendDown(b, x(n), x(n-1), s.top[l.first+n], s.bottom[l.first+n-1])
		}
		fmt.Fprintf(b, "V%d", s.top[l.first])
		halfCircle(b, x(0), to.x+to.width*3/4, s.top[l.first], -layerGap/2)
	}
	b.WriteString(`" marker-end="url(#head)"/>` + "\n")
}

// bendDown draws from (x, y) to (toX, toY), leaving and arriving upright.
func bendDown(b *bytes.Buffer, x, toX, y, toY int) {
	if x == toX {
		fmt.Fprintf(b, "V%d", toY)
		return
	}
	middle := (y + toY) / 2
	fmt.Fprintf(b, "C%d %d %d %d %d %d", x, middle, toX, middle, toX, toY)
}

// halfCircle draws a half turn from (x, y) back to (toX, y), at most by deep.
func halfCircle(b *bytes.Buffer, x, toX, y, deep int) {
	fmt.Fprintf(b, "C%d %d %d %d %d %d", x, y+deep, toX, y+deep, toX, y)
}

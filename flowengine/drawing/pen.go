package drawing

import (
	"bytes"
	"fmt"
)

// pen draws a sheet. It stands where the path that it draws has come to.
type pen struct {
	*bytes.Buffer
	*sheet
	x, y int
}

func (p *pen) writef(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// drawBox draws a step and the cells of its exits.
func (p *pen) drawBox(b box, first bool) {
	it := p.items[b.item]
	class, y := "step", p.top[b.layer]
	switch {
	case b.missing:
		class += " missing"
	case first:
		class += " first"
	}
	p.writef(`<g class="%s" data-step="%s"><title>%s (%s)</title>`, class, escape(b.id), escape(b.name), escape(b.kind))
	p.writef(`<rect class="frame" x="%d" y="%d" width="%d" height="%d" rx="6"/>`, it.x, y, b.width, b.height)
	middle := it.x + b.width/2
	p.writef(`<text class="name" x="%d" y="%d">%s</text>`, middle, y+20, escape(shorten(b.name, longestRow)))
	p.writef(`<text class="kind" x="%d" y="%d">%s</text>`, middle, y+36, escape(shorten(b.kind, longestRow)))
	for _, i := range b.arrows {
		a := p.arrows[i]
		label := string(a.exit)
		p.writef(`<g><title>%s</title><rect class="cell" x="%d" y="%d" width="%d" height="%d"/>`, escape(label), it.x+a.left, y+headHeight, a.width, cellHeight)
		p.writef(`<text class="label" x="%d" y="%d">%s</text></g>`, it.x+a.port(), y+headHeight+14, escape(shorten(label, longestTag)))
	}
	p.writef("</g>\n")
}

// drawArrow draws the way from an exit to its step, or to the lane that leads
// there. It bends between layers only, and so crosses no box.
func (p *pen) drawArrow(a arrow) {
	from, to := p.boxes[a.from], p.boxes[a.to]
	class := "exit"
	if a.failure {
		class += " failure"
	}
	p.writef(`<path class="%s" data-step="%s" data-exit="%s" data-to="%s" d="`, class, escape(from.id), escape(string(a.exit)), escape(to.id))
	p.moveTo(p.items[from.item].x+a.port(), p.top[from.layer]+from.height)
	p.lineTo(p.bottom[from.layer])
	switch {
	case a.upward:
		p.arcTo(p.bend(to.up, from.layer).x+laneWidth/2, layerGap/2)
		p.writef(`"/>` + "\n")
	case to.layer == from.layer+1:
		p.bendTo(p.items[to.item].x+to.width/2, p.top[to.layer])
		p.writef(`" marker-end="url(#head)"/>` + "\n")
	default:
		p.bendTo(p.bend(to.down, from.layer+1).x+laneWidth/2, p.top[from.layer+1])
		p.writef(`"/>` + "\n")
	}
}

// drawLane draws the way that arrows to a box share, if there are any.
func (p *pen) drawLane(to box, l *lane, class string) {
	if l == nil {
		return
	}
	p.writef(`<path class="lane %s" data-to="%s" d="`, class, escape(to.id))
	x := func(layer int) int { return p.bend(l, layer).x + laneWidth/2 }
	end := p.items[to.item].x
	if class == "down" {
		p.moveTo(x(l.first), p.top[l.first])
		for layer := l.first; layer <= l.last; layer++ {
			p.lineTo(p.bottom[layer])
			next := end + to.width/2
			if layer < l.last {
				next = x(layer + 1)
			}
			p.bendTo(next, p.top[layer+1])
		}
	} else {
		p.moveTo(x(l.last), p.bottom[l.last])
		for layer := l.last; layer > l.first; layer-- {
			p.lineTo(p.top[layer])
			p.bendTo(x(layer-1), p.bottom[layer-1])
		}
		p.lineTo(p.top[l.first])
		p.arcTo(end+to.width*3/4, -layerGap/2)
	}
	p.writef(`" marker-end="url(#head)"/>` + "\n")
}

func (p *pen) moveTo(x, y int) {
	p.writef("M%d %d", x, y)
	p.x, p.y = x, y
}

// lineTo draws upright to y.
func (p *pen) lineTo(y int) {
	p.writef("V%d", y)
	p.y = y
}

// bendTo draws to (x, y), leaving and arriving upright.
func (p *pen) bendTo(x, y int) {
	if p.x == x {
		p.lineTo(y)
		return
	}
	middle := (p.y + y) / 2
	p.writef("C%d %d %d %d %d %d", p.x, middle, x, middle, x, y)
	p.x, p.y = x, y
}

// arcTo draws an arc to x and back to the same height, at most by deep.
func (p *pen) arcTo(x, deep int) {
	p.writef("C%d %d %d %d %d %d", p.x, p.y+deep, x, p.y+deep, x, p.y)
	p.x = x
}

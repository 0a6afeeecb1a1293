package drawing

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"unicode"

	"ringflow/flowengine"
)

// SVG draws the flow from top to bottom: a box per step with its name and the
// title of its component, along its lower edge a cell per wired exit, and from
// each cell an arrow. Arrows to one step that come from afar join on their way.
// A way of its own after an error is dotted. Titles are taken from the catalogue;
// a component that it lacks shows its name.
//
// Each box is a <g class="step" data-step="…">, each arrow a <path class="exit"
// data-step="…" data-exit="…" data-to="…">.
func SVG(f *flowengine.Flow, catalogue ...flowengine.Component) []byte {
	s := &sheet{graph: graphOf(f, catalogue)}
	s.lay()
	s.route()
	s.arrange()
	s.place()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", s.width, s.height, s.width, s.height)
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(s.title))
	b.WriteString(style)
	for box := range s.boxes {
		s.drawLane(&b, box, s.down[box], "down")
		s.drawLane(&b, box, s.up[box], "up")
	}
	for i := range s.arrows {
		s.drawArrow(&b, i)
	}
	for box := range s.boxes {
		s.drawBox(&b, box)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #1c2733; text-anchor: middle }
.name { font-weight: 600 } .kind, .label { font-size: 11px; fill: #5b6b7b }
.frame { fill: #fff; stroke: #7b8fa3; stroke-width: 1.2 } .first .frame { stroke: #1f6feb; stroke-width: 2 }
.missing .frame { stroke: #c0392b; stroke-dasharray: 4 }
.cell { fill: #eef2f6; stroke: #c5d0da }
path { fill: none; stroke: #7b8fa3; stroke-width: 1.4 } .failure { stroke: #c0392b; stroke-dasharray: 4 }
marker path { fill: #7b8fa3; stroke: none }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8Z"/></marker></defs>
<rect width="100%" height="100%" fill="#f8fafc"/>
`

const (
	headHeight = 46 // of a box without its exits
	cellHeight = 20
	longestRow = 44 // letters of a name or a title
	longestTag = 26 // letters of an exit
)

// exits lists the arrows that leave a box, in order.
func (s *sheet) exits(b int) (first, count int) {
	for i, a := range s.arrows {
		if a.from == b {
			if count == 0 {
				first = i
			}
			count++
		}
	}
	return first, count
}

func (s *sheet) boxHeight(b int) int {
	if _, n := s.exits(b); n == 0 {
		return headHeight
	}
	return headHeight + cellHeight
}

func (s *sheet) boxWidth(b int) int {
	x := s.boxes[b]
	w := max(120, textWidth(shorten(x.name, longestRow), 8)+28, textWidth(shorten(x.kind, longestRow), 7)+28)
	first, n := s.exits(b)
	cells := 0
	for i := first; i < first+n; i++ {
		cells += s.cellWidth(i)
	}
	return max(w, cells)
}

func (s *sheet) cellWidth(i int) int {
	return max(34, textWidth(shorten(string(s.arrows[i].exit), longestTag), 7)+14)
}

// cell tells where on the lower edge of its box the cell of an arrow stands:
// cells share what the box is wider than they are.
func (s *sheet) cell(i int) (left, width int) {
	b := s.arrows[i].from
	first, n := s.exits(b)
	sum := 0
	for k := first; k < first+n; k++ {
		sum += s.cellWidth(k)
	}
	spare := s.boxWidth(b) - sum
	for k := first; k < i; k++ {
		left += s.cellWidth(k) + spare*(k-first+1)/n - spare*(k-first)/n
	}
	return left, s.cellWidth(i) + spare*(i-first+1)/n - spare*(i-first)/n
}

// port is where an arrow leaves its box, from the box's left edge.
func (s *sheet) port(i int) int {
	left, width := s.cell(i)
	return left + width/2
}

// textWidth estimates the width of a text whose common letters are em wide.
func textWidth(text string, em int) int {
	w := 0
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r > 0xffff {
			w += 2 * em
		} else {
			w += em
		}
	}
	return w
}

func shorten(text string, letters int) string {
	if r := []rune(text); len(r) > letters {
		return string(r[:letters-1]) + "…"
	}
	return text
}

func escape(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a bytes.Buffer takes everything
	return b.String()
}

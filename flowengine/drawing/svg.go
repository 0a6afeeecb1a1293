package drawing

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"unicode"

	"ringflow/flowengine/flowfile"
)

// SVG draws the flow from top to bottom: a box per step with its name and the
// title of its component, along its lower edge a cell per wired exit, and from
// each cell an arrow. Arrows to one step that come from afar join on their way.
// A way of its own after an error is dotted. Titles are taken from the catalogue;
// a component that it lacks shows its name.
//
// Each box is a <g class="step" data-step="…">, each arrow a <path class="exit"
// data-step="…" data-exit="…" data-to="…">.
func SVG(f *flowfile.Flow, catalogue ...flowfile.Component) []byte {
	s := &sheet{graph: graphOf(f, catalogue)}
	s.measure()
	s.lay()
	s.route()
	s.arrange()
	s.assignX()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", s.width, s.height, s.width, s.height)
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(s.title))
	b.WriteString(style)
	p := &pen{Buffer: &b, sheet: s}
	for _, box := range s.boxes {
		p.drawLane(box, box.down, "down")
		p.drawLane(box, box.up, "up")
	}
	for _, a := range s.arrows {
		p.drawArrow(a)
	}
	for i, box := range s.boxes {
		p.drawBox(box, i == 0)
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

// measure finds the arrows that leave each box, and how wide boxes and the cells
// of their exits are.
func (s *sheet) measure() {
	for i := range s.arrows {
		a := &s.arrows[i]
		a.width = max(34, textWidth(shorten(string(a.exit), longestTag), 7)+14)
		s.boxes[a.from].arrows = append(s.boxes[a.from].arrows, i)
	}
	for n := range s.boxes {
		b := &s.boxes[n]
		cells, count := 0, len(b.arrows)
		for _, i := range b.arrows {
			cells += s.arrows[i].width
		}
		b.height = headHeight
		if count > 0 {
			b.height += cellHeight
		}
		b.width = max(120, textWidth(shorten(b.name, longestRow), 8)+28, textWidth(shorten(b.kind, longestRow), 7)+28, cells)
		left := 0 // cells share what the box is wider than they are
		for k, i := range b.arrows {
			a := &s.arrows[i]
			a.left, a.width = left, a.width+(b.width-cells)*(k+1)/count-(b.width-cells)*k/count
			left += a.width
		}
	}
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

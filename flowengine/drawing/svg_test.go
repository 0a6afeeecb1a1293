package drawing_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/drawing"
	"ringflow/flowengine/flowfile"
)

// picture is what a test reads from an SVG.
type picture struct {
	width, height int
	boxes         map[string]rect
	arrows        map[[3]string][]point
	lanes         map[string][][]point // by target
}

type rect struct{ x, y, w, h int }

type point struct{ x, y float64 }

func attributes(e xml.StartElement) map[string]string {
	out := map[string]string{}
	for _, a := range e.Attr {
		out[a.Name.Local] = a.Value
	}
	return out
}

// read reads boxes and arrows back from an SVG; that it is XML is a first test.
func read(t *testing.T, svg []byte) picture {
	t.Helper()
	p := picture{boxes: map[string]rect{}, arrows: map[[3]string][]point{}, lanes: map[string][][]point{}}
	step := ""
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatalf("the SVG is no XML: %v\n%s", err, svg)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		a := attributes(e)
		number := func(k string) int { n, _ := strconv.Atoi(a[k]); return n }
		switch {
		case e.Name.Local == "svg":
			p.width, p.height = number("width"), number("height")
		case e.Name.Local == "script":
			t.Fatal("a name became a script")
		case strings.HasPrefix(a["class"], "step"):
			step = a["data-step"]
		case a["class"] == "frame":
			p.boxes[step] = rect{number("x"), number("y"), number("width"), number("height")}
		case strings.HasPrefix(a["class"], "exit"):
			p.arrows[[3]string{a["data-step"], a["data-exit"], a["data-to"]}] = trace(t, a["d"])
		case strings.HasPrefix(a["class"], "lane"):
			p.lanes[a["data-to"]] = append(p.lanes[a["data-to"]], trace(t, a["d"]))
		}
	}
}

// trace follows a path and returns points along it.
func trace(t *testing.T, d string) []point {
	t.Helper()
	var out []point
	at := point{}
	for d != "" {
		command := d[0]
		rest := d[1:]
		end := strings.IndexAny(rest, "MVC")
		if end < 0 {
			end = len(rest)
		}
		var n []float64
		for _, f := range strings.Fields(rest[:end]) {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatalf("path %q: %v", d, err)
			}
			n = append(n, v)
		}
		d = rest[end:]
		from := at
		var curve func(u float64) point
		switch {
		case command == 'M' && len(n) == 2:
			at = point{n[0], n[1]}
			out = append(out, at)
			continue
		case command == 'V' && len(n) == 1:
			at.y = n[0]
			curve = func(u float64) point { return point{from.x, from.y + u*(at.y-from.y)} }
		case command == 'C' && len(n) == 6:
			at = point{n[4], n[5]}
			curve = func(u float64) point {
				v := 1 - u
				b := func(a, b, c, d float64) float64 { return v*v*v*a + 3*v*v*u*b + 3*v*u*u*c + u*u*u*d }
				return point{b(from.x, n[0], n[2], n[4]), b(from.y, n[1], n[3], n[5])}
			}
		default:
			t.Fatalf("path command %c with %d numbers", command, len(n))
		}
		for i := 1; i <= 20; i++ {
			out = append(out, curve(float64(i)/20))
		}
	}
	return out
}

func TestSVGDrawsEveryStepAndEveryExit(t *testing.T) {
	each(t, func(t *testing.T, f *flowfile.Flow) {
		p := read(t, drawing.SVG(f))
		for _, s := range append([]*flowfile.Step{f.Trigger}, f.Steps...) {
			if _, drawn := p.boxes[s.ID]; !drawn {
				t.Errorf("step %s has no box", s.ID)
			}
		}
		want := wires(f)
		for w := range want {
			if len(p.arrows[w]) == 0 {
				t.Errorf("exit %s of step %s has no arrow to %s", w[1], w[0], w[2])
			}
		}
		if len(p.arrows) != len(want) {
			t.Errorf("%d arrows are drawn for %d exits", len(p.arrows), len(want))
		}
	})
}

func TestSVGBoxesDoNotOverlapAndStandInThePicture(t *testing.T) {
	each(t, func(t *testing.T, f *flowfile.Flow) {
		p := read(t, drawing.SVG(f))
		for a, r := range p.boxes {
			if r.x < 0 || r.y < 0 || r.x+r.w > p.width || r.y+r.h > p.height {
				t.Errorf("box %s %v stands outside of %d×%d", a, r, p.width, p.height)
			}
			for b, q := range p.boxes {
				if a < b && r.x < q.x+q.w && q.x < r.x+r.w && r.y < q.y+q.h && q.y < r.y+r.h {
					t.Errorf("box %s %v overlaps box %s %v", a, r, b, q)
				}
			}
		}
	})
}

func TestSVGArrowsLeaveTheirBoxArriveAndCrossNone(t *testing.T) {
	each(t, func(t *testing.T, f *flowfile.Flow) {
		p := read(t, drawing.SVG(f))
		inside := func(q point, r rect) bool {
			return q.x > float64(r.x) && q.x < float64(r.x+r.w) && q.y > float64(r.y) && q.y < float64(r.y+r.h)
		}
		free := func(what string, path []point) {
			for _, q := range path {
				for id, r := range p.boxes {
					if inside(q, r) {
						t.Fatalf("%s runs through box %s at %v", what, id, q)
					}
				}
			}
		}
		touches := func(path []point, r rect) bool {
			q := path[len(path)-1]
			return q.y == float64(r.y) && q.x >= float64(r.x) && q.x <= float64(r.x+r.w)
		}
		for w, path := range p.arrows {
			free(fmt.Sprint(w), path)
			from := p.boxes[w[0]]
			if q := path[0]; q.y != float64(from.y+from.h) || q.x < float64(from.x) || q.x > float64(from.x+from.w) {
				t.Errorf("%v leaves at %v, not from the lower edge of its box %v", w, q, from)
			}
			if touches(path, p.boxes[w[2]]) {
				continue
			}
			joined := false
			for _, lane := range p.lanes[w[2]] {
				for _, q := range lane {
					joined = joined || q == path[len(path)-1]
				}
			}
			if !joined {
				t.Errorf("%v ends at %v, which is neither its step nor the lane that leads there", w, path[len(path)-1])
			}
		}
		for to, lanes := range p.lanes {
			for _, path := range lanes {
				free("a lane to "+to, path)
				if !touches(path, p.boxes[to]) {
					t.Errorf("a lane to %s ends at %v", to, path[len(path)-1])
				}
			}
		}
	})
}

func TestSVGOfAThousandStepsIsDrawnInReasonableSize(t *testing.T) {
	var b strings.Builder
	b.WriteString("name: Long\ntrigger: {component: c}\nstart: s0\nsteps:\n")
	for i := range 999 {
		fmt.Fprintf(&b, "  s%d: {component: c, exits: {ok: s%d, busy: end, no_answer: end, back: s0}}\n", i, min(i+1, 998))
	}
	b.WriteString("  end: {component: end_flow}\n")
	f := parse(t, b.String())
	svg := drawing.SVG(f)
	if len(svg) > 4<<20 {
		t.Errorf("the picture has %d bytes", len(svg))
	}
	if p := read(t, svg); len(p.arrows) != len(wires(f)) {
		t.Errorf("%d arrows for %d exits", len(p.arrows), len(wires(f)))
	}
}

func TestDrawingsAreTheSameEachTime(t *testing.T) {
	each(t, func(t *testing.T, f *flowfile.Flow) {
		if !bytes.Equal(drawing.SVG(f), drawing.SVG(f)) {
			t.Error("two pictures of one flow differ")
		}
		if first := drawing.Mermaid(f); first != drawing.Mermaid(f) {
			t.Error("two charts of one flow differ")
		}
	})
}

func TestSVGShowsTheTitlesOfTheCatalogue(t *testing.T) {
	f := parse(t, seed)
	for _, want := range []string{"Make Outbound Call", "Call the customer", "End Flow"} {
		if svg := string(drawing.SVG(f, components.All()...)); !strings.Contains(svg, ">"+want+"<") {
			t.Errorf("%s does not stand in the picture", want)
		}
	}
	golden(t, "seed.svg", drawing.SVG(f, components.All()...))
}

// golden compares with a file of testdata; the variable UPDATE writes it anew.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not as expected (UPDATE=1 writes it anew):\n%s", path, got)
	}
}

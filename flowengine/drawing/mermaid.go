package drawing

import (
	"fmt"
	"strings"

	"ringflow/flowengine/flowfile"
)

// Mermaid writes the flow as a Mermaid flowchart: a box per step with its name
// and the title of its component, an arrow per wired exit with the exit's name,
// and a dotted one for a way of its own after an error. Titles are taken from
// the catalogue; a component that it lacks shows its name.
func Mermaid(f *flowfile.Flow, catalogue ...flowfile.Component) string {
	g := graphOf(f, catalogue)
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	if g.title != "" {
		fmt.Fprintf(&b, "  accTitle: %s\n", strings.Join(strings.Fields(g.title), " "))
	}
	for i, x := range g.boxes {
		text := mermaidText(x.name) + "<br/><i>" + mermaidText(x.kind) + "</i>"
		form := `["%s"]`
		if i == 0 && !x.missing {
			form = `(["%s"])`
		}
		fmt.Fprintf(&b, "  n%d"+form+"\n", i, text)
	}
	for _, a := range g.arrows {
		line := "-->"
		if a.failure {
			line = "-.->"
		}
		fmt.Fprintf(&b, "  n%d %s|\"%s\"| n%d\n", a.from, line, mermaidText(string(a.exit)), a.to)
	}
	for i, x := range g.boxes {
		if x.missing {
			fmt.Fprintf(&b, "  style n%d stroke:#c0392b,stroke-dasharray:4\n", i)
		}
	}
	return b.String()
}

// mermaidText quotes a text as Mermaid's entity codes, so that nothing in it is
// read as markup. It stays on one line.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if strings.ContainsRune("\"#<>&;`|[]{}()\\", r) || r < ' ' || r == 0x7f {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

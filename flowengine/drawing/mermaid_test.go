package drawing_test

import (
	"regexp"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/drawing"
	"ringflow/flowengine/flowfile"
)

func TestMermaidOfTheSeedFlow(t *testing.T) {
	golden(t, "seed.mmd", []byte(drawing.Mermaid(parse(t, seed), components.All()...)))
}

// Nothing that a flow holds may break out of its quotes: every line has one of
// the forms that Mermaid writes.
func TestMermaidHasAnArrowForEveryExitAndNothingElse(t *testing.T) {
	box := regexp.MustCompile(`^  n\d+\(?\["[^"<>]*<br/><i>[^"<>]*</i>"\]\)?$`)
	arrow := regexp.MustCompile(`^  n\d+ (-->|-\.->)\|"[^"<>|]*"\| n\d+$`)
	style := regexp.MustCompile(`^  style n\d+ [a-z0-9:#,-]+$`)
	each(t, func(t *testing.T, f *flowfile.Flow) {
		lines := strings.Split(strings.TrimSuffix(drawing.Mermaid(f), "\n"), "\n")
		arrows := 0
		for i, l := range lines {
			switch {
			case i == 0 && l == "flowchart TD", i == 1 && strings.HasPrefix(l, "  accTitle: "), box.MatchString(l), style.MatchString(l):
			case arrow.MatchString(l):
				arrows++
			default:
				t.Errorf("line %d: %s", i+1, l)
			}
		}
		if want := len(wires(f)); arrows != want {
			t.Errorf("%d arrows for %d exits", arrows, want)
		}
	})
}

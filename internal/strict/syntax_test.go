package strict

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What the YAML reader says in its own words must tell an author which line to
// look at and what to write.
func TestSyntaxErrorsSayWhatToWrite(t *testing.T) {
	const blanks = "error: this is not YAML: the line begins with a tab; YAML indents with blanks: put blanks in its place"
	const indented = "as no line above it is to which it could belong; let it begin where the lines do that it belongs with"
	for file, want := range map[string]string{
		"a: 1\nb:\n\tc: 2\n":      "x.yaml:3: " + blanks,
		"a:\n  b: 1\n\tc: 2\n":    "x.yaml:3: " + blanks,
		"a:\n  - x\n\t- y\n":      "x.yaml:3: " + blanks,
		"\ta: 1\n":                "x.yaml:1: " + blanks,
		"a: %{current_flow.x}\n":  "x.yaml:1: error: this is not YAML: found character that cannot start any token; put a text that begins with %, @ or ` in quotes, such as \"%{current_flow.name}\"",
		"a: hello: world\n":       "x.yaml:1: error: this is not YAML: a colon stands where none may be; put a text that holds a colon and a blank in quotes",
		"a:1\nb: 2\n":             "x.yaml:1: error: this is not YAML: a blank is missing after the colon; write key: value",
		"a: 1\n  b: 2\n":          "x.yaml:2: error: this is not YAML: the line stands under a of line 1, which has its value already; let both lines begin below one another",
		"a: 1\nb\nc: 3\n":         "x.yaml:2: error: this is not YAML: could not find expected ':'; write key: value, with a blank after the colon",
		"a:\n  - x\n  y: 1\n":     "x.yaml:3: error: this is not YAML: a list has begun above, and the line begins with no dash; begin it with a dash, or indent it as far as what it belongs to",
		"a:\n  b: 1\n c: 2\n":     "x.yaml:3: error: this is not YAML: the line is indented by 1, " + indented,
		"a: [1, 2\nb: 3\n":        "x.yaml:1: error: this is not YAML: did not find expected ',' or ']'; close the [ that is open here, and put texts that hold brackets or commas in quotes",
		"a: {b: 1\nc: 3\n":        "x.yaml:1: error: this is not YAML: did not find expected ',' or '}'; close the { that is open here, and put texts that hold brackets or commas in quotes",
		"x: 1\na: \"open\nb: 3\n": "x.yaml:2: error: this is not YAML: found unexpected end of stream; close the quote that is open here",
		"a: \"\\d\"\n":            `x.yaml:1: error: this is not YAML: found unknown escape character; write \\ for \ between double quotes, or use single quotes`,
		"a: 1\nb: *x\n":           "x.yaml:2: error: this is not YAML: unknown anchor 'x' referenced; put a text that begins with * in quotes",
		"a: 'x' y\n":              "x.yaml:1: error: this is not YAML: did not find expected key; look here for a text after a closing quote or bracket, and for dashes among keys",

		"http:\n  listen: x\naccounts:\n  name: acme\n    clients:\n      - id: c\n": "x.yaml:5: error: this is not YAML: the line stands under name of line 4, which has its value already; " +
			`if accounts is a list, begin its items with a dash, as in "- name: …"; if not, let both lines begin below one another`,
		"steps:\n  a:\n    text: |\n      x\n       y\n    component: end_flow\n   b: {component: end_flow}\n": "x.yaml:7: error: this is not YAML: the line is indented by 3, " + indented,
	} {
		var n yaml.Node
		err := yaml.Unmarshal([]byte(file), &n)
		if err == nil {
			t.Errorf("%q is YAML", file)
			continue
		}
		e := ExplainSyntax([]byte(file), err)
		if got := fmt.Sprintf("x.yaml:%d: error: this is not YAML: %s; %s", e.Line, e.What, e.Fix); got != want {
			t.Errorf("%q\ngot  %s\nwant %s", file, got, want)
		}
	}
}

func TestSyntaxErrorsHaveNoValue(t *testing.T) {
	const file = "a:\n  password: hunter2\n    user: x\n"
	err := yaml.Unmarshal([]byte(file), &yaml.Node{})
	if p := ExplainSyntax([]byte(file), err); strings.Contains(p.Error(), "hunter2") {
		t.Errorf("%s tells a secret", p)
	}
}

func FuzzExplainSyntax(f *testing.F) {
	for _, seed := range []string{"", "a:\n  b: 1\n c: 2\n", "a:\n\tb", "- - - x\n  y", "a: 'x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		for _, line := range []string{"", "line 1: ", "line 3: ", "line 99999: "} {
			for _, what := range []string{"mapping values are not allowed in this context", "did not find expected key", "did not find expected '-' indicator", "other"} {
				ExplainSyntax([]byte(file), errors.New("yaml: "+line+what))
			}
		}
	})
}

package components_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
)

// TestACatalogueLineIsAFile holds the rule that a component is one file, named
// after it, and one line.
func TestACatalogueLineIsAFile(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range components.All() {
		name := c.Spec().Name
		if seen[name] {
			t.Errorf("component %s stands twice in the catalogue", name)
		}
		seen[name] = true
		source, err := os.ReadFile(name + ".go")
		if err != nil {
			t.Errorf("component %s has no file of its name: %v", name, err)
		}
		if !strings.Contains(string(source), `Name: "`+name+`"`) {
			t.Errorf("%s.go does not hold the spec of %s", name, name)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if name := strings.TrimSuffix(f, ".go"); !strings.HasSuffix(f, "_test.go") && strings.Contains(string(source), "flowengine.NewComponent(") && !seen[name] {
			t.Errorf("%s defines a component that the catalogue lacks", f)
		}
	}
}

// TestSpecsAreWhole checks what the manual, forms and checks rely on.
func TestSpecsAreWhole(t *testing.T) {
	for _, c := range components.All() {
		s := c.Spec()
		for what, bad := range map[string]bool{
			"title": s.Title == "", "category": s.Category == "", "summary": s.Summary == "", "example": s.Example == "", "exits": len(s.Exits) == 0,
			"neutral exit": s.Voice && !s.Dials && s.Neutral == "",
		} {
			if bad {
				t.Errorf("%s lacks its %s", s.Name, what)
			}
		}
		exits := map[flowfile.Exit]bool{"": true, flowfile.ExitError: true}
		for _, e := range s.Exits {
			exits[e.Name] = true
			if e.Doc == "" || (e.Name == "") != (e.Each != "") {
				t.Errorf("%s: exit %q%q is not whole", s.Name, e.Name, e.Each)
			}
			if e.Each != "" && !hasField(s, e.Each) {
				t.Errorf("%s: exits follow field %s, which it does not have", s.Name, e.Each)
			}
		}
		for _, e := range s.Exits {
			for _, other := range []flowfile.Exit{e.Fallback, e.CaseOf} {
				if !exits[other] {
					t.Errorf("%s: exit %s goes where %s does, which it does not have", s.Name, e.Name, other)
				}
			}
			if e.CaseOf != "" && (e.Fallback != "" || e.Mandatory || e.CaseOf == e.Name || e.CaseOf == flowfile.ExitError) {
				t.Errorf("%s: exit %s cannot be a case of %s: %+v", s.Name, e.Name, e.CaseOf, e)
			}
		}
		if !exits[s.Neutral] || !exits[s.OnError] {
			t.Errorf("%s: the exit after hanging up or after an error is not its own", s.Name)
		}
		for _, v := range s.Variables {
			if v.Doc == "" || (v.Name == "") != (v.Each != "") || v.Each != "" && !hasField(s, v.Each) {
				t.Errorf("%s: step variable %q%q is not whole", s.Name, v.Name, v.Each)
			}
		}
	}
}

func hasField(s *flowfile.Spec, name string) bool {
	for _, f := range s.Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

package flowtest_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
)

var (
	left  = regexp.MustCompile(`(?m)^(\S+) → (\S+) at `)
	fault = regexp.MustCompile(`(?m)^\S+ error: step (\S+): (\S+): (.*)$`)
	index = regexp.MustCompile(`\[\d+\]`)
	count = regexp.MustCompile(`the number(?: of items)? is (-?\d+),`)
)

// seen is what the cases show of the components.
type seen struct {
	exits  map[string]map[string]bool // by component
	faults map[string][]string        // what was found wrong, by component and field
}

// look reads all cases.
func look(t *testing.T) seen {
	t.Helper()
	s := seen{exits: map[string]map[string]bool{}, faults: map[string][]string{}}
	files, err := filepath.Glob(cases + "/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		all, err := flowtest.ReadCases(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			s.note(c)
		}
	}
	return s
}

// note keeps what the expectations of a case tell.
func (s seen) note(c *flowtest.Case) {
	var flow struct {
		Trigger struct{ Component string }
		Steps   map[string]struct{ Component string }
	}
	if yaml.Unmarshal(c.Flow, &flow) != nil {
		return // a case of what is no flow at all
	}
	component := func(step string) string {
		if step == flowfile.TriggerID {
			return flow.Trigger.Component
		}
		return flow.Steps[step].Component
	}
	if c.Journal != nil {
		for _, m := range left.FindAllStringSubmatch(*c.Journal, -1) {
			name := component(m[1])
			if s.exits[name] == nil {
				s.exits[name] = map[string]bool{}
			}
			s.exits[name][m[2]] = true
		}
	}
	if c.Problems != nil {
		for _, m := range fault.FindAllStringSubmatch(*c.Problems, -1) {
			field := strings.TrimSuffix(index.ReplaceAllString(m[2], "[]"), "[]") // an item of a list of words is the list's
			at := component(m[1]) + " " + strings.TrimPrefix(field, "with.")
			s.faults[at] = append(s.faults[at], m[3])
		}
	}
}

// TestEveryExitHasACase holds that cases show each component leaving by each of
// its exits, and by its error if it can fail.
func TestEveryExitHasACase(t *testing.T) {
	s := look(t)
	for _, c := range components.All() {
		spec := c.Spec()
		fixed := map[string]bool{"error": true}
		reported := map[flowfile.Exit]bool{} // under another name
		for _, e := range spec.Exits {
			fixed[string(e.Name)] = true
			reported[e.Fallback] = reported[e.Fallback] || e.Hidden
		}
		for _, e := range spec.Exits {
			if e.Name != "" && !reported[e.Name] && !s.exits[spec.Name][string(e.Name)] {
				t.Errorf("no case leaves %s by %s", spec.Name, e.Name)
			}
		}
		own := 0
		for exit := range s.exits[spec.Name] {
			if !fixed[exit] {
				own++
			}
		}
		for _, e := range spec.Exits {
			if e.Each != "" && own < 2 {
				t.Errorf("cases leave %s by %d exits of its own, want 2 at least", spec.Name, own)
			}
		}
	}
}

// TestEveryFieldHasABadCase holds that cases show what checks say of each
// field that can be wrong, in each way that its spec knows.
func TestEveryFieldHasABadCase(t *testing.T) {
	s := look(t)
	for _, c := range components.All() {
		s.fields(t, c.Spec().Name, "", c.Spec().Fields)
	}
}

func (s seen) fields(t *testing.T, component, path string, fields []flowfile.Field) {
	for _, f := range fields {
		at := strings.TrimPrefix(path+"."+f.Name, ".")
		problems := s.faults[component+" "+at]
		for _, way := range waysToBeWrong(f) {
			if !way.shown(problems) {
				t.Errorf("no case has %s %s %s: %q", component, at, way.what, problems)
			}
		}
		inner := at
		if f.Type == flowfile.FieldList {
			inner += "[]"
		}
		s.fields(t, component, inner, f.Fields)
	}
}

// way is a way in which a value can be wrong.
type way struct {
	what  string
	shown func(problems []string) bool
}

func waysToBeWrong(f flowfile.Field) (ways []way) {
	says := func(what, word string) {
		ways = append(ways, way{what, func(problems []string) bool { return strings.Contains(strings.Join(problems, "\n"), word) }})
	}
	if f.Required && f.OneOf == "" {
		says("missing", "missing")
	}
	if f.Choices != nil {
		says("that is not one of the choices", "choices")
	}
	if f.Type == flowfile.FieldNumber {
		says("that is no number", "whole number")
	}
	if f.Meaning != "" && f.Meaning != flowfile.MeansLanguage {
		ways = append(ways, way{"that is no " + string(f.Meaning), func(problems []string) bool { return len(problems) > 0 }})
	}
	countable := f.Type == flowfile.FieldNumber || f.Type == flowfile.FieldList
	if countable && f.Min != nil {
		ways = append(ways, way{fmt.Sprintf("below %d", *f.Min), beyond(func(n int) bool { return n < *f.Min })})
	}
	if f.Type == flowfile.FieldNumber && f.Max != nil {
		ways = append(ways, way{fmt.Sprintf("above %d", *f.Max), beyond(func(n int) bool { return n > *f.Max })})
	}
	return ways
}

// beyond reports whether a number was refused that is so.
func beyond(so func(int) bool) func([]string) bool {
	return func(problems []string) bool {
		for _, line := range problems {
			if m := count.FindStringSubmatch(line); m != nil {
				if n, err := strconv.Atoi(m[1]); err == nil && so(n) {
					return true
				}
			}
		}
		return false
	}
}

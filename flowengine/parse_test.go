package flowengine_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
)

// FuzzParse holds that no file, however hostile, breaks Parse or Check, and that
// every refusal names the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte(seed))
	f.Add([]byte(misbehaving("panic", "on_error: {go_to: end}")))
	f.Add([]byte(`{"name": "J", "trigger": {"component": "api_request"}, "start": "a", "steps": {"a": {"component": "end_flow"}}}`))
	f.Add([]byte("%{"))
	files, err := filepath.Glob(filepath.Join("..", "testdata", "flows", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		flow, err := flowfile.Parse("fuzz.yaml", data)
		if err != nil {
			if ps := flowfile.Problems(err); len(ps) == 0 || ps[0].File != "fuzz.yaml" {
				t.Errorf("the error names no file: %v", err)
			}
			return
		}
		flowfile.Check(flow, components.All(), flowfile.Environment{})
	})
}

func TestJSONAndYAMLAreTheSameFlow(t *testing.T) {
	const tabbed = "{\n\t\"name\": \"J \\ud83d\\ude00\",\n\t\"trigger\": {\"component\": \"api_request\"},\n\t\"start\": \"a\",\n\t\"steps\": {\"a\": {\"component\": \"end_flow\"}}\n}"
	f, err := flowfile.Parse("flow.json", []byte(tabbed))
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "J 😀" || f.Steps[0].Line != 5 {
		t.Errorf("name %q, step on line %d", f.Name, f.Steps[0].Line)
	}
	_, err = flowfile.Parse("flow.json", []byte(strings.Replace(tabbed, `"start"`, `"begin"`, 1)))
	if ps := flowfile.Problems(err); len(ps) != 2 || ps[1].Line != 4 || ps[1].Field != "begin" {
		t.Errorf("problems are %v", ps)
	}
	_, err = flowfile.Parse("flow.json", []byte(`{"name": "a", "name": "b"}`))
	if ps := flowfile.Problems(err); len(ps) != 1 || !strings.Contains(ps[0].What, "twice") {
		t.Errorf("problems are %v", ps)
	}
}

func TestHostileFilesAreRefusedAtOnce(t *testing.T) {
	for name, data := range map[string]string{
		"brackets":   strings.Repeat("[", 500_000),
		"braces":     strings.Repeat("{a: ", 100_000),
		"dashes":     strings.Repeat("- ", 250_000),
		"questions":  strings.Repeat("? ", 250_000),
		"colons":     strings.Repeat("a: ", 170_000),
		"json":       strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_000),
		"too long":   strings.Repeat("#", 600_000),
		"indents":    indents(1000),
		"empty":      "",
		"only blank": " \n\t\n",
	} {
		begin := time.Now()
		_, err := flowfile.Parse(name, []byte(data))
		if err == nil || time.Since(begin) > 2*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(begin))
		}
	}
}

func indents(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestSchemaNamesEveryField(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(flowfile.Schema(components.All()), &schema); err != nil {
		t.Fatal(err)
	}
	text := string(flowfile.Schema(components.All()))
	var walk func([]flowfile.Field)
	walk = func(fs []flowfile.Field) {
		for _, f := range fs {
			if !strings.Contains(text, `"`+f.Name+`": {`) {
				t.Errorf("the schema lacks %s", f.Name)
			}
			walk(f.Fields)
		}
	}
	for _, c := range components.All() {
		walk(c.Spec().Fields)
	}
}

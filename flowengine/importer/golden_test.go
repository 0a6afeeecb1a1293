package importer_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
)

const samples = "../../testdata/flows/import"

// files lists the exports in testdata.
func files(t testing.TB) []string {
	t.Helper()
	out, err := filepath.Glob(samples + "/*.json")
	if err != nil || len(out) == 0 {
		t.Fatalf("no exports in %s: %v", samples, err)
	}
	return out
}

func load(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func findings(r importer.Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

// Each export stands beside the flow file and the findings that it gives;
// UPDATE=1 writes both anew.
func TestEveryExportGivesItsFlowAndItsFindings(t *testing.T) {
	for _, file := range files(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r, err := importer.Import(file, load(t, file), "", nil)
			if err != nil {
				t.Fatal(err)
			}
			stem := strings.TrimSuffix(file, ".json")
			compare(t, stem+".want.yaml", r.Flow)
			compare(t, stem+".want.txt", []byte(findings(r)))
		})
	}
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := load(t, file); !bytes.Equal(got, want) {
		t.Errorf("%s is not as expected:\n%s", file, got)
	}
}

// A flow without placeholders can be published; one with placeholders cannot,
// and every placeholder is named.
func TestOnlyPlaceholdersKeepAnImportedFlowFromBeingPublished(t *testing.T) {
	for _, file := range files(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r, err := importer.Import(file, load(t, file), "", nil)
			if err != nil {
				t.Fatal(err)
			}
			f, err := flowfile.Parse(file, r.Flow)
			if err != nil {
				t.Fatalf("%v\n%s", err, r.Flow)
			}
			blocked := map[string]bool{}
			for _, finding := range r.Findings {
				if finding.Kind == importer.Placeholder {
					blocked[finding.Step] = true
				}
			}
			failing := flowfile.Failing(flowfile.Check(f, components.All(), flowfile.Environment{Replacement: importer.Replacement}))
			if len(blocked) > 0 && len(failing) == 0 {
				t.Error("the flow has placeholders and can be published")
			}
			if len(blocked) == 0 && len(failing) > 0 {
				t.Errorf("the flow has no placeholders and cannot be published: %v", failing)
			}
			refused := map[string]bool{}
			for _, p := range failing {
				refused[p.Step] = true
				if strings.Contains(p.What, "not known") {
					t.Errorf("a placeholder is taken for a mistake: %v", p)
				}
			}
			for step := range blocked {
				if !refused[step] {
					t.Errorf("step %s holds a placeholder and nothing refuses it", step)
				}
			}
		})
	}
}

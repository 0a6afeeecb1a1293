package flowfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
)

// TestAcceptanceFlowsMayBePublished checks the flows of the acceptance
// configuration without a single warning.
func TestAcceptanceFlowsMayBePublished(t *testing.T) {
	dir := filepath.Join("..", "..", "testdata", "acceptance")
	files, err := filepath.Glob(filepath.Join(dir, "flows", "*.yaml"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d flows found, %v", len(files), err)
	}
	env := flowfile.Environment{
		OwnsNumber: func(n string) bool { return n == "+12025550100" },
		HasPrompt:  func(name string) bool { _, err := os.Stat(filepath.Join(dir, name)); return err == nil },
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := flowfile.Parse(file, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range flowfile.Check(f, components.All(), env) {
			t.Error(p)
		}
	}
}

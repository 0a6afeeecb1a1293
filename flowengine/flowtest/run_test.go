package flowtest_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
)

var update = flag.Bool("update", false, "write what came of each case into its file")

// cases is where the flow tests stand, from here.
const cases = "../../testdata/flows"

func TestCases(t *testing.T) {
	found := 0
	err := filepath.WalkDir(cases, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" {
			return err
		}
		if *update {
			rewrite(t, path)
		}
		all, err := flowtest.ReadCases(path)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(cases, path)
		for _, c := range all {
			found++
			t.Run(strings.TrimSuffix(file, ".txtar")+"/"+c.Name, func(t *testing.T) {
				if difference := c.Compare(t, components.All()); difference != "" {
					t.Errorf("\n%s", difference)
				}
			})
		}
		return err
	})
	if err != nil || found == 0 {
		t.Fatalf("%d cases found, %v", found, err)
	}
}

// rewrite writes what came of the cases into their file, for the author to read.
func rewrite(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := flowtest.ReadCases(path)
	if err != nil {
		t.Fatal(err)
	}
	out := string(data)
	for _, c := range all {
		got, err := c.Run(t, components.All())
		if err != nil {
			t.Errorf("%s: %s: %v", path, c.Name, err)
			continue
		}
		for kind, text := range map[string]string{"journal": got.Journal, "problems": got.Problems} {
			before, after, found := strings.Cut(out, "-- "+strings.TrimSpace(kind+" "+c.Name)+" --\n")
			if !found {
				continue
			}
			head := out[len(before) : len(out)-len(after)]
			if i := strings.Index("\n"+after, "\n-- "); i >= 0 {
				after = after[i:]
			} else {
				after = ""
			}
			out = before + head + text + after
		}
	}
	if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
}

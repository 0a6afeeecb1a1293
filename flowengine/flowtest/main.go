package flowtest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"ringflow/flowengine/flowfile"
)

// Main runs the cases of the files outside `go test`, writes what differs, and
// exits the process: with 0 if all passed, 1 if not. Synthetic time belongs to
// Go's testing package, so Main becomes a test for as long as the process has
// left.
func Main(files []string, cs []flowfile.Component, out io.Writer) {
	os.Args = os.Args[:1] // testing reads flags of its own
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "flows", F: func(t *testing.T) { os.Exit(runFiles(t, files, cs, out)) },
	}}, nil, nil)
}

// runFiles runs each file and returns the status to exit with.
func runFiles(t *testing.T, files []string, cs []flowfile.Component, out io.Writer) int {
	passed, failed := 0, 0
	for _, name := range files {
		all, err := ReadCases(name)
		if err != nil {
			fmt.Fprintln(out, err)
			failed++
			continue
		}
		for _, c := range all {
			difference := c.Compare(t, cs)
			if difference == "" {
				passed++
				continue
			}
			failed++
			fmt.Fprintf(out, "%s %s: failed\n%s\n", name, c.Name, difference)
		}
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return 1
	}
	return 0
}

// ReadCases reads the cases of one file, and the flow file that it names, whose
// path is meant from where the file is.
func ReadCases(name string) ([]*Case, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return ParseCases(name, data, func(file string) ([]byte, error) {
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(name), file)
		}
		return os.ReadFile(file)
	})
}

// Compare runs the case and says how what came of it differs from what must come
// of it; nothing if it does not.
func (c *Case) Compare(t *testing.T, cs []flowfile.Component) string {
	got, err := c.Run(t, cs)
	if err != nil {
		return err.Error()
	}
	difference := ""
	if c.Problems != nil {
		difference += Difference(*c.Problems, got.Problems)
	}
	if c.Journal != nil {
		difference += Difference(*c.Journal, got.Journal)
	}
	if unheard := c.Line.Unheard(); difference != "" && unheard != "" {
		difference += fmt.Sprintf("the contact never heard %q\n", unheard)
	}
	return difference
}

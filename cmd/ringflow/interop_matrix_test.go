//go:build interop

package main_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// passes is the result of a cell that behaves as the RFCs have it.
const passes = "passes"

// cell is one row of a peer's table in docs/interop.md.
type cell struct {
	behaviour string
	result    string // passes, or what differs
	// run holds that this is so, and returns what it has measured, if anything.
	run func(*testing.T) string
}

// matrix runs the cells of a peer, so many at once, and prints a line for each. The peer's
// table in docs/interop.md has a row for each of them, in their order, and no other.
func matrix(t *testing.T, peer string, atOnce int, cells []cell) {
	t.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "## %s\n\n| behaviour | result |\n|---|---|\n", peer)
	for _, c := range cells {
		fmt.Fprintf(&table, "| %s | %s |\n", c.behaviour, c.result)
	}
	page, err := os.ReadFile("../../docs/interop.md")
	if err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(page)+"\n", table.String()+"\n") {
		t.Errorf("docs/interop.md has to have\n%s", table.String())
	}
	var mu sync.Mutex
	lines := make([]string, len(cells)) // of those that ran
	var tests []outsider
	for i, c := range cells {
		tests = append(tests, outsider{c.behaviour, func(t *testing.T) {
			line, measured := "FAILED", ""
			defer func() {
				if !t.Failed() && !t.Skipped() {
					line = c.result
				}
				if measured != "" {
					line += " (" + measured + ")"
				}
				mu.Lock()
				defer mu.Unlock()
				lines[i] = fmt.Sprintf("%s × %s: %s\n", peer, c.behaviour, line)
			}()
			measured = c.run(t)
		}})
	}
	together(t, atOnce, tests)
	t.Logf("the matrix:\n%s", strings.Join(lines, ""))
}

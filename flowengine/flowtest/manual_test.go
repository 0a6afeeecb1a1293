package flowtest_test

import (
	"os"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
)

// TestTheManualOfFlowsIsTrue runs the flow and the test that docs/flows.md shows.
func TestTheManualOfFlowsIsTrue(t *testing.T) {
	page, err := os.ReadFile("../../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	flow := block(t, string(page), "```yaml\n")
	test := block(t, string(page), "\n```\nSomebody")
	cases, err := flowtest.ParseCases("docs/flows.md", []byte(strings.Replace(test, "…the flow…\n", flow, 1)), noFiles)
	if err != nil || len(cases) != 2 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		if difference := c.Compare(t, components.All()); difference != "" {
			t.Errorf("%s:\n%s", c.Name, difference)
		}
	}
}

// block returns the code block that begins with head.
func block(t *testing.T, page, head string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, head)
	text, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("the page has no block %q", head)
	}
	return text
}

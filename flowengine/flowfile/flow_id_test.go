package flowfile_test

import (
	"fmt"
	"strings"
	"testing"

	"ringflow/flowengine/flowfile"
)

func TestAliases(t *testing.T) {
	const id = "0f3c9a52d1b84e6fa7c2583be9d01746"
	many := strings.Repeat("a, ", 21)
	for text, want := range map[string]string{
		"":            "[]",
		"aliases:":    "[]",
		"aliases: []": "[]",
		"aliases: [0F3C9A52-D1B8-4E6F-A7C2-583BE9D01746, old-name]": "[" + id + " old-name]",
		"aliases: 5":                        "a list of ids is needed here",
		"aliases: {a: b}":                   "a list of ids is needed here",
		"aliases: [a, b, a]":                "stands twice",
		"aliases: [\"a b\"]":                "1 to 64 letters",
		"aliases: [\"\"]":                   "1 to 64 letters",
		"aliases: [[a]]":                    "1 to 64 letters",
		"aliases: [a/b]":                    "1 to 64 letters",
		"aliases: [" + many + "b]":          "the flow has 22 aliases",
		"aliases: [" + id + ", " + id + "]": "stands twice",
	} {
		flow, err := flowfile.Parse("f.yaml", []byte("name: A\ntrigger: {component: api_request}\nstart: end\nsteps: {end: {component: end_flow}}\n"+text+"\n"))
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(flow.Aliases)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

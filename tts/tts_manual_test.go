package tts_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// TestTheManualOfSpeechIsTrue asks for every language and voice that docs/speech.md
// names.
func TestTheManualOfSpeechIsTrue(t *testing.T) {
	page, err := os.ReadFile("../docs/speech.md")
	if err != nil {
		t.Fatal(err)
	}
	engine := engines(t)[0]
	for _, table := range []struct {
		head  string
		rows  int
		voice func(asked string) (language, voice string)
	}{
		{"| `language` | spoken by |\n|---|---|\n", 11, func(asked string) (string, string) { return asked, "" }},
		{"| `voice` | spoken by |\n|---|---|\n", 5, func(asked string) (string, string) { return "en-US", asked }},
	} {
		_, rest, _ := strings.Cut(string(page), table.head)
		body, _, _ := strings.Cut(rest, "\n\n")
		rows := strings.Split(strings.TrimSpace(body), "\n")
		if len(rows) != table.rows {
			t.Errorf("%q has %d rows", table.head, len(rows))
		}
		for _, row := range rows {
			cells := strings.Split(row, "|")
			want := quoted.FindStringSubmatch(cells[2])[1]
			for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
				language, voice := table.voice(m[1])
				if v, err := engine.Voice(t.Context(), language, voice); err != nil || v.Name != want {
					t.Errorf("%s is spoken by %+v, %v, and the page says %s", m[1], v, err, want)
				}
			}
		}
	}
}

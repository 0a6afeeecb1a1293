package flowtest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
)

// noFiles is for archives that hold all they need.
func noFiles(file string) ([]byte, error) {
	return nil, fmt.Errorf("the flow file %s cannot be read from here", file)
}

func TestScriptsThatCannotBeRead(t *testing.T) {
	const whole = "-- flow.yaml --\nname: x\n-- script --\n%s\n-- journal --\n"
	for line, want := range map[string]string{
		"at noon":                   "cannot parse",
		"contact sings":             "write one of answers, busy",
		"contact hangs about":       "hangs up",
		"contact waits long":        "invalid duration",
		"contact busy 3s":           "busy after 3s",
		"prompt a.wav":              "invalid duration",
		`change "name" to "nome`:    "write change",
		`change "nobody" to "x"`:    "0 times",
		"web GET /x":                "web GET /path 200",
		"web GET /x after long 200": "invalid duration",
		"dance":                     "write at, runs",
		"runs many":                 "expected integer",
		"cancel after ever":         "invalid duration",
	} {
		_, err := flowtest.ParseCases("case.txtar", []byte(strings.Replace(whole, "%s", line, 1)), noFiles)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "case.txtar:4") {
			t.Errorf("%q: %v, want case.txtar:4 and %q", line, err, want)
		}
	}
	for data, want := range map[string]string{
		"": "no flow", "-- flow.yaml --\nx\n": "nothing is expected", "-- flow.yaml --\n-- journal --\n-- journal --\n": "stands twice",
		"-- flow.yaml --\nx\n-- scrpt gold --\n":   "case.txtar:3: section \"scrpt gold\" is not known; did you mean script?",
		"-- flow.yaml --\nx\n-- welcome.wav --\n":  "known are flow.yaml, flow:, script, journal, problems",
		"-- flow.yaml --\nx\n-- flow: x.yaml --\n": "case.txtar:3: a second flow: flow: x.yaml",
		"-- flow: x.yaml --\n-- journal --\n":      "the flow file x.yaml cannot be read from here",
	} {
		if _, err := flowtest.ParseCases("case.txtar", []byte(data), noFiles); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
	}
}

const gold = `
name: Gold
trigger: {component: api_request}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "+12025550143"}
    exits: {answered: tell, invalid_number: end, busy: end, no_answer: end}
  tell: {component: play_audio, with: {say: {text: Press 1}}, exits: {ok: end}}
  end: {component: end_flow}
`

// What runs is tested, not a copy of it.
func TestAFlowBesideItsTest(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("flows/gold.yaml", gold)
	file := write("tests/gold.txtar", "-- flow: ../flows/gold.yaml --\n-- script --\nchange \"from: \" to \"form: \"\n-- problems --\n")
	all, err := flowtest.ReadCases(file)
	if err != nil {
		t.Fatal(err)
	}
	if difference := all[0].Compare(t, components.All()); !strings.Contains(difference, "+ gold.yaml:8: error: step call: with.form") {
		t.Errorf("the flow's problem is told as %q", difference)
	}
	lost := write("tests/lost.txtar", "-- flow: lost.yaml --\n-- problems --\n")
	if _, err := flowtest.ReadCases(lost); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "lost.txtar:1") {
		t.Errorf("a flow file that is not there: %v", err)
	}
}

func TestWordsNeverHeardAreReported(t *testing.T) {
	for words, want := range map[string]string{"Press 7": "the contact never heard \"Press 7\"\n", "Press 1": ""} {
		text := "-- flow.yaml --" + gold + "-- script --\ncontact hears \"" + words + "\"\n-- journal --\nnothing\n"
		all, err := flowtest.ParseCases("gold.txtar", []byte(text), noFiles)
		if err != nil {
			t.Fatal(err)
		}
		difference := all[0].Compare(t, components.All())
		if !strings.HasSuffix(difference, want) || strings.Contains(difference, "never heard") != (want != "") || !strings.Contains(difference, "- nothing") {
			t.Errorf("%s: said %q", words, difference)
		}
	}
}

func TestDifference(t *testing.T) {
	if d := flowtest.Difference("a\nb\n\n", "a \nb"); d != "" {
		t.Errorf("alike texts differ:\n%s", d)
	}
	if got, want := flowtest.Difference("a\nb\nc\n", "a\nx\nc\nd\n"), "  a\n- b\n+ x\n  c\n+ d\n"; got != want {
		t.Errorf("difference is\n%s, want\n%s", got, want)
	}
}

func FuzzParseCases(f *testing.F) {
	f.Add([]byte("c\n-- flow.yaml --\nname: x\n-- script a --\ncontact hears \"x\"\nweb GET /x after 2s 200 {}\nchange \"x\" to \"y\"\n-- journal a --\nx\n-- problems a --\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cases, err := flowtest.ParseCases("fuzz", data, noFiles)
		if err == nil && len(cases) == 0 {
			t.Error("neither a case nor an error")
		}
	})
}

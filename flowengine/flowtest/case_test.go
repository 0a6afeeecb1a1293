package flowtest_test

import (
	"strings"
	"testing"

	"ringflow/flowengine/flowtest"
)

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
		_, err := flowtest.ParseCases("case.txtar", []byte(strings.Replace(whole, "%s", line, 1)))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "case.txtar:4") {
			t.Errorf("%q: %v, want case.txtar:4 and %q", line, err, want)
		}
	}
	for data, want := range map[string]string{
		"": "no flow", "-- flow.yaml --\nx\n": "nothing is expected", "-- flow.yaml --\n-- journal --\n-- journal --\n": "stands twice",
	} {
		if _, err := flowtest.ParseCases("case.txtar", []byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
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
		cases, err := flowtest.ParseCases("fuzz", data)
		if err == nil && len(cases) == 0 {
			t.Error("neither a case nor an error")
		}
	})
}

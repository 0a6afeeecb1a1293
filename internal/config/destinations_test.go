package config

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// allowing is a configuration whose account allows and denies what the texts say.
func allowing(t *testing.T, destinations string) (Config, error) {
	t.Helper()
	text := strings.Replace(goodConfig, `{allow: ["+1"]}`, destinations, 1)
	if text == goodConfig {
		t.Fatal("the configuration is another")
	}
	return Parse("x.yaml", []byte(text))
}

// A value that can match nothing is told at its own line, with what would be right.
func TestDestinationsThatMatchNothing(t *testing.T) {
	_, err := allowing(t, "\n      allow:\n        - US\n        - us\n        - UK\n        - BL\n        - \"1202\"\n        - \"+0\"\n      deny: [Canada]\n")
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{
		`x.yaml:19: accounts[0].destinations: allow: "us" is a country in small letters: write US`,
		`x.yaml:20: accounts[0].destinations: allow: "UK" is no code of a country: write GB`,
		`x.yaml:21: accounts[0].destinations: allow: "BL" has no numbers that can be told from those of GP: write GP, or prefixes`,
		`x.yaml:22: accounts[0].destinations: allow: "1202" is neither a country, two capital letters such as US, nor a prefix`,
		`x.yaml:23: accounts[0].destinations: allow: "+0" is neither`,
		`x.yaml:24: accounts[0].destinations: deny: "Canada" is neither`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %s:\n%v", want, err)
		}
	}
}

// NO is Norway, and not false.
func TestCountriesThatYAMLReadsAsAnswers(t *testing.T) {
	c, err := allowing(t, "{allow: [NO, US]}")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Accounts[0].MayCall("+4721123456"); err != nil {
		t.Error(err)
	}
}

// The configurations that the manual, the demo and the acceptance start with give rise
// to no doubt, and their numbers may be called.
func TestOwnConfigurationsNameCountries(t *testing.T) {
	c, err := Load("../../testdata/acceptance/ringflow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if doubts := c.Warnings(); len(doubts) > 0 {
		t.Errorf("acceptance: %q", doubts)
	}
	a := c.Accounts[0]
	if !slices.Contains(a.Destinations.Allow, "US") || !slices.Contains(a.Destinations.Allow, "CA") {
		t.Errorf("acceptance allows %q", a.Destinations.Allow)
	}
	callable := []string{"+12025550100", "+12025550143", "+12025550188", "+15552550143"}
	for area := 303; area <= 310; area++ { // what the acceptance rig calls
		callable = append(callable, fmt.Sprintf("+1%d2200000", area), fmt.Sprintf("+1%d2269999", area))
	}
	for _, n := range callable {
		if err := a.MayCall(n); err != nil {
			t.Error(err)
		}
	}
	for _, n := range []string{"+18765550143", "+19005550143", "+17005550143", "+1900555014", "+1911000"} {
		if a.MayCall(n) == nil {
			t.Errorf("acceptance calls %s", n)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil || !bytes.Contains(readme, []byte("destinations: {allow: [US]}")) {
		t.Errorf("README allows another thing, %v", err)
	}
	for _, page := range []string{"../../README.md", "../demo/folder.go"} {
		text, err := os.ReadFile(page)
		if err != nil || bytes.Contains(text, []byte(`"+1"`)) {
			t.Errorf("%s allows +1, %v", page, err)
		}
	}
}

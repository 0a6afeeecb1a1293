package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringflow/internal/config"
	"ringflow/numbers"
)

// allowing is a configuration whose account allows and denies what the texts say.
func allowing(t *testing.T, destinations string) (config.Config, error) {
	t.Helper()
	text := strings.Replace(goodConfig, `{allow: ["+1"]}`, destinations, 1)
	if text == goodConfig {
		t.Fatal("the configuration is another")
	}
	return config.Parse("x.yaml", []byte(text))
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

// A bare +1 is told by config check, at the start and at a reload, and stops nothing.
func TestABarePrefixOfManyCountriesIsDoubted(t *testing.T) {
	c, err := allowing(t, "{allow: [US, \"+1\", \"+44\", \"+1876\", \"+1900\", \"+49\"]}")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := &server{log: slog.New(slog.NewTextHandler(&log, nil))}
	s.doubt(&c)
	path := filepath.Join(t.TempDir(), "ringflow.yaml")
	if err := os.WriteFile(path, []byte(goodConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out := ringflow(t, "config check "+path)
	if want := path + `:16: accounts[0].destinations.allow[0]: warning: "+1" opens 25 countries`; status != 0 || !strings.Contains(out, want) || !strings.Contains(out, "JM") || !strings.Contains(out, path+": ok") {
		t.Errorf("config check ends with %d and says\n%s", status, out)
	}
	for _, want := range []string{`allow[1]: warning: \"+1\" opens 25 countries`, `allow[2]: warning: \"+44\" opens 4 countries`, `allow[4]: warning: \"+1900\" opens nothing`} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("the log does not say %s once:\n%s", want, &log)
		}
	}
	ofDestinations := slices.DeleteFunc(c.Warnings(), func(d string) bool { return !strings.Contains(d, ".destinations") })
	if n := len(ofDestinations); n != 3 {
		t.Errorf("%d doubts: %q", n, ofDestinations)
	}
}

// The configurations that the manual, the demo and the acceptance start with give rise
// to no doubt, and their numbers may be called.
func TestOwnConfigurationsNameCountries(t *testing.T) {
	c, err := config.Load("../../testdata/acceptance/ringflow.yaml")
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
	for _, page := range []string{"../../README.md", "demo_folder.go"} {
		text, err := os.ReadFile(page)
		if err != nil || bytes.Contains(text, []byte(`"+1"`)) {
			t.Errorf("%s allows +1, %v", page, err)
		}
	}
}

// The manual's example is read, and does what the page says.
func TestTheExampleOfDestinations(t *testing.T) {
	page := string(destinationsPage())
	example := regexp.MustCompile("(?s)```yaml\ndestinations:\n(.*?)```").FindStringSubmatch(page)
	if example == nil {
		t.Fatal("the page has no example")
	}
	c, err := allowing(t, "\n"+regexp.MustCompile(`(?m)^`).ReplaceAllString(example[1], "    "))
	if err != nil {
		t.Fatal(err)
	}
	for number, called := range map[string]bool{"+12025550143": true, "+13065550143": true, "+442079460000": true, "+441612345678": false, "+19075550143": false, "+18765550143": false} {
		if err := c.Accounts[0].MayCall(number); (err == nil) != called {
			t.Errorf("%s: %v", number, err)
		}
	}
}

// What the page says in words of kinds of numbers is what a plan does.
func TestThePageSaysWhatAPlanDoes(t *testing.T) {
	page := string(destinationsPage())
	for r := range numbers.Ranges() {
		if r.Country != "" || r.Least > 0 || r.Code == "1" {
			continue
		}
		row := regexp.MustCompile(`(?m)^\| \+` + r.Code + ` \|.*$`).FindString(page)
		if prefix := strings.TrimPrefix(r.String(), "+"+r.Code); !strings.Contains(row, prefix) {
			t.Errorf("the row of +%s has no %s: %s", r.Code, prefix, row)
		}
	}
	for number, allow := range map[string]string{"+448441234567": "+44844", "+881612345678": "+881", "+15552550143": "+1555"} {
		if !strings.Contains(page, "`"+allow+"`") || (numbers.Plan{Allow: []string{allow}}).Permits(numbers.E164(number)) != nil {
			t.Errorf("the page does not say that %s opens %s, or it does not", allow, number)
		}
	}
}

// A fixed destination that may not be called keeps the flow from being published.
func TestFlowCheckTellsOfDestinations(t *testing.T) {
	c, err := allowing(t, "{allow: [US, DE]}")
	if err != nil {
		t.Fatal(err)
	}
	c.Accounts[0].Country = "DE"
	has, _, err := c.Environment(c.Accounts[0])
	if err != nil {
		t.Fatal(err)
	}
	for number, says := range map[string]string{
		"+12025550143": "", "030 901820": "", "+44 20 7946 0000": "(GB)", "+19005550143": "premium-rate", "+1911000": "North American plan", "0900 123456": "premium-rate", "110": "emergency",
		"+1011442079460": "North American plan", "+49 0 0 44": "0 behind the country code", "%{current_flow.phone}": "",
	} {
		file := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(file, []byte(strings.NewReplacer("FROM", "+12025550100", `%{current_flow.phone}`, number, "file: PROMPT", "say: {text: Hello}").Replace(checkedFlowFile)), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		good := checkedFlow{file, has}.tell(&out)
		if good != (says == "") || (says == "") != (out.String() == file+": ok\n") || !strings.Contains(out.String(), says) {
			t.Errorf("%s: %v, %s", number, good, &out)
		}
		unread := says == "emergency" || says == "0 behind the country code" // its error says itself what would be right
		if says != "" && (!strings.Contains(out.String(), ":7: error: step call: with.to: ") || strings.Contains(out.String(), "choose another number, or see the account's destinations") == unread) {
			t.Errorf("%s: %s", number, &out)
		}
	}
}

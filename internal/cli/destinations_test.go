package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringflow/internal/config"
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

// A bare +1 is told by config check, at the start and at a reload, and stops nothing.
func TestABarePrefixOfManyCountriesIsDoubted(t *testing.T) {
	c, err := allowing(t, "{allow: [US, \"+1\", \"+44\", \"+1876\", \"+1900\", \"+49\"]}")
	if err != nil {
		t.Fatal(err)
	}
	log := strings.Join(c.Warnings(), "\n")
	path := filepath.Join(t.TempDir(), "ringflow.yaml")
	if err := os.WriteFile(path, []byte(goodConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out := ringflow(t, "config check "+path)
	if want := path + `:16: accounts[0].destinations.allow[0]: warning: "+1" opens 25 countries`; status != 0 || !strings.Contains(out, want) || !strings.Contains(out, "JM") || !strings.Contains(out, path+": ok") {
		t.Errorf("config check ends with %d and says\n%s", status, out)
	}
	for _, want := range []string{`allow[1]: warning: "+1" opens 25 countries`, `allow[2]: warning: "+44" opens 4 countries`, `allow[4]: warning: "+1900" opens nothing`} {
		if strings.Count(log, want) != 1 {
			t.Errorf("the log does not say %s once:\n%s", want, log)
		}
	}
	ofDestinations := slices.DeleteFunc(c.Warnings(), func(d string) bool { return !strings.Contains(d, ".destinations") })
	if n := len(ofDestinations); n != 3 {
		t.Errorf("%d doubts: %q", n, ofDestinations)
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
		good := flowToCheck{file, has}.check(&out)
		if good != (says == "") || (says == "") != (out.String() == file+": ok\n") || !strings.Contains(out.String(), says) {
			t.Errorf("%s: %v, %s", number, good, &out)
		}
		unread := says == "emergency" || says == "0 behind the country code" // its error says itself what would be right
		if says != "" && (!strings.Contains(out.String(), ":7: error: step call: with.to: ") || strings.Contains(out.String(), "choose another number, or see the account's destinations") == unread) {
			t.Errorf("%s: %s", number, &out)
		}
	}
}

package manual

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"ringflow/internal/config"
	"ringflow/numbers"
)

// allowing is a configuration whose account allows and denies what the texts say.
func allowing(t *testing.T, destinations string) (config.Config, error) {
	t.Helper()
	goodConfig, err := os.ReadFile("../config/testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(goodConfig), `{allow: ["+1"]}`, destinations, 1)
	if text == string(goodConfig) {
		t.Fatal("the configuration is another")
	}
	return config.Parse("x.yaml", []byte(text))
}

// The manual's example is read, and does what the page says.
func TestTheExampleOfDestinations(t *testing.T) {
	page := string(generated()["destinations.md"])
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
	page := string(generated()["destinations.md"])
	rows := map[string]string{} // by country code
	for line := range strings.Lines(page) {
		if code, row, found := strings.Cut(strings.TrimPrefix(line, "| +"), " |"); found && strings.HasPrefix(line, "| +") {
			rows[code] = row
		}
	}
	for _, r := range numbers.Ranges() {
		if r.Country != "" || r.MinDigits > 0 || r.Code == "1" {
			continue
		}
		row := rows[r.Code]
		if prefix := notation(r); !strings.Contains(row, prefix) {
			t.Errorf("the row of +%s has no %s: %s", r.Code, prefix, row)
		}
	}
	for number, allow := range map[string]string{"+448441234567": "+44844", "+881612345678": "+881", "+15552550143": "+1555"} {
		if !strings.Contains(page, "`"+allow+"`") || (numbers.Plan{Allow: []string{allow}}).Permits(numbers.E164(number)) != nil {
			t.Errorf("the page does not say that %s opens %s, or it does not", allow, number)
		}
	}
}

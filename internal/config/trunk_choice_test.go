package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The examples of docs/trunks.md are taken, and give the trunks that the page says.
func TestTrunkManual(t *testing.T) {
	page, err := os.ReadFile("../../docs/trunks.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d examples", len(blocks))
	}
	head, _, _ := strings.Cut(strings.Replace(goodConfig, `"+12025550100"`, `"+12025550100", "+4930901820"`, 1), "    trunks:\n")
	indented := func(text, by string) string {
		return regexp.MustCompile("(?m)^").ReplaceAllString(strings.TrimSpace(text), by) + "\n"
	}
	for _, text := range []string{head + indented(blocks[0][1], "    "), goodConfig + indented(blocks[1][1], "        ")} {
		c, err := Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		accounts, err := c.CallAccounts()
		if err != nil {
			t.Fatal(err)
		}
		switch trunks := accounts[0].Trunks; len(trunks) {
		case 4:
			if trunks[0].Callers[0] != "+4930901820" || trunks[1].Weight != 70 || trunks[2].Priority != 1 || trunks[3].Destinations != nil || trunks[1].Destinations[2] != "+41" {
				t.Errorf("%+v", trunks)
			}
		case 1:
			if r := trunks[0].Responses; len(r) != 4 || r[0].Then != "wait" || r[1].Means != "the calling number is not in E.164" || r[3].Text != "" {
				t.Errorf("%+v", r)
			}
		}
	}
}

func TestMistakesInTheChoiceOfTrunks(t *testing.T) {
	const at = "accounts[0].trunks[0]."
	for line, want := range map[string]string{
		"callers: ['+12025550199']":             at + `callers[0]: "+12025550199" is none of the account's numbers: there are +12025550100`,
		"destinations: [us]":                    at + `destinations[0]: "us" is a country in small letters: write US`,
		"destinations: ['4930']":                at + `destinations[0]: "4930" is neither a country`,
		"priority: -1":                          at + "priority: -1 is less than 0",
		"weight: a":                             at + `weight: "a" is not a whole number`,
		"calls_per_second: -2":                  at + "calls_per_second: -2 is not a rate",
		"target_weights: [1, 2]":                at + "target_weights: there are 2 for 1 targets: write one for each",
		"target_weights: [-1]":                  at + "target_weights[0]: -1 is less than 0",
		"failover: always":                      at + `failover: "always" is not one of before_progress, before_ringing, never`,
		"responses: [{code: 403}]":              at + "responses[0].then: \"\" is not one of next, wait",
		"responses: [{then: wait}]":             at + "responses[0].code: 0 is not a SIP code from 300 to 699",
		"responses: [{code: 200, then: wait}]":  at + "responses[0].code: 200 is not a SIP code from 300 to 699",
		"responses: [{code: 403, then: retry}]": at + `responses[0].then: "retry" is not one of next, wait, busy, invalid_number, no_answer, error, blocked`,
		"responses: [{code: 486, then: next}]":  at + "responses[0].then: 486 refuses the person or the number and is final",
		"responses: [{code: 403, then: wait}, {code: 403, text: D1, then: next}]": at + "responses[1]: it never decides, since responses[0] matches all that it does",
	} {
		if _, err := Parse("x.yaml", []byte(goodConfig+"        "+line+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got  %v\nwant %s", line, err, want)
		}
	}
}

func TestWarningsOfCallsWithoutATrunk(t *testing.T) {
	for line, want := range map[string]string{
		"destinations: [DE]":        "no trunk takes calls to +1, which destinations allow: add it to the destinations of one",
		"destinations: [US]":        "",
		"destinations: ['+1907']":   "",
		"callers: ['+12025550100']": "",
	} {
		c, err := Parse("x.yaml", []byte(goodConfig+"        "+line+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Warnings(), "\n"); strings.Contains(got, "no trunk takes") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: the warnings are %s", line, got)
		}
	}
}

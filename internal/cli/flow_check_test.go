package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkedFlowFile asks for what only an account has.
const checkedFlowFile = `name: F
trigger: {component: api_request, arguments: [{name: phone, variable: phone}]}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "FROM", to: "%{current_flow.phone}", ring_seconds: 20}
    exits: {answered: play, invalid_number: done, busy: done, no_answer: done}
    on_error: end_flow
  play: {component: play_audio, with: {file: PROMPT}, exits: {ok: done}}
  done: {component: end_flow}
`

func TestFlowCheckAgainstAConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	flow := func(from, prompt string) string {
		return strings.NewReplacer("FROM", from, "PROMPT", prompt).Replace(checkedFlowFile)
	}
	wav, err := os.ReadFile("../../testdata/acceptance/prompt.wav")
	if err != nil {
		t.Fatal(err)
	}
	write("prompts/there.wav", string(wav))
	account := func(name, number, more string) string {
		return "  - name: " + name + "\n    clients: [{id: " + name + ", secret: change-me-now, scopes: [flows:read]}]\n    numbers: [\"" + number + "\"]\n" + more
	}
	one := write("one.yaml", "accounts:\n"+account("mine", "+12025550100", "    country: US\n    destinations: {allow: [US]}\n    flows: flows\n    prompts: prompts\n"))
	two := write("two.yaml", "accounts:\n"+account("mine", "+12025550100", "    destinations: {allow: [US]}\n")+account("yours", "+12025550101", ""))
	write("flows/good.yaml", flow("+12025550100", "there.wav"))
	foreign := write("foreign.yaml", flow("+12025550101", "gone.wav"))
	national := write("national.yaml", flow("(202) 555-0100", "there.wav"))
	apart := write("apart.yaml", strings.Replace(flow("+12025550100", "there.wav"), "%{current_flow.phone}", "202 555 0143", 1))
	abroad := write("abroad.yaml", strings.Replace(flow("+12025550100", "there.wav"), "%{current_flow.phone}", "+442079460000", 1))
	nowhere := write("nowhere.yaml", strings.Replace(flow("202 555 0100", "there.wav"), "%{current_flow.phone}", "020 7946 0000", 1))
	short := write("short.yaml", flow("+1202", "there.wav"))
	broken := write("broken.yaml", "drain: 10\naccounts:\n"+account("mine", "+12025550100", "    flows: flows\n"))
	nine := write("nine.yaml", strings.Replace(flow("+1 (202) 555-010", "there.wav"), "%{current_flow.phone}", "+1202555014", 1))
	words := write("words.yaml", flow("our number", "there.wav"))

	for line, want := range map[string]struct {
		status int
		says   []string
	}{
		"--config " + one:                                 {0, []string{"good.yaml: ok"}},
		"--config " + one + " " + national:                {0, []string{"national.yaml: ok"}},
		"--config " + one + " " + foreign:                 {1, []string{"+12025550101 is no number of the account", `warning`, `no prompt is stored as "gone.wav"`, "only a server knows"}},
		"--config " + two + " " + foreign:                 {2, []string{"say by --account"}},
		"--config " + two + " --account none " + foreign:  {2, []string{`"mine" "yours"`}},
		"--config " + two + " --account yours " + foreign: {0, []string{`no prompt is stored as "gone.wav"`}},
		"--config " + two:                                 {1, []string{"no flow file"}},
		"--config " + dir + "/none.yaml":                  {1, []string{"none.yaml"}},
		foreign:                                           {0, []string{"foreign.yaml: ok"}},
		national:                                          {0, []string{"national.yaml: ok"}},
		apart:                                             {0, []string{`apart.yaml:7: warning: step call: with.to: "202 555 0143" is not a telephone number in international form; write it as +12025550143` + "\n"}},
		nowhere:                                           {0, []string{`"020 7946 0000" is not a telephone number in international form; write it as + with country code and number, such as +12025550143`}},
		"--config " + one + " " + apart:                   {0, []string{"apart.yaml: ok"}},
		"--config " + two + " --account mine " + apart:    {1, []string{`error: step call: with.to: "202 555 0143" is not a telephone number in international form; write it as +12025550143` + "\n"}},
		"--config " + two + " --account mine " + national: {1, []string{"(202) 555-0100 is no number of the account; write it as +12025550100\n"}},
		"--config " + two + " --account mine " + nowhere:  {1, []string{`error: step call: with.to: not a valid telephone number: "020 7946 0000" has no + and no default country is set (accounts[].country), write it as +<country code><number>` + "\n"}},
		"--config " + one + " " + abroad:                  {1, []string{"error: step call: with.to: destination not allowed: no allowed prefix or country matches +442079460000 (GB); choose another number, or see the account's destinations"}},
		short:                                             {1, []string{`"+1202" is not a telephone number; write it as + with country code and number, such as +12025550143`}},
		words:                                             {1, []string{`"our number" is not a telephone number`}},
		"--config " + broken + " " + words:                {1, []string{`broken.yaml:1: drain: "10" is not a duration`, `words.yaml:7: error: step call: with.from: "our number" is not a telephone number`}},
		"--config " + broken:                              {1, []string{`broken.yaml:1: drain: "10" is not a duration`, "good.yaml: ok"}},
		nine: {1, []string{"nine.yaml:7: error: step call: with.to: not a valid telephone number: +1202555014 is no number of the North American plan",
			"nine.yaml:7: error: step call: with.from: not a valid telephone number: +1202555010 is no number of the North American plan"}},
		"":                          {2, []string{"usage: ringflow flow check"}},
		"--account mine " + foreign: {2, []string{"usage: ringflow flow check"}},
	} {
		status, out := ringflow(t, "flow check "+line)
		for _, says := range want.says {
			if status != want.status || !strings.Contains(out, says) {
				t.Errorf("flow check %s ends with %d and says\n%s", line, status, out)
			}
		}
	}
}

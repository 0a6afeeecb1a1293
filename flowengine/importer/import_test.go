package importer_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
)

func TestImportRefusesWhatItCannotReadAndSaysWhy(t *testing.T) {
	var steps strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&steps, `{"id":"%d","component":{"name":"x-1"}},`, i)
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", ``, "read JSON: EOF"},
		{"no JSON", `{"steps": [`, "read JSON"},
		{"some text", `exit: there`, "an export in JSON is wanted, of Talkdesk or of Twilio Studio"},
		{"a flow file", "name: x\ntrigger: {component: api_request}\nstart: end\nsteps: {end: {component: end_flow}}\n", "it is a flow file already, which needs no import"},
		{"a flow file in JSON", `{"name": "x", "trigger": {"component": "api_request"}, "start": "end", "steps": {"end": {"component": "end_flow"}}}`, "it is a flow file already, which needs no import"},
		{"a list of nothing", `[]`, "the file holds nothing"},
		{"nothing in a wrapper", `{"flows": []}`, importer.ErrUnknownFormat.Error()},
		{"a number", `7`, importer.ErrUnknownFormat.Error()},
		{"more than one value", `{} {}`, "something follows the first value"},
		{"a key twice", `{"steps": [], "steps": []}`, `key "steps" stands twice`},
		{"too deep", `{"a":` + strings.Repeat(`[`, 60) + strings.Repeat(`]`, 60) + `}`, "nested deeper than 40 levels"},
		{"too large", `{"a":"` + strings.Repeat("x", 5<<20) + `"}`, "are allowed"},
		{"something else", `{"name": "x"}`, importer.ErrUnknownFormat.Error()},
		{"no steps", `{"initial_step_id":"a","steps":[]}`, "no steps"},
		{"a step without id", `{"initial_step_id":"a","steps":[{"name":"x"}]}`, "steps[0] has no id"},
		{"one id twice", `{"initial_step_id":"a","steps":[{"id":"a"},{"id":"a"}]}`, "two steps have the id a"},
		{"no first step", `{"initial_step_id":"b","steps":[{"id":"a"}]}`, "there is no step b"},
		{"too many steps", `{"initial_step_id":"1","steps":[` + strings.TrimSuffix(steps.String(), ",") + `]}`, "1001 steps, and 1000 are allowed"},
		{"no states", `{"initial_state":"a","states":[]}`, "no steps"},
		{"a state without name", `{"initial_state":"a","states":[{"type":"trigger"}]}`, "states[0] has no name"},
		{"one name twice", `{"initial_state":"a","states":[{"name":"a"},{"name":"a"}]}`, "two states have the name a"},
		{"no first state", `{"initial_state":"b","states":[{"name":"a"}]}`, "there is no state b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := importer.Import("in.json", []byte(c.in), "", nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "in.json") {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if r.Flow != nil {
				t.Error("a flow came along with the error")
			}
		})
	}
}

func TestEachFormatIsReadByItsOwnReader(t *testing.T) {
	for file, note := range map[string]string{
		"talkdesk-ask-pin.json": "# Imported from a Talkdesk Studio export.\n",
		"twilio-callback.json":  "# Imported from a Twilio Studio definition.\n",
	} {
		r, err := importer.Import(file, load(t, samples+"/"+file), "", nil)
		if err != nil || !strings.HasPrefix(string(r.Flow), note) {
			t.Errorf("%s: %v\n%s", file, err, r.Flow)
		}
	}
}

func TestImportKeepsTheIDsByWhichClientsAddressTheFlow(t *testing.T) {
	r, err := importer.Import("in.json", load(t, samples+"/talkdesk-ask-pin.json"), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Aliases, " "); got != "0f3c9a52d1b84e6fa7c2583be9d01746 6b1f0e7a4c2d4f0f9a5e1d3c7b8a9f01" {
		t.Errorf("the aliases are %s", got)
	}
}

// importText imports a flow that says the text and returns what the imported one says.
func importText(t *testing.T, format, text string) (string, []importer.Finding) {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := importer.Import("in.json", fmt.Appendf(nil, format, quoted), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := flowfile.Parse("out.yaml", r.Flow)
	if err != nil {
		t.Fatal(err)
	}
	say, _ := stepOf(f, "talk").With()["say"].(map[string]any)
	out, _ := say["text"].(string)
	return out, r.Findings
}

// worst is the worst of the findings about the step that talks.
func worst(fs []importer.Finding) importer.Kind {
	order := []importer.Kind{importer.Placeholder, importer.DroppedSetting, importer.Approximated}
	for _, k := range order {
		for _, f := range fs {
			if f.Kind == k && f.Step == "talk" {
				return k
			}
		}
	}
	return importer.Mapped
}

func TestVariablesOfTwilioStudio(t *testing.T) {
	const flow = `{"initial_state":"T","states":[{"name":"T","type":"trigger","transitions":[{"event":"incomingRequest","next":"ask"}]},
		{"name":"ask","type":"gather-input-on-call","transitions":[{"event":"keypress","next":"talk"}]},
		{"name":"web","type":"make-http-request","transitions":[],"properties":{"method":"GET","url":"https://x.example/a?b=1"}},
		{"name":"odd","type":"search","transitions":[]},
		{"name":"talk","type":"say-play","transitions":[],"properties":{"say":%s}}]}`
	for _, c := range []struct {
		in, want string
		kind     importer.Kind
	}{
		{"plain", "plain", importer.Mapped},
		{"{{flow.data.x}}", "%{current_flow.x}", importer.Mapped},
		{"{{ flow.data.fullName }}!", "%{current_flow.full_name}!", importer.Mapped},
		{"{{flow.data['full name']}}", "", importer.Placeholder},
		{"{{trigger.request.parameters.x}} {{flow.data.x}}", "%{current_flow.x} %{current_flow.x}", importer.Mapped},
		{`{{trigger["request"]["parameters"].x}}`, "%{current_flow.x}", importer.Mapped},
		{"{{contact.channel.address}} {{flow.channel.address}}", "%{current_flow.to} %{current_flow.from}", importer.Mapped},
		{"{{flow.variables.Count}}", "%{current_flow.count}", importer.Mapped},
		{"{{widgets.ask.Digits}}", "%{current_flow.ask_digits}", importer.Mapped},
		{"{{widgets.ask.SpeechResult}}", "", importer.Placeholder},
		{"{{widgets.web.parsed.a.b}}", "%{current_flow.web_parsed_a_b}", importer.Mapped},
		{"{{widgets.web.parsed.a[0]}}", "", importer.Placeholder},
		{"{{widgets.web.status_code}}", "%{current_flow.web_status_code}", importer.Mapped},
		{"{{widgets.odd.thing}}", "%{current_flow.odd_thing}", importer.Mapped},
		{"{{widgets.gone.Digits}}", "", importer.Placeholder},
		{"{{flow.sid}}", "", importer.Placeholder},
		{"{{flow.data.x | upcase}}", "%{current_flow.x | upper}", importer.Mapped},
		{"{{flow.data.x | downcase | default: 'a | b'}}", `%{current_flow.x | lower | default:"a | b"}`, importer.Mapped},
		{"{{flow.data.x | plus: 1}}", "", importer.Placeholder},
		{"{% assign a = 1 %}{{a}}", "", importer.Placeholder},
		{"50%{{flow.data.x}}", "50% %{current_flow.x}", importer.Approximated},
		{"%{x} and %%{x}", "%%{x} and %%%{x}", importer.Mapped},
		{"open {{ for ever", "open {{ for ever", importer.Mapped},
		{"<speak>Hi <break/>you</speak>", "Hi you", importer.Approximated},
		{"1 < 2 > 0", "1 < 2 > 0", importer.Mapped},
	} {
		got, findings := importText(t, flow, c.in)
		if c.want != "" && got != c.want {
			t.Errorf("%q became %q, want %q", c.in, got, c.want)
		}
		if c.want == "" && (!strings.HasPrefix(got, "%{current_flow.") || !strings.HasSuffix(got, "}")) {
			t.Errorf("%q became %q, which does not keep the flow from being published", c.in, got)
		}
		if worst(findings) != c.kind {
			t.Errorf("%q: the worst finding is %s, want %s: %v", c.in, worst(findings), c.kind, findings)
		}
	}
}

func TestVariablesOfTalkdesk(t *testing.T) {
	const flow = `{"initial_step_id":"0","steps":[{"id":"0","name":"talk","component":{"name":"play_audio-0123456789"},"exits":[],
		"properties":{"audio_message":{"text":%s}}}],"model":{"Odd Name":{},"1":{},"odd_name":{}}}`
	for _, c := range []struct {
		in, want string
		kind     importer.Kind
	}{
		{"plain", "plain", importer.Mapped},
		{"%{current_flow.pin}", "%{current_flow.pin}", importer.Mapped},
		{"%{ current_flow.1 } x", "%{current_flow.1} x", importer.Mapped},
		{"%{current_flow.Odd Name} %{current_flow.odd_name}", "%{current_flow.odd_name} %{current_flow.odd_name_2}", importer.Mapped},
		{"%{contact.name}", "%{current_flow.unknown_contact_name}", importer.Placeholder},
		{"%{current_flow.pin | upper}", "%{current_flow.unknown_current_flow_pin_upper}", importer.Placeholder},
		{"%{open", "%%{open", importer.Mapped},
		{"100%%{current_flow.pin}", "100% %{current_flow.pin}", importer.Approximated},
	} {
		got, findings := importText(t, flow, c.in)
		if got != c.want {
			t.Errorf("%q became %q, want %q", c.in, got, c.want)
		}
		if worst(findings) != c.kind {
			t.Errorf("%q: the worst finding is %s, want %s: %v", c.in, worst(findings), c.kind, findings)
		}
	}
}

// stepOf returns the step of the flow with the ID, nil if there is none.
func stepOf(f *flowfile.Flow, id string) *flowfile.Step {
	if i := slices.IndexFunc(f.All(), func(s *flowfile.Step) bool { return s.ID == id }); i >= 0 {
		return f.All()[i]
	}
	return nil
}

package components_test

import (
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
)

// One mistake is told once, and every mistake at once.
func TestMistakesAreToldOnceAndAtOnce(t *testing.T) {
	const good = `name: F
trigger: {component: api_request, arguments: [{name: contact_1, variable: contact_1}]}
start: hours
steps:
  hours:
    component: time_based_rules
    with:
      rules:
        - exit: open
          time_zone: Europe/Berlin
          ranges: [{days: [monday], from: "09:00", to: "17:30"}]
    exits: {open: call, no_match: bye}
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "%{current_flow.contact_1}", ring_seconds: 15}
    exits: {answered: greet, invalid_number: bye, busy: bye, no_answer: bye}
    on_error: {follow: invalid_number}
  greet:
    component: play_audio
    with: {say: {text: "Hello", language: en-US}}
    exits: {ok: menu}
  menu:
    component: input_ivr
    with: {prompt: {say: {text: "Digits", language: en-US}}, num_digits: 4}
    exits: {ok: bye, timeout: bye}
  bye: {component: end_flow}
`
	for name, c := range map[string]struct {
		swap []string
		want []string
	}{
		"good":            {nil, nil},
		"misspelt exit":   {[]string{"answered: greet", "answer: greet"}, []string{"f:16: error: step call: exits.answer: the component has no such exit; did you mean answered?"}},
		"misspelt target": {[]string{"answered: greet", "answered: gret"}, []string{`f:16: error: step call: exits.answered: it leads to step "gret", which does not exist; did you mean greet?`}},
		"hours": {[]string{"Europe/Berlin", "Berlin", "[monday]", "[mon]", `"09:00"`, "9 am"}, []string{
			"f:10: error: step hours: with.rules[0].time_zone: ",
			"f:11: error: step hours: with.rules[0].ranges[0].days[0]: ",
			`f:11: error: step hours: with.rules[0].ranges[0].from: "9 am" is no time of day; write it as 09:00`}},
		"number and what it bounds": {[]string{"num_digits: 4", "num_digits: four, min_digits: 3"}, []string{`f:24: error: step menu: with.num_digits: "four" is no whole number`}},
		"braces":                    {[]string{"Hello", "Hello {{flow.variables.name}}"}, []string{"f:20: warning: step greet: with.say.text: {{flow.variables.name}} is no variable here and stays as it stands; write %{current_flow.name}"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := flowfile.Parse("f", []byte(strings.NewReplacer(c.swap...).Replace(good)))
			if err != nil {
				t.Fatal(err)
			}
			got := flowfile.Check(f, components.All(), flowfile.Environment{})
			if len(got) != len(c.want) {
				t.Fatalf("%d problems, want %d: %v", len(got), len(c.want), got)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(got[i].String(), want) {
					t.Errorf("got  %s\nwant %s", got[i], want)
				}
			}
		})
	}
}

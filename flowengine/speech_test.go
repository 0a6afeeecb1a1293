package flowengine_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// says is a flow that says a text, in which the variables a and b may stand.
const says = `
name: Says
trigger: {component: api_request, arguments: [{name: a, variable: a}, {name: b, variable: b}]}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "+12025550143"}
    exits: {answered: say, invalid_number: end, busy: end, no_answer: end}
  say:
    component: play_audio
    with: {say: {text: TEXT}}
    exits: {ok: end}
  end: {component: end_flow}
`

// What a text and its values hold of markup and of control characters is not said.
func TestWhatIsSaidIsPlainText(t *testing.T) {
	long := strings.Repeat("<a b='", 490)
	for _, c := range []struct{ text, a, want string }{
		{`Hello %{current_flow.a}.`, "Ann", "Hello Ann."},
		{`Hello<break time="3s"/>you`, "", "Hello you"},
		{`Hello <break time='3s' /> you`, "", "Hello you"},
		{`<speak version="1.0">Hello <emphasis level="strong">you</emphasis></speak>`, "", " Hello you "},
		{`un<emphasis>believ</emphasis>able`, "", "unbelievable"},
		{`<p>One</p><p>Two</p>`, "", " One Two "},
		{`One<BR>Two<br/>Three`, "", "One Two Three"},
		{`<say-as interpret-as=digits>12</say-as>`, "", "12"},
		{`<amazon:effect name="whispered">psst</amazon:effect>`, "", "psst"},
		{`a<!-- not <b>this</b> -->b<?xml version="1.0"?>c<!DOCTYPE html>d`, "", "a b c d"},
		{`<![CDATA[a < b]]>`, "", "a < b"},
		{`%{current_flow.a}`, `<script src="x">alert</script>`, " alert "},
		{`<%{current_flow.a}>Hello`, "break", " Hello"},
		{`x < y and y > z, a<b and c>d, I <3 you, <john@example.com>`, "", `x < y and y > z, a<b and c>d, I <3 you, <john@example.com>`},
		{`Hello <break time="3s"`, "", `Hello <break time="3s"`},
		{`AT&amp;T, 5 &lt; 6, &#65;&#x42;&#X43;, caf&eacute;&nbsp;noir, &quot;so&quot;`, "", `AT&T, 5 < 6, ABC, café noir, "so"`},
		{`%{current_flow.a}`, "AT&amp;amp;T", "AT&T"},
		{`%{current_flow.a}`, "&lt;b&gt;bold&lt;/b&gt; &#60;break/&#62; now", "bold now"},
		{`Tom & Jerry, Q&A, R&D; this&notify &nosuch;`, "", `Tom & Jerry, Q&A, R&D; this&notify &nosuch;`},
		{`Press [[h@l'oU]] now`, "", "Press now"},
		{`Press %{current_flow.a} now`, "[[_^_en]]", "Press now"},
		{`Press &#91;&#91;h@l&#93;&#93; now`, "", "Press now"},
		{`Press [1] or [[2`, "", "Press [1] or [[2"},
		{`%{current_flow.a}!`, "one\x01 5b\x00two\x7f\u0085three\u2028four\r\n\tfive", "one  5b two  three four   five!"},
		{`%{current_flow.a}`, "&#1;5b&#10;x", " 5b\nx"},
		{"\"one\\ntwo\\x07\\tthree\"", "", "one\ntwo three"},
		{`%{current_flow.a}`, "a\xffb", "a b"},
		{`%{current_flow.a}`, "a  b", "a  b"},
		{`%{current_flow.a}`, long, long},
		{`%{current_flow.a}`, strings.Repeat("<!--", 740), strings.Repeat("<!--", 740)},
		{`%{current_flow.a}`, "Grüße — 東京, ok?", "Grüße — 東京, ok?"},
		{`%{current_flow.a}`, "", ""},
		{`%{current_flow.a}%{current_flow.b}`, " \x00\t", ""},
		{`<speak>%{current_flow.a}</speak>`, "", ""},
		{`[[h@l]]`, "", ""},
	} {
		if !strings.HasPrefix(c.text, `"`) {
			c.text = "'" + strings.ReplaceAll(c.text, "'", "''") + "'"
		}
		synctest.Test(t, func(t *testing.T) {
			k := newWorld(strings.Replace(says, "TEXT", c.text, 1), &flowtest.Line{}).run(t, map[string]string{"a": c.a})
			var heard []string
			var detail string
			for _, e := range k.Events {
				switch e.Kind {
				case record.AudioStarted:
					heard = append(heard, e.Detail)
				case record.StepLeft:
					if e.Step == "say" {
						detail = e.Detail
					}
				}
			}
			if len(c.want) > 1000 {
				c.want = c.want[:1000] + "…" // as the journal keeps it
			}
			want := []string{c.want}
			if c.want == "" {
				want = nil
			}
			if !slices.Equal(heard, want) {
				t.Errorf("of %.80s with %.80q was heard %.80q, want %.80q", c.text, c.a, heard, want)
			}
			if w := way(k); w != "trigger:ok call:answered say:ok end:ok finished" {
				t.Errorf("%.80s with %.80q went %s: %s", c.text, c.a, w, k.Ends[0].Error)
			}
			if (c.want == "") != strings.Contains(detail, "nothing to say") {
				t.Errorf("%.80s with %.80q left with %q", c.text, c.a, detail)
			}
		})
	}
}

// A prompt that says nothing is over at once, and keys are waited for as behind any.
func TestAnEmptyPromptIsWaitedBehind(t *testing.T) {
	for component, with := range map[string]string{
		"input_ivr":    `{prompt: {say: {text: "%{current_flow.a}"}}, num_digits: 1}`,
		"standard_ivr": `{prompt: {say: {text: "%{current_flow.a}"}}, choices: [{key: 1, exit: ok}]}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			flow := strings.NewReplacer("component: play_audio", "component: "+component, "with: {say: {text: TEXT}}", "with: "+with).Replace(says)
			line := &flowtest.Line{Contact: flowtest.Phone{Acts: []flowtest.Act{{Waits: 2e9}, {Presses: "1"}}}}
			if w := way(newWorld(flow, line).run(t, nil)); w != "trigger:ok call:answered say:ok end:ok finished" {
				t.Errorf("%s went %s", component, w)
			}
		})
	}
}

// speaker is what a check knows of an engine that has the voices own and near.
func speaker(asked *[]flowfile.Speech, lacking error) flowfile.Environment {
	return flowfile.Environment{
		Voice: func(language, voice string) (string, error) {
			switch {
			case lacking != nil:
				return "", lacking
			case language == "xx" && voice == "":
				return "", errors.New("nothing speaks xx")
			case voice == "near":
				return "own speaks for near", nil
			case voice != "" && voice != "own":
				return "", fmt.Errorf("no voice %s", voice)
			}
			return "", nil
		},
		Render: func(texts []flowfile.Speech) []error {
			*asked = append(*asked, texts...)
			errs := make([]error, len(texts))
			for i, s := range texts {
				if s.Text == "wrong" {
					errs[i] = errors.New("on purpose")
				}
			}
			return errs
		},
	}
}

// Voices are judged where languages are, and what is fixed is rendered.
func TestCheckAsksTheEngine(t *testing.T) {
	for _, c := range []struct {
		with    string
		lacking error
		want    []string
		asked   []flowfile.Speech
	}{
		{`{say: {text: "Hello"}}`, nil, nil, []flowfile.Speech{{Text: "Hello", Language: "en-US"}}},
		{`{say: {text: "Hello", language: de-DE, voice: own}}`, nil, nil, []flowfile.Speech{{Text: "Hello", Language: "de-DE", Voice: "own"}}},
		{`{say: {text: "Hello", voice: near}}`, nil, []string{"warning: step say: with.say.voice: own speaks for near; write that one, or leave the voice out"},
			[]flowfile.Speech{{Text: "Hello", Language: "en-US", Voice: "near"}}},
		{`{say: {text: "Hello", voice: Jonna}}`, nil, []string{"error: step say: with.say.voice: no voice Jonna"}, nil},
		{`{say: {text: "Hello", language: xx}}`, nil, []string{"error: step say: with.say.language: nothing speaks xx"}, nil},
		{`{say: {text: "Hello", language: xx, voice: Jonna}}`, nil, []string{"error: step say: with.say.language: nothing speaks xx", "error: step say: with.say.voice: no voice Jonna"}, nil},
		{`{say: {text: "Hello", language: de, voice: own}}`, errors.New("no engine"), []string{"error: step say: with.say.language: no engine"}, nil},
		{`{say: {text: "wrong"}}`, nil, []string{"error: step say: with.say.text: it cannot be spoken: on purpose"}, []flowfile.Speech{{Text: "wrong", Language: "en-US"}}},
		{`{say: {text: "Hello %{current_flow.a}"}}`, nil, nil, nil},
		{`{say: {text: "Hello <break/>%{current_flow.a}"}}`, nil, []string{"warning: step say: with.say.text: <break/> is left out: speech is plain text; remove it"}, nil},
		{`{say: {text: "[[h@l]] you"}}`, nil, []string{"warning: step say: with.say.text: [[h@l]] is left out: speech is plain text; remove it"}, []flowfile.Speech{{Text: " you", Language: "en-US"}}},
		{`{say: {text: "<speak></speak>"}}`, nil, []string{"warning: step say: with.say.text: <speak> is left out: speech is plain text; remove it"}, nil},
	} {
		f, err := flowfile.Parse("f", []byte(strings.Replace(says, "{say: {text: TEXT}}", c.with, 1)))
		if err != nil {
			t.Fatal(err)
		}
		var asked []flowfile.Speech
		var got []string
		for _, p := range flowfile.Check(f, components.All(), speaker(&asked, c.lacking)) {
			if _, of, _ := strings.Cut(p.String(), ": "); strings.Contains(of, "step say") {
				got = append(got, of)
			}
		}
		if !slices.Equal(got, c.want) || !slices.Equal(asked, c.asked) {
			t.Errorf("%s:\n%q, want\n%q; rendered %v, want %v", c.with, got, c.want, asked, c.asked)
		}
	}
}

// TestTheManualOfTextsIsTrue says every text that docs/speech.md shows.
func TestTheManualOfTextsIsTrue(t *testing.T) {
	page, err := os.ReadFile("../docs/speech.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "| `text` | what is said |\n|---|---|\n")
	body, _, _ := strings.Cut(rest, "\n\n")
	rows := regexp.MustCompile("(?m)^\\| `(.+)` \\| `(.+)` \\|$").FindAllStringSubmatch(body, -1)
	if len(rows) != 5 {
		t.Errorf("the page has %d rows", len(rows))
	}
	for _, row := range rows {
		synctest.Test(t, func(t *testing.T) {
			for _, e := range newWorld(strings.Replace(says, "TEXT", "'"+row[1]+"'", 1), &flowtest.Line{}).run(t, nil).Events {
				if detail := strings.TrimSpace(e.Detail); e.Kind == record.AudioStarted && detail != row[2] {
					t.Errorf("of %s is said %q, and the page says %s", row[1], detail, row[2])
				}
			}
		})
	}
}

package flowengine_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// A filter that makes a text longer each time is stopped before the text is too
// long for the machine.
func TestFiltersThatMakeATextLonger(t *testing.T) {
	flow := `
name: Spelt
trigger: {component: api_request, arguments: [{name: word, variable: word}]}
start: say
steps:
  say: {component: speak_of, with: {text: "%{current_flow.word` + strings.Repeat(" | spell", 300) + `}"}}
`
	synctest.Test(t, func(t *testing.T) {
		k := newWorld(flow, &flowtest.Line{}, speakOf).run(t, map[string]string{"word": "ab"})
		if e := k.Ends[0]; e.Status != record.StatusFailed || !strings.Contains(e.Error, "grows beyond") {
			t.Errorf("ended %s: %q", e.Status, e.Error)
		}
	})
}

// speakOf notes its text, as a detail or, from "fail" on, as an error.
var speakOf = flowengine.NewComponent(flowfile.Spec{
	Name: "speak_of", Exits: []flowfile.ExitSpec{{Name: "ok"}},
}, func(_ context.Context, t *flowengine.StepContext, c *spoken) (flowfile.Exit, error) {
	text, err := t.Text(c.Text)
	if err != nil {
		return "", err
	}
	if rest, fails := strings.CutPrefix(text, "fail"); fails {
		return "", &flowengine.Fault{Code: "0", Err: errorText(rest)}
	}
	t.SetDetail(text)
	return "ok", nil
})

type errorText string

func (e errorText) Error() string { return string(e) }

type spoken struct {
	Text flowfile.Text `field:"text" max:"10000" doc:"What to note."`
}

// What others have sent does not swell the journal where it is only quoted.
func TestNotesOfAJournalAreShort(t *testing.T) {
	for _, word := range []string{strings.Repeat("é", 30_000), "fail" + strings.Repeat("é", 30_000)} {
		flow := `
name: Long
trigger: {component: api_request, arguments: [{name: word, variable: word}]}
start: say
steps:
  say: {component: speak_of, with: {text: "%{current_flow.word}"}}
`
		synctest.Test(t, func(t *testing.T) {
			k := newWorld(flow, &flowtest.Line{}, speakOf).run(t, map[string]string{"word": word})
			for _, e := range k.Events {
				if len(e.Detail)+len(e.Error) > 5000 || !utf8.ValidString(e.Detail+e.Error) {
					t.Errorf("%s holds a note of %d bytes", e.Kind, len(e.Detail)+len(e.Error))
				}
			}
			if n := len(k.Ends[0].Error); n > 5000 {
				t.Errorf("the end holds an error of %d bytes", n)
			}
		})
	}
}

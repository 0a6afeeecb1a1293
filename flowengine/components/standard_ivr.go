package components

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// StandardIVR is a menu of DTMF digits.
var StandardIVR = flowengine.NewComponent(flowfile.Spec{
	Name: "standard_ivr", Title: "Standard IVR", Category: flowfile.CategoryAsk,
	Summary: "Plays a menu and goes where the key leads that the contact presses.",
	Doc: "The menu stops at the first key. After a key that is not in the menu, or after silence, it is played again, " +
		"as often as plays allows; then the step leaves by no_match if the last key was a wrong one, and by no_input if there was none.",
	Voice: true, Neutral: exitNoInput,
	Exits: []flowfile.ExitSpec{
		{Each: "choices", Doc: "The contact pressed the key."},
		{Name: exitNoInput, Title: "No input", Doc: "No key was pressed in time.", Expected: true},
		{Name: exitNoMatch, Title: "No match", Doc: "The key was not in the menu.", Fallback: exitNoInput},
	},
	Variables: []flowfile.VariableSpec{
		{Name: "selection", Doc: "The key that was pressed, the last one if it was wrong."},
		{Name: "exit_name", Doc: "The exit that the step left by."},
	},
	Example: `
prompt: {say: {text: "For sales press 1, for support press 2."}}
choices:
  - {key: 1, exit: sales}
  - {key: 2, exit: support}
plays: 2`,
}, runStandardIVR)

const (
	exitNoInput flowfile.Exit = "no_input"
	exitNoMatch flowfile.Exit = "no_match"
)

type standardIVR struct {
	Prompt      *flowfile.AudioSource `field:"prompt" required:"true" doc:"The menu that the contact hears."`
	Choices     []choice              `field:"choices" required:"true" min:"1" max:"12" doc:"The keys of the menu."`
	Timeout     flowfile.Number       `field:"timeout_seconds" min:"1" max:"60" default:"5" doc:"How long to wait for a key, from the end of the menu."`
	Plays       flowfile.Number       `field:"plays" min:"1" max:"5" default:"3" doc:"How often the menu is played at most."`
	RetryPrompt *flowfile.AudioSource `field:"retry_prompt" doc:"What the contact hears instead of the menu after silence or a wrong key."`
}

type choice struct {
	Key  string `field:"key" required:"true" is:"key" doc:"The key."`
	Exit string `field:"exit" required:"true" is:"exit" doc:"The exit that it leads to."`
}

// Check implements flowfile.Checker.
func (c *standardIVR) Check(report func(field, what, mend string)) {
	seen := map[string]bool{}
	for i, ch := range c.Choices {
		if seen[ch.Key] {
			report(fmt.Sprintf("choices[%d].key", i), fmt.Sprintf("key %s stands twice", ch.Key), "remove one")
		}
		seen[ch.Key] = true
	}
}

func runStandardIVR(ctx context.Context, t *flowengine.StepContext, c *standardIVR) (flowfile.Exit, error) {
	s := settings{StepContext: t}
	wait, plays := s.seconds(c.Timeout), s.number(c.Plays)
	if s.err != nil {
		return "", s.err
	}
	exit, prompt := exitNoInput, c.Prompt
	for range plays {
		digit, err := firstDigit(ctx, t, prompt, wait, false)
		switch {
		case errors.Is(err, errNoDigit):
			exit = exitNoInput
		case err != nil:
			return "", err
		default:
			t.Set("selection", string(digit))
			if i := slices.IndexFunc(c.Choices, func(ch choice) bool { return ch.Key == string(digit) }); i >= 0 {
				t.Set("exit_name", c.Choices[i].Exit)
				return flowfile.Exit(c.Choices[i].Exit), nil
			}
			exit = exitNoMatch
		}
		if c.RetryPrompt.IsSet() {
			prompt = c.RetryPrompt
		}
	}
	t.Set("exit_name", string(exit))
	return exit, nil
}

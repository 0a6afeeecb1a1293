package components

import (
	"context"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// InputIVR collects digits.
var InputIVR = flowengine.NewComponent(flowfile.Spec{
	Name: "input_ivr", Title: "Input IVR", Category: flowfile.CategoryAsk,
	Summary: "Plays a prompt and collects the digits that the contact presses.",
	Doc: "The prompt stops at the first key. Input ends with the finish key, with the last digit, or when the contact " +
		"pauses for longer than allowed; what was pressed by then counts if it reaches the minimum. Otherwise the step " +
		"plays the retry prompt and asks again, as often as repeats allows, and then leaves by timeout.",
	Voice: true, Neutral: flowfile.ExitTimeout,
	Exits: []flowfile.ExitSpec{
		{Name: flowfile.ExitOK, Title: "OK", Doc: "Enough digits were pressed.", Expected: true},
		{Name: flowfile.ExitTimeout, Title: "Timeout", Doc: "Too few digits were pressed in time.", Expected: true},
	},
	Variables: []flowfile.VariableSpec{{Name: "digits", Doc: "The digits, without the finish key."}},
	Example: `
prompt: {say: {text: "Please enter your four-digit code, then press hash."}}
num_digits: 4
min_digits: 4
repeats: 2
retry_prompt: {say: {text: "That was too short. Please enter four digits."}}
sensitive: true`,
}, runInputIVR)

type inputIVR struct {
	Prompt      *flowfile.AudioSource `field:"prompt" doc:"What the contact hears first; left out, the step listens in silence."`
	Digits      flowfile.Number       `field:"num_digits" min:"1" max:"32" default:"1" doc:"The most digits; input ends with the last one."`
	Minimum     flowfile.Number       `field:"min_digits" min:"1" max:"32" default:"1" doc:"The fewest digits that count."`
	FinishKey   string                `field:"finish_on_key" choices:"#,*,none" default:"#" doc:"The key that ends input; it is no part of the digits."`
	Timeout     flowfile.Number       `field:"timeout_seconds" min:"1" max:"60" default:"5" doc:"How long to wait for the first key, from the end of the prompt."`
	InterDigit  flowfile.Number       `field:"inter_digit_seconds" min:"1" max:"60" default:"3" doc:"How long to wait for each further key."`
	Repeats     flowfile.Number       `field:"repeats" min:"0" max:"5" default:"0" doc:"How often to ask again."`
	RetryPrompt *flowfile.AudioSource `field:"retry_prompt" doc:"What the contact hears when asked again; left out, the prompt."`
	Sensitive   bool                  `field:"sensitive" doc:"Keeps the digits out of the journal, reports and logs; the variable that receives them is masked."`
}

// Check implements flowfile.Checker.
func (c *inputIVR) Check(report func(field, what, mend string)) {
	most, known := c.Digits.Fixed()
	fewest, both := c.Minimum.Fixed()
	if known && both && fewest > most {
		report("min_digits", "more digits are needed than can be pressed", "make it num_digits or less")
	}
}

func runInputIVR(ctx context.Context, t *flowengine.StepContext, c *inputIVR) (flowfile.Exit, error) {
	s := settings{StepContext: t}
	in := input{most: s.number(c.Digits), fewest: s.number(c.Minimum), first: s.seconds(c.Timeout), between: s.seconds(c.InterDigit), secret: c.Sensitive}
	in.fewest = min(in.fewest, in.most)
	if c.FinishKey != "none" {
		in.finish = rune(c.FinishKey[0])
	}
	repeats := s.number(c.Repeats)
	if s.err != nil {
		return "", s.err
	}
	prompt := c.Prompt
	for range repeats + 1 {
		digits, err := in.collect(ctx, t, prompt)
		if err != nil {
			return "", err
		}
		if len(digits) >= in.fewest {
			if in.secret {
				t.SetSecret("digits", digits)
			} else {
				t.Set("digits", digits)
			}
			return flowfile.ExitOK, nil
		}
		if c.RetryPrompt.IsSet() {
			prompt = c.RetryPrompt
		}
	}
	return flowfile.ExitTimeout, nil
}

package components

import (
	"context"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// PlayAudio plays audio to the contact.
var PlayAudio = flowengine.NewComponent(flowfile.Spec{
	Name: "play_audio", Title: "Play Audio", Category: flowfile.CategoryCall,
	Summary: "Speaks a text to the contact, or plays a stored prompt.",
	Doc: "DTMF digits do not stop it; those that come meanwhile wait for the next step that asks for digits. Stored prompts are " +
		"WAV or MP3 files of the account.",
	Voice: true, Neutral: flowfile.ExitOK,
	Exits:   []flowfile.ExitSpec{{Name: flowfile.ExitOK, Title: "OK", Doc: "The audio was played to its end, or the contact hung up meanwhile; the journal then notes that the contact hung up."}},
	Example: `{say: {text: "Hello %{current_flow.name}, we are on our way.", language: en-US}, times: 2}`,
}, runPlayAudio)

type playAudio struct {
	flowfile.AudioSource
	Times flowfile.Number `field:"times" min:"1" max:"10" default:"1" doc:"How often it is played."`
}

func runPlayAudio(ctx context.Context, t *flowengine.StepContext, c *playAudio) (flowfile.Exit, error) {
	times, err := t.Number(c.Times)
	if err != nil {
		return "", err
	}
	for range times {
		if err := t.Play(ctx, &c.AudioSource); err != nil {
			return "", err
		}
	}
	return flowfile.ExitOK, nil
}

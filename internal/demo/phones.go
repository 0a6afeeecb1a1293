package demo

import (
	"context"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/sim"
	"ringflow/tts"
)

// The numbers of the demo, of the range that is kept for fiction.
const (
	accountNumber  = "+12025550100" // the account's own
	customerNumber = "+12025550143"
	agentNumber    = "+12025550188"
)

// speeches are what is said once customer and agent are joined.
var speeches = struct{ greeting, trouble, promise tts.Speech }{
	tts.Speech{Text: "Installation support, hello. How can I help?", Language: "en-GB", Voice: "en-gb+f3"},
	tts.Speech{Text: "Hello. The lamp of my new router blinks red.", Language: "en-US", Voice: "en-us+m3"},
	tts.Speech{Text: "A technician is on the way.", Language: "en-GB", Voice: "en-gb+f3"},
}

// phones is the two phones and what is said.
type phones struct {
	phones map[string]sim.Behaviour
	// agent is what the agent says, customer what the customer says, each in order.
	agent, customer []utterance
}

// utterance is something said.
type utterance struct {
	text string
	pcm  []int16
}

// newPhones tells each phone its part.
func newPhones(ctx context.Context, voice tts.Synthesizer, o Options) (*phones, error) {
	var said [3]utterance
	for i, speech := range []tts.Speech{speeches.greeting, speeches.trouble, speeches.promise} {
		pcm, err := voice.Synthesize(ctx, speech)
		if err != nil {
			return nil, fmt.Errorf("speak for a phone: %w", err)
		}
		said[i] = utterance{speech.Text, pcm}
	}
	greeting, trouble, promise := said[0], said[1], said[2]
	greeted, told, promised := sim.NewSignal(), sim.NewSignal(), sim.NewSignal()
	const breath, ringing = 400 * time.Millisecond, 900 * time.Millisecond
	customer := map[string]sim.Behaviour{
		"answers": sim.Answers(greeted.Wait(), sim.Pause(breath), sim.Say(trouble.pcm), told.Set(),
			promised.Wait(), sim.Pause(breath), sim.HangUp()),
		"busy":     sim.Busy(),
		"declines": sim.Declines(),
		"blocked":  sim.Blocked(),
		"invalid":  sim.Invalid(),
		"silent":   sim.Silent(),
		"hangs-up": sim.HangsUp(2 * time.Second),
	}
	agent := map[string]sim.Behaviour{
		"answers": sim.Answers(sim.Pause(breath), sim.Say(greeting.pcm), greeted.Set(),
			told.Wait(), sim.Pause(breath), sim.Say(promise.pcm), promised.Set()),
		"busy":    sim.Busy(),
		"silent":  sim.Silent(),
		"invalid": sim.Invalid(),
	}
	return &phones{
		phones: map[string]sim.Behaviour{
			customerNumber: customer[o.Customer].After(ringing),
			agentNumber:    agent[o.Agent].After(ringing),
		},
		agent: []utterance{greeting, promise}, customer: []utterance{trouble},
	}, nil
}

// synthesizeAnnouncement says what the demo's flow says, by the same engine: what the
// customer should hear, to compare with.
func synthesizeAnnouncement(ctx context.Context, voice tts.Synthesizer) ([]int16, error) {
	var flow struct {
		Steps map[string]struct {
			With struct {
				Say struct{ Text, Language, Voice string }
			}
		}
	}
	if err := yaml.Unmarshal(flowFile, &flow); err != nil {
		return nil, fmt.Errorf("read the demo's flow: %w", err)
	}
	pcm, err := voice.Synthesize(ctx, tts.Speech(flow.Steps[stepAnnounce].With.Say))
	if err != nil {
		return nil, fmt.Errorf("speak the announcement: %w", err)
	}
	return pcm, nil
}

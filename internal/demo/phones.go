package demo

import (
	"context"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/sim"
	"ringflow/tts"
)

// The numbers of the demo, of the range that is reserved for fiction.
const (
	accountNumber  = "+12025550100" // the account's own
	customerNumber = "+12025550143"
	agentNumber    = "+12025550188"
)

// partyNames are the names of the parties by their numbers.
var partyNames = map[string]string{customerNumber: "customer", agentNumber: "agent"}

// speeches are what the phones say once customer and agent are joined: the agent's
// greeting, the customer's trouble, the agent's promise.
var speeches = [3]tts.Speech{
	{Text: "Installation support, hello. How can I help?", Language: "en-GB", Voice: "en-gb+f3"},
	{Text: "Hello. The lamp of my new router blinks red.", Language: "en-US", Voice: "en-us+m3"},
	{Text: "A technician is on the way.", Language: "en-GB", Voice: "en-gb+f3"},
}

// phones are the two phones and what they say.
type phones struct {
	behaviours      map[string]sim.Behaviour // by number
	agent, customer []utterance              // in order
}

// utterance is a text and its audio.
type utterance struct {
	text string
	pcm  []int16
}

// newPhones renders the utterances and makes the phones of the options.
func newPhones(ctx context.Context, voice tts.Synthesizer, o Options) (*phones, error) {
	var utterances [len(speeches)]utterance
	for i, speech := range speeches {
		pcm, err := voice.Synthesize(ctx, speech)
		if err != nil {
			return nil, fmt.Errorf("speak for a phone: %w", err)
		}
		utterances[i] = utterance{speech.Text, pcm}
	}
	greeting, trouble, promise := utterances[0], utterances[1], utterances[2]
	greeted, explained, promised := sim.NewSignal(), sim.NewSignal(), sim.NewSignal()
	const breath, ringing = 400 * time.Millisecond, 900 * time.Millisecond
	customer, agent := answers[o.Customer].phone, answers[o.Agent].phone
	if o.Customer == "answers" {
		customer = sim.Answers(greeted.Wait(), sim.Pause(breath), sim.Say(trouble.pcm), explained.Set(),
			promised.Wait(), sim.Pause(breath), sim.HangUp())
	}
	if o.Agent == "answers" {
		agent = sim.Answers(sim.Pause(breath), sim.Say(greeting.pcm), greeted.Set(),
			explained.Wait(), sim.Pause(breath), sim.Say(promise.pcm), promised.Set())
	}
	return &phones{
		behaviours: map[string]sim.Behaviour{customerNumber: customer.After(ringing), agentNumber: agent.After(ringing)},
		agent:      []utterance{greeting, promise}, customer: []utterance{trouble},
	}, nil
}

// synthesizeAnnouncement renders the text of the demo's flow by the same engine: the
// audio that the customer must receive.
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

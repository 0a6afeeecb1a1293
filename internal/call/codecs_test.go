package call_test

import (
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/media/sdp"
)

// A trunk that offers G.722 gets prompts in it, recognises digits beside it, and
// bridges it with itself and with G.711.
func TestATrunkThatOffersG722(t *testing.T) {
	for name, agents := range map[string][]string{"both in G.722": {"g722"}, "the agent in G.711": {"pcmu"}} {
		t.Run(name, func(t *testing.T) {
			formats := func(names ...string) []sdp.Codec {
				list, err := media.Formats(names)
				if err != nil {
					t.Fatal(err)
				}
				return list
			}
			contact := sim.Answers(sim.Pause(300*time.Millisecond), sim.SendDigits("7"), sim.Pause(300*time.Millisecond), sim.Say(customerVoice))
			agents := sim.Behaviour{Codecs: formats(agents...), Final: sim.FinalResponse{Code: 200}, Script: []sim.Action{sim.Say(agentVoice[:16000]), sim.HangUp()}}
			contact.Codecs = formats("g722")
			w := newWorld(t, map[string]sim.Behaviour{customer: contact, agent: agents})
			w.trunk.Codecs = formats("g722", "pcma", "pcmu")
			c := w.dial(customer)
			if err := c.Play(t.Context(), whistled(6)); err != nil {
				t.Fatal(err)
			}
			if digit, err := c.Digit(t.Context()); err != nil || digit != '7' {
				t.Errorf("digit %q, %v", digit, err)
			}
			if _, err := w.connect(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			c.HangUp()
			for _, ended := range w.ended(2) {
				freqs, codec := []float64{1000, 700}, "G722"
				if ended.Number == agent {
					freqs, codec = []float64{400}, agents.Codecs[0].Name
				}
				for _, freq := range freqs {
					if !sim.HasTone(ended.Recording, 400*time.Millisecond, freq) {
						t.Errorf("%s heard no %.0f Hz", ended.Number, freq)
					}
				}
				if ended.Codec != codec {
					t.Errorf("%s speaks %s, want %s", ended.Number, ended.Codec, codec)
				}
			}
			if a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio; a == nil || a.Codec != "G722" || a.Quality == nil || a.Quality.MOS != nil {
				t.Errorf("the contact's audio: %+v", a)
			}
		})
	}
}

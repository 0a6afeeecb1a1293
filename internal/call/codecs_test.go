package call_test

import (
	"slices"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/media/sdp"
)

// A trunk that offers a wideband codec gets prompts in it, recognises digits beside it, and
// bridges it with itself, with another one and with G.711.
func TestATrunkThatOffersWideband(t *testing.T) {
	for _, c := range []struct{ offered, contact, agent string }{
		{"g722", "g722", "g722"}, {"g722", "g722", "pcmu"}, {"opus", "opus", "opus"}, {"opus", "opus", "pcmu"}, {"opus", "opus", "g722"}, {"opus", "pcma", "opus"},
	} {
		t.Run(c.contact+" and "+c.agent, func(t *testing.T) {
			t.Parallel()
			formats := func(names ...string) []sdp.Codec {
				list, err := media.Formats(names)
				if err != nil {
					t.Fatal(err)
				}
				return list
			}
			contact := sim.Answers(sim.Pause(300*time.Millisecond), sim.SendDigits("7"), sim.Pause(300*time.Millisecond), sim.Say(customerVoice))
			agents := sim.Behaviour{Codecs: formats(c.agent), Final: sim.FinalResponse{Code: 200}, Script: []sim.Action{sim.Say(agentVoice[:16000]), sim.HangUp()}}
			contact.Codecs = formats(c.contact)
			w := newWorld(t, map[string]sim.Behaviour{customer: contact, agent: agents})
			w.trunk.Codecs = formats(slices.Compact([]string{c.offered, "g722", "pcma", "pcmu"})...)
			call := w.dial(customer)
			if err := call.Play(t.Context(), whistled(6)); err != nil {
				t.Fatal(err)
			}
			if digit, err := call.Digit(t.Context()); err != nil || digit != '7' {
				t.Errorf("digit %q, %v", digit, err)
			}
			if _, err := w.connect(t.Context(), call); err != nil {
				t.Fatal(err)
			}
			call.HangUp()
			for _, ended := range w.ended(2) {
				freqs, codec := []float64{1000, 700}, contact.Codecs[0].Name
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
			if a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio; a == nil || a.Codec != contact.Codecs[0].Name || a.Quality == nil || (a.Quality.MOS == nil) != (c.contact != "pcma") {
				t.Errorf("the contact's audio: %+v", a)
			}
		})
	}
}

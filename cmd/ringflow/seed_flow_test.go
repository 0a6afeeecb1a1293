package main_test

import (
	"context"
	"testing"
	"time"

	"ringflow/tts"
)

// seedFlow is what Ringflow is for: call the customer, say what happens,
// join them with an agent.
func seedFlow(w *world) {
	contact, outside := w.phone(audioPort), w.phone(agentAudioPort)
	contact.talk(customerHz, 0)
	outside.talk(agentHz, 0)
	x := w.call("installation-help", "both-answer-agent-hangs-up", performance{calls: 2}, nil)
	for _, want := range []struct{ step, exit string }{{"call_customer", "answered"}, {"announce", "ok"}, {"agent", "ok"}} {
		if s := x.step(w.t, want.step); s.Exit != want.exit {
			w.t.Errorf("step %s left by %s, want %s", want.step, s.Exit, want.exit)
		}
	}
	message := announcement(w.t)
	heard := contact.spoken()
	at, likeness := match(heard, message)
	if likeness < 0.95 {
		w.t.Errorf("the message was heard with likeness %.3f, want 0.95", likeness)
	}
	if at > 0 && at < len(heard) && level(heard[:at], 440) > -40 {
		w.t.Error("there was ringback before the message")
	}
	hears(w.t, "the customer", contact, agentHz, 3*time.Second)
	hears(w.t, "the agent", outside, customerHz, 3*time.Second)
	hearsNot(w.t, "the agent", outside, agentHz)
}

// announcement speaks the text of the seed flow.
func announcement(t *testing.T) []int16 {
	t.Helper()
	espeak, err := tts.NewEspeak(context.Background(), 1)
	if err != nil {
		t.Fatalf("espeak-ng is needed (run make setup): %v", err)
	}
	pcm, err := espeak.Synthesize(context.Background(), tts.Speech{
		Text:     "Thank you for reaching out to us. We are connecting you with an agent who will help you with your installation. Please stay on the line.",
		Language: "en-US",
	})
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}

package main_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// audioTest listens in the world of a server that it has to itself.
type audioTest struct {
	name string
	run  func(*world)
}

// call starts a flow with both parties, plays the scenario and returns what
// became of it once the far end is satisfied.
func (w *world) call(flow, file string, p performance, speaking func(*farEnd)) execution {
	w.t.Helper()
	far := w.play(file, p)
	id := w.lent.mustStart(flow, map[string]string{"contact_1": customer, "contact_2": agent})
	if speaking != nil {
		speaking(far)
	}
	x := w.lent.outcome(id, time.Minute)
	far.satisfied(30 * time.Second)
	if x.Status != "finished" {
		w.t.Errorf("the execution is %s: %+v", x.Status, x.Steps)
	}
	return x
}

// TestSound checks as sound what customers and agents hear.
func TestSound(t *testing.T) {
	servers := newScenarioServers(t)
	tests := []outsider{{"customer-over-ipv6-and-agent-over-ipv4", customerOverIPv6}}
	for _, test := range slices.Concat(
		[]audioTest{
			{"seed-flow", seedFlow},
			{"contact-hears-ringback", contactHearsRingback},
			{"contact-hears-the-agents-early-media", contactHearsTheAgentsEarlyMedia},
			{"audio-moves-with-the-reinvite", audioMovesWithTheReinvite},
			{"audio-goes-to-the-phone-that-answered", audioGoesToThePhoneThatAnswered},
			{"audio-moves-with-an-update-before-the-answer", audioMovesWithAnUpdateBeforeTheAnswer},
			{"codec-changes-in-the-call", codecChangesInTheCall},
			{"phone-that-asks-for-30-ms", phoneThatAsksFor30ms},
			{"keys-are-collected", keysAreCollected},
		},
		promptIsHeardWhole(), contactAndAgentHearEachOther(), holdIsSilent(),
	) {
		tests = append(tests, outsider{test.name, func(t *testing.T) { test.run(servers.lend(t, trunk{})) }})
	}
	together(t, 6, tests)
	servers.endAll(t)
}

func promptIsHeardWhole() (tests []audioTest) {
	for _, c := range []struct {
		file   string
		kind   byte
		before int // packets of silence that may come before the prompt, one a second
	}{
		{"answers-expects-bye", 0, 1},
		{"answers-pcma-only", 8, 1},
		{"answers-without-telephone-event", 0, 1},
		{"early-media-183-then-answers", 0, 3},
		{"early-media-183-then-answers-without-sdp", 0, 3},
	} {
		tests = append(tests, audioTest{"prompt-is-heard-whole/" + c.file, func(w *world) {
			p := w.phone(audioPort)
			w.call("chirp", c.file, performance{}, nil)
			heard := p.packets()
			if len(heard) == 0 {
				w.t.Fatal("nothing was heard")
			}
			at, likeness := match(p.spoken(), chirp())
			if likeness < 0.98 {
				w.t.Errorf("the prompt was heard with likeness %.3f, want 0.98", likeness)
			}
			if at < 0 || at > c.before*frame {
				w.t.Errorf("the prompt begins at sample %d of what was heard, want its beginning after %d packets at most", at, c.before)
			}
			if !heard[0].marker {
				w.t.Error("the first packet has no marker")
			}
			for i, k := range heard {
				if k.kind != c.kind || len(k.payload) != frame {
					w.t.Fatalf("packet %d has type %d and %d bytes, want %d and %d", i, k.kind, len(k.payload), c.kind, frame)
				}
				if i > 0 && k.seq != heard[i-1].seq+1 {
					w.t.Fatalf("packet %d has number %d after %d", i, k.seq, heard[i-1].seq)
				}
			}
		}})
	}
	return tests
}

// phoneThatAsksFor30ms: a wish for another packet size costs nothing of the
// prompt, whether it is granted or not.
func phoneThatAsksFor30ms(w *world) {
	p := w.phone(audioPort)
	w.call("chirp", "answers-asking-for-30-ms-packets", performance{}, nil)
	if _, likeness := match(p.spoken(), chirp()); likeness < 0.98 {
		w.t.Errorf("the prompt was heard with likeness %.3f, want 0.98", likeness)
	}
}

func contactAndAgentHearEachOther() (tests []audioTest) {
	for _, c := range []struct {
		file      string
		agentKind byte
	}{
		{"both-answer-agent-hangs-up", 0},
		{"both-answer-customer-hangs-up", 0},
		{"agent-knows-only-pcma", 8},
	} {
		tests = append(tests, audioTest{"contact-and-agent-hear-each-other/" + c.file, func(w *world) {
			contact, outside := w.phone(audioPort), w.phone(agentAudioPort)
			contact.talk(customerHz, 0)
			outside.talk(agentHz, c.agentKind)
			w.call("join", c.file, performance{calls: 2}, nil)
			hears(w.t, "the customer", contact, agentHz, 3*time.Second)
			hears(w.t, "the agent", outside, customerHz, 3*time.Second)
			hearsNot(w.t, "the customer", contact, customerHz)
			hearsNot(w.t, "the agent", outside, agentHz)
			speaks(w.t, "the customer's leg", contact, 0)
			speaks(w.t, "the agent's leg", outside, c.agentKind)
		}})
	}
	return tests
}

// contactHearsRingback: 440 and 480 Hz for two of six seconds is what a
// phone rings like in the country of the numbers here.
func contactHearsRingback(w *world) {
	contact := w.phone(audioPort)
	x := w.call("join", "agent-rings-forever", performance{calls: 2}, nil)
	hears(w.t, "the customer", contact, 440, 1500*time.Millisecond)
	hears(w.t, "the customer", contact, 480, 1500*time.Millisecond)
	hears(w.t, "the customer, after nobody answered,", contact, regretHz, 1800*time.Millisecond)
	if s := x.step(w.t, "regret"); s.Exit != "ok" {
		w.t.Errorf("the customer was not on the line any more: %+v", s)
	}
}

func contactHearsTheAgentsEarlyMedia(w *world) {
	contact, outside := w.phone(audioPort), w.phone(agentAudioPort)
	contact.talk(customerHz, 0)
	w.call("join", "agent-sends-early-media", performance{calls: 2}, func(far *farEnd) {
		within(w.t, 20*time.Second, "the agent's phone is called", func() string {
			log := far.log()
			var port uint16
			if len(log) < 2 {
				return fmt.Sprintf("%d calls so far", len(log))
			}
			if _, err := fmt.Sscanf(log[1], "audio %d", &port); err != nil {
				return err.Error()
			}
			outside.talk(agentHz, 0)
			outside.call(w.at(port))
			return ""
		})
	})
	// Three seconds before the answer, three after it.
	hears(w.t, "the customer", contact, agentHz, 5*time.Second)
	hears(w.t, "the agent", outside, customerHz, 2500*time.Millisecond)
}

func holdIsSilent() (tests []audioTest) {
	for _, file := range []string{"reinvite-hold-and-back", "reinvite-inactive-and-back", "reinvite-hold-by-zero-address"} {
		tests = append(tests, audioTest{"hold-is-silent/" + file, func(w *world) {
			p := w.phone(audioPort)
			w.call("chirp", file, performance{}, nil)
			heard := p.packets()
			longest, resumed := time.Duration(0), time.Time{}
			for i := 1; i < len(heard); i++ {
				if gap := heard[i].at.Sub(heard[i-1].at); gap > longest {
					longest, resumed = gap, heard[i].at
				}
			}
			// Held for half a second at least (of the inactive stream).
			if longest < 400*time.Millisecond {
				w.t.Errorf("the longest silence on the wire is %s: the hold was not obeyed", longest)
			}
			if len(heard) > 0 && heard[len(heard)-1].at.Sub(resumed) < 500*time.Millisecond {
				w.t.Error("no audio after the phone took the call back")
			}
		}})
	}
	return tests
}

func audioMovesWithTheReinvite(w *world) {
	before, after := w.phone(audioPort), w.phone(audioPort2)
	w.call("chirp", "reinvite-changes-port", performance{}, nil)
	first, second := before.packets(), after.packets()
	if len(first) < 25 || len(second) < 100 {
		w.t.Fatalf("%d packets to the first port and %d to the second, want about 50 and 150", len(first), len(second))
	}
	if last := first[len(first)-1].at; last.After(second[0].at.Add(100 * time.Millisecond)) {
		w.t.Errorf("the first port still got audio %s after the second", last.Sub(second[0].at))
	}
	if first[0].ssrc == second[0].ssrc && second[0].seq != first[len(first)-1].seq+1 {
		w.t.Errorf("number %d at the first port is followed by %d at the second", first[len(first)-1].seq, second[0].seq)
	}
}

func audioGoesToThePhoneThatAnswered(w *world) {
	first, second := w.phone(audioPort), w.phone(audioPort2)
	w.call("chirp", "forks-with-early-media-then-the-first-answers", performance{}, nil)
	if _, likeness := match(first.spoken(), chirp()); likeness < 0.98 {
		w.t.Errorf("the prompt was heard with likeness %.3f, want 0.98", likeness)
	}
	if n := len(second.packets()); n > 3 {
		w.t.Errorf("%d packets to the phone that did not answer", n)
	}
}

func audioMovesWithAnUpdateBeforeTheAnswer(w *world) {
	before, after := w.phone(audioPort), w.phone(audioPort2)
	w.call("chirp", "updates-early-media-then-answers", performance{}, nil)
	if _, likeness := match(after.spoken(), chirp()); likeness < 0.98 {
		w.t.Errorf("the prompt was heard with likeness %.3f, want 0.98", likeness)
	}
	if n := len(before.packets()); n > 2 {
		w.t.Errorf("%d packets to the port of the 183, want none after the UPDATE", n)
	}
}

func codecChangesInTheCall(w *world) {
	p := w.phone(audioPort)
	w.call("chirp", "reinvite-changes-codec", performance{}, nil)
	heard := p.packets()
	switched := slices.IndexFunc(heard, func(k packet) bool { return k.kind == 8 })
	if switched < 25 {
		w.t.Fatalf("packet %d of %d is the first of PCMA, want one after a second", switched, len(heard))
	}
	if i := slices.IndexFunc(heard[switched:], func(k packet) bool { return k.kind != 8 }); i >= 0 {
		w.t.Errorf("type %d after the change to PCMA", heard[switched+i].kind)
	}
	if _, likeness := match(p.spoken(), chirp()); likeness < 0.98 {
		w.t.Errorf("the prompt was heard with likeness %.3f, want 0.98", likeness)
	}
}

func keysAreCollected(w *world) {
	p := w.phone(audioPort)
	x := w.call("digits", "answers-expects-bye", performance{}, func(*farEnd) {
		within(w.t, 30*time.Second, "the prompt begins", func() string {
			if len(p.packets()) < 10 {
				return fmt.Sprintf("%d packets", len(p.packets()))
			}
			return ""
		})
		p.press("1937")
	})
	if got := x.Variables["digits"]; got != "1937" {
		w.t.Errorf("digits is %q, want 1937", got)
	}
	if s := x.step(w.t, "ask"); s.Exit != "ok" {
		w.t.Errorf("the step left by %s, want ok", s.Exit)
	}
}

func hears(t *testing.T, who string, p *phone, hz float64, least time.Duration) {
	t.Helper()
	if got := tones(p.pcm(), hz); got < least {
		t.Errorf("%s heard %g Hz for %s, want %s at least", who, hz, got, least)
	}
}

func hearsNot(t *testing.T, who string, p *phone, hz float64) {
	t.Helper()
	if got := tones(p.pcm(), hz); got > 200*time.Millisecond {
		t.Errorf("%s heard itself, %g Hz, for %s", who, hz, got)
	}
}

// speaks expects every audio packet of a leg to have the payload type.
func speaks(t *testing.T, leg string, p *phone, kind byte) {
	t.Helper()
	for _, k := range p.packets() {
		if k.kind != kind && k.kind != eventType {
			t.Errorf("%s got payload type %d, want %d", leg, k.kind, kind)
			return
		}
	}
}

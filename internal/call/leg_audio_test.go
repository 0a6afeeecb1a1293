package call_test

import (
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/sim"
)

// While two legs are joined all that either sends is read, and judged.
func TestQualityOfJoinedLegs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{
		customer: sim.Answers(sim.Say(customerVoice)), agent: sim.Answers(sim.Say(agentVoice[:16000]), sim.HangUp()),
	})
	contact := w.dial(customer)
	if _, err := w.connect(t.Context(), contact); err != nil {
		t.Fatal(err)
	}
	contact.HangUp()
	for _, party := range []record.Party{record.PartyContact, record.PartyAgent} {
		a := w.journal.last(record.LegEnded, party).Leg.Audio
		if a == nil || a.Codec != "PCMU" || a.Reception != record.ReceptionMeasured || a.PacketsSent < 60 || a.Quality == nil {
			t.Fatalf("the %s's leg: %+v", party, a)
		}
		if l := a.Level; l == nil || l.Mean < -15 || l.Mean > -12 || l.Peak != -13 {
			t.Errorf("the %s's tone of -10 dBFS has the level %+v", party, l)
		}
		q := a.Quality
		if q.Received < 80 || q.Received > 300 || q.Lost > q.Received/10 || q.Duplicated != 0 || q.Short != 0 || q.MOS == nil || *q.MOS < 1 || *q.MOS > 4.41 || q.JitterMS > q.JitterMaxMS {
			t.Errorf("the %s's leg: %+v", party, *q)
		}
	}
	q := w.sw.Qualities()["carrier"]
	if q.MOS.Total != 2 || q.Loss.Total != 2 || q.Jitter.Total != 2 || q.MOS.Sum < 2 || q.Silent != 0 {
		t.Errorf("of the trunk: %+v", q)
	}
}

// A leg that only hears prompts is not listened to: nothing is said about loss.
func TestNoQualityOfWhatNobodyHears(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Busy()})
	contact := w.dial(customer)
	if err := contact.Play(t.Context(), whistled(10)); err != nil {
		t.Fatal(err)
	}
	contact.HangUp()
	a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio
	if a == nil || a.Reception != record.ReceptionSampled || a.Quality != nil || a.Level != nil || a.PacketsSent < 50 {
		t.Errorf("%+v", a)
	}
	if _, _, err := w.sw.Dial(t.Context(), w.dialling(agent)); err != nil {
		t.Fatal(err)
	}
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.Audio != nil {
		t.Errorf("a leg that was never answered has %+v", e.Leg.Audio)
	}
}

// A phone that sends nothing has no quality, and its trunk is seen to be silent.
func TestAMutePhone(t *testing.T) {
	t.Parallel()
	mute := sim.Answers()
	mute.Mute = true
	w := newWorld(t, map[string]sim.Behaviour{customer: mute})
	contact := w.dial(customer)
	if err := contact.Play(t.Context(), whistled(12)); err != nil {
		t.Fatal(err)
	}
	contact.HangUp()
	a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio
	if a == nil || a.Reception != record.ReceptionNone || a.Quality != nil {
		t.Errorf("%+v", a)
	}
	contact = w.dial(customer)
	contact.HangUp() // too short to expect anything
	if q := w.sw.Qualities()["carrier"]; q.Silent != 1 || q.MOS.Total != 0 {
		t.Errorf("%+v", q)
	}
}

// A far end whose packets carry no audio is told from one that speaks.
func TestLevelOfASilentFarEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Answers(sim.Pause(500*time.Millisecond), sim.HangUp())})
	contact := w.dial(customer)
	if _, err := w.connect(t.Context(), contact); err != nil {
		t.Fatal(err)
	}
	contact.HangUp()
	for _, party := range []record.Party{record.PartyContact, record.PartyAgent} {
		if a := w.journal.last(record.LegEnded, party).Leg.Audio; a == nil || a.Level == nil || *a.Level != (record.AudioLevel{Mean: -127, Peak: -127}) {
			t.Errorf("the %s's leg: %+v", party, a)
		}
	}
}

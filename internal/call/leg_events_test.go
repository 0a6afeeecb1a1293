package call_test

import (
	"sync"
	"testing"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/sim"
	"ringflow/sip"
)

// A re-INVITE that names a host is answered once the host is looked up, and what comes after
// it, be it the end, waits for that.
func TestEventsWaitForTheHostThatSDPNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	f := newFarEnd(w, answerWith("127.0.0.88", 4000))
	contact := w.dial(customer)
	s := <-f.calls
	for _, c := range []struct {
		host string
		want int
	}{{"localhost", 200}, {"nobody.invalid", 488}, {"127.0.0.88", 200}} {
		if s.Reoffer(states(c.host, 4002)); <-f.results != c.want {
			t.Errorf("%s: want %d", c.host, c.want)
		}
	}
	ended := make(chan struct{})
	contact.AfterEnd(func() { close(ended) })
	s.Reoffer(states("nowhere.invalid", 4004))
	s.Hangup(sip.Cause{})
	<-ended
	<-contact.Done()
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != record.EndedByContact {
		t.Errorf("%+v", e)
	}
}

// failingJournal panics at one event of a leg.
type failingJournal struct {
	record.Journal
	at record.EventKind
}

func (j failingJournal) Append(e record.Event) {
	j.Journal.Append(e)
	if e.Kind == j.at {
		panic("of our own making")
	}
}

// A panic in a leg ends that leg, and leaves neither its channel in use nor its flow waiting.
func TestPanicInALeg(t *testing.T) {
	for _, at := range []record.EventKind{record.LegRinging, record.LegAnswered, record.LegEnded} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
			d := w.dialling(customer)
			d.Journal = failingJournal{d.Journal, at}
			contact, out, err := w.sw.Dial(t.Context(), d)
			switch {
			case at == record.LegEnded && contact != nil:
				called := make(chan struct{})
				contact.AfterEnd(func() { panic("of our own making") })
				contact.AfterEnd(func() { close(called) })
				contact.HangUp()
				<-called
			case at == record.LegEnded || contact != nil || err != nil || out.Exit != flowfile.ExitError || out.Detail != "a fault of the server":
				t.Errorf("%v, %+v, %v", contact, out, err)
			}
			if legs := w.sw.Trunks("acme")[0].Legs; legs != 0 || w.sw.Legs() != 0 {
				t.Errorf("%d channels in use, %d legs, want none", legs, w.sw.Legs())
			}
		})
	}
}

// Everybody who hangs up a leg waits for its end, at once and afterwards, and it ends once.
func TestManyHangUps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	contact, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if contact == nil || err != nil {
		t.Fatalf("%+v, %v", out, err)
	}
	ended := make(chan struct{}, 2)
	contact.AfterEnd(func() { ended <- struct{}{} })
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if contact.HangUp(); w.sw.Legs() != 0 {
				t.Errorf("after the hang-up: %d legs", w.sw.Legs())
			}
		})
	}
	all.Wait()
	<-ended
	if contact.HangUp(); len(ended) != 0 {
		t.Error("the leg ended twice")
	}
}

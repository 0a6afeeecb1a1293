package call_test

import (
	"testing"

	"ringflow/flowengine/record"
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

// failingJournal panics at the end of a leg.
type failingJournal struct{ record.Journal }

func (j failingJournal) Append(e record.Event) {
	j.Journal.Append(e)
	if e.Kind == record.LegEnded {
		panic("of our own making")
	}
}

// A panic at the end of a leg leaves neither its channel in use nor its flow waiting.
func TestPanicAtTheEndOfALeg(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	newFarEnd(w, answerWith("127.0.0.88", 4000))
	d := w.dialling(customer)
	d.Journal = failingJournal{d.Journal}
	contact, _, err := w.sw.Dial(t.Context(), d)
	if err != nil || contact == nil {
		t.Fatal(err)
	}
	called := make(chan struct{})
	contact.AfterEnd(func() { panic("of our own making") })
	contact.AfterEnd(func() { close(called) })
	contact.HangUp()
	<-called
	if legs := w.sw.Trunks("acme")[0].Legs; legs != 0 || w.sw.Legs() != 0 {
		t.Errorf("%d channels in use, %d legs, want none", legs, w.sw.Legs())
	}
}

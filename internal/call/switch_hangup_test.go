package call_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/internal/sim"
)

// A leg that somebody hangs up over the API ends, and the journal says who
// ended it; nobody else's account can do that.
func TestHangUp(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	contact := w.dial(customer)
	id := w.journal.last(record.LegAnswered, record.PartyContact).Leg.ID
	for _, c := range []struct {
		account   string
		execution record.ExecutionID
		leg       string
	}{{"other", running, id}, {"other", running, ""}, {"acme", running, "none"}, {"acme", "another", id}, {"acme", "another", ""}} {
		if n := w.sw.HangUp(c.account, c.execution, c.leg); n != 0 {
			t.Errorf("%+v hangs up %d", c, n)
		}
	}
	if n := w.sw.HangUp("acme", running, id); n != 1 {
		t.Fatalf("%d legs", n)
	}
	<-contact.Done()
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != "api" {
		t.Errorf("ended by %s", e.Leg.EndedBy)
	}
	if n := w.sw.HangUp("acme", running, id); n != 0 {
		t.Errorf("a leg that has ended: %d", n)
	}
	w.ended(1)
}

// All legs of an execution are hung up at once, the agent's too.
func TestHangUpBothLegs(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Answers()})
	contact := w.dial(customer)
	joined := make(chan error, 1)
	go func() {
		_, err := w.connect(t.Context(), contact)
		joined <- err
	}()
	w.eventually(func() bool {
		for _, kind := range w.journal.kinds() {
			if kind == record.LegsJoined {
				return true
			}
		}
		return false
	})
	if n := w.sw.HangUp("acme", running, ""); n != 2 {
		t.Errorf("%d legs", n)
	}
	<-contact.Done()
	if err := <-joined; err != nil {
		t.Error(err)
	}
	w.ended(2)
}

// The step of a phone that still rings says that it was hung up over the API.
func TestHangUpWhileItRings(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers().After(time.Minute)})
	dialled := make(chan flowengine.Outcome, 1)
	go func() {
		_, out, _ := w.sw.Dial(t.Context(), w.dialling(customer))
		dialled <- out
	}()
	w.eventually(func() bool { return has(w.journal.kinds(), record.LegRinging) })
	if n := w.sw.HangUp("acme", running, ""); n != 1 {
		t.Errorf("%d legs", n)
	}
	if out := <-dialled; out.Detail != "hung up over the API" || out.SIP.EndedBy != record.EndedByAPI {
		t.Errorf("%+v", out)
	}
	w.ended(1)
}

// The legs of an execution that is stopped say who stopped it, in whatever state they are.
func TestAStoppedExecutionIsNotTheFlowsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		cause  error
		by     record.EndedBy
		detail string
	}{
		"cancelled": {flowengine.ErrCancelled, "api", "the execution was cancelled over the API"},
		"shut down": {flowengine.ErrShutdown, "shutdown", "the server was shut down"},
		"any other": {errors.New("the execution ran for 48 hours"), "flow", "the execution ran for 48 hours"},
		"its end":   {nil, "flow", ""},
	} {
		t.Run(name+", while the contact's phone rings", func(t *testing.T) {
			w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers().After(time.Minute)})
			ctx, stop := context.WithCancelCause(t.Context())
			d := w.dialling(customer)
			d.HangUpCause = func() error { return c.cause }
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _, _ = w.sw.Dial(ctx, d)
			}()
			w.eventually(func() bool { return has(w.journal.kinds(), record.LegRinging) })
			stop(c.cause)
			<-done
			if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != c.by || e.Detail != c.detail {
				t.Errorf("ended by %s: %q, want %s: %q", e.Leg.EndedBy, e.Detail, c.by, c.detail)
			}
			w.ended(1)
		})
		t.Run(name+", while both talk", func(t *testing.T) {
			w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Answers()})
			ctx, stop := context.WithCancelCause(t.Context())
			d := w.dialling(customer)
			d.HangUpCause = func() error { return c.cause }
			contact, _, err := w.sw.Dial(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			joined := make(chan struct{})
			go func() {
				defer close(joined)
				_, _ = w.connect(ctx, contact)
			}()
			w.eventually(func() bool { return has(w.journal.kinds(), record.LegsJoined) })
			stop(c.cause)
			contact.HangUp()
			<-joined
			for _, party := range []record.Party{record.PartyContact, record.PartyAgent} {
				if e := w.journal.last(record.LegEnded, party); e.Leg.EndedBy != c.by || e.Detail != c.detail {
					t.Errorf("%s: ended by %s: %q, want %s: %q", party, e.Leg.EndedBy, e.Detail, c.by, c.detail)
				}
			}
			w.ended(2)
		})
	}
}

// Whoever hung up first is who ended a leg.
func TestALegIsEndedByTheFirstWhoHangsUp(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	d := w.dialling(customer)
	d.HangUpCause = func() error { return flowengine.ErrCancelled }
	contact, _, err := w.sw.Dial(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	w.sw.HangUp("acme", running, "")
	contact.HangUp()
	w.sw.Close()
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != "api" || e.Detail != "hung up over the API" {
		t.Errorf("ended by %s: %q", e.Leg.EndedBy, e.Detail)
	}
	w.ended(1)
}

// A switch that is closed while legs are up says that the server was shut down.
func TestCloseSaysShutdown(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	w.dial(customer)
	w.sw.Close()
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Leg.EndedBy != "shutdown" || e.Detail != "the server was shut down" {
		t.Errorf("ended by %s: %q", e.Leg.EndedBy, e.Detail)
	}
	w.ended(1)
}

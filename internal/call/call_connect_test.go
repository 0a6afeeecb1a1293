package call_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/sim"
	"ringflow/media"
)

var (
	customerVoice = media.Tone(-10, 3*time.Second, 400)
	agentVoice    = media.Tone(-10, 3*time.Second, 700)
)

func TestBothHearEachOtherAndEitherMayHangUp(t *testing.T) {
	for name, c := range map[string]struct {
		customer, agent sim.Behaviour
		first           record.Party
	}{
		"the agent hangs up":    {sim.Answers(sim.Say(customerVoice)), sim.Answers(sim.Say(agentVoice[:16000]), sim.HangUp()), "agent"},
		"the customer hangs up": {sim.Answers(sim.Say(customerVoice), sim.HangUp()), sim.Answers(sim.Say(agentVoice)), "contact"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, map[string]sim.Behaviour{customer: c.customer, agent: c.agent})
			contact := w.dial(customer)
			out, err := w.connect(t.Context(), contact)
			if err != nil || out.Exit != flowfile.ExitOK || out.Number != agent {
				t.Errorf("connected with %+v, %v", out, err)
			}
			contact.HangUp()
			for _, placed := range w.ended(2) {
				freq := 700.0
				if placed.Number == agent {
					freq = 400
				}
				if !sim.HasTone(placed.Recording, 1500*time.Millisecond, freq) {
					t.Errorf("%s heard too little of the other's %.0f Hz", placed.Number, freq)
				}
			}
			for _, party := range []record.Party{record.PartyContact, record.PartyAgent} {
				want := record.EndedByFlow
				if party == c.first {
					want = record.EndedBy(c.first)
				}
				if e := w.journal.last(record.LegEnded, party); e.Leg == nil || e.Leg.EndedBy != want {
					t.Errorf("the %s's leg was ended by %+v, want %s", party, e.Leg, want)
				}
			}
			if k := w.journal.kinds(); !has(k, record.LegsJoined) || !has(k, record.LegsParted) {
				t.Errorf("the journal is %v", k)
			}
		})
	}
}

func TestTheCustomerStaysWhenTheAgentDoesNotCome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		agent sim.Behaviour
		exit  flowfile.Exit
	}{
		"busy":      {sim.Busy(), "busy"},
		"no answer": {sim.Silent(), "no_answer"},
		"invalid":   {sim.Invalid(), "invalid_number"},
		"error":     {sim.Refuses(403, ""), "error"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: c.agent})
			contact := w.dial(customer)
			if out, err := w.connect(t.Context(), contact); err != nil || out.Exit != c.exit {
				t.Errorf("%+v, %v, want %s", out, err, c.exit)
			}
			if err := contact.Play(t.Context(), whistled(8)); err != nil {
				t.Errorf("the contact is no longer there: %v", err)
			}
			contact.HangUp()
			for _, placed := range w.ended(2) {
				if placed.Number == customer && !sim.HasTone(placed.Recording, 700*time.Millisecond, 1000) {
					t.Error("the contact heard nothing after it")
				}
			}
		})
	}
}

// US ringback is 440 and 480 Hz, two seconds of six.
func TestTheCustomerHearsRingbackUntilTheAgentAnswers(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{
		customer: sim.Answers(), agent: sim.Answers(sim.Say(agentVoice[:8000]), sim.HangUp()).After(1500 * time.Millisecond),
	})
	contact := w.dial(customer)
	if _, err := w.connect(t.Context(), contact); err != nil {
		t.Fatal(err)
	}
	contact.HangUp()
	for _, placed := range w.ended(2) {
		if placed.Number != customer {
			continue
		}
		if !sim.HasTone(placed.Recording, time.Second, 440, 480) {
			t.Error("no ringback was heard")
		}
		if !sim.HasTone(placed.Recording, 800*time.Millisecond, 700) {
			t.Error("the agent was not heard after it")
		}
	}
}

func TestTheCustomerHearsTheTrunksEarlyMedia(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{
		customer: sim.Answers(), agent: {Early: media.Tone(-10, time.Second, 600), RingTime: 1500 * time.Millisecond, Final: sim.FinalResponse{Code: 486}},
	})
	contact := w.dial(customer)
	if out, err := w.connect(t.Context(), contact); err != nil || out.Exit != flowfile.ExitBusy {
		t.Errorf("%+v, %v", out, err)
	}
	contact.HangUp()
	for _, placed := range w.ended(2) {
		if placed.Number == customer && !sim.HasTone(placed.Recording, time.Second, 600) {
			t.Error("the trunk's announcement was not heard")
		}
	}
}

func TestNoAgentIsCalledOutsideThePlan(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	contact := w.dial(customer)
	out, err := contact.Connect(t.Context(), flowengine.ConnectRequest{To: "+4930123456", Ring: time.Second, Journal: w.journal})
	if err != nil || out.Exit != flowfile.ExitInvalidNumber {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestTheAgentSeesTheContactOrTheTouchpoint(t *testing.T) {
	for show, want := range map[bool]string{true: customer, false: own} {
		w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Busy()})
		contact := w.dial(customer)
		if _, err := contact.Connect(t.Context(), flowengine.ConnectRequest{To: agent, ShowContact: show, Ring: time.Second, Journal: w.journal}); err != nil {
			t.Fatal(err)
		}
		if i := w.carrier.Calls(); len(i) != 2 || i[1].From != want {
			t.Errorf("the carrier saw %+v, want the second from %s", i, want)
		}
	}
}

func TestCancellingAConnectionLeavesTheCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Silent()})
	contact := w.dial(customer)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := w.connect(ctx, contact); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	if err := contact.Play(t.Context(), whistled(1)); err != nil {
		t.Error(err)
	}
}

package call_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/sim"
)

// An agent's leg waits for a channel like a call to a contact, and comes before
// all of those that wait, in the order of the agents; the contact hears ringback
// meanwhile, and the journal says what is going on.
func TestAnAgentsLegComesBeforeWaitingContacts(t *testing.T) {
	t.Parallel()
	const other, agent2 = "+12025550001", "+12025550002"
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), other: sim.Busy(), agent: sim.Answers(sim.HangUp()), agent2: sim.Answers(sim.HangUp())})
	w.trunk.Channels = 3
	w.account.QueueWait = time.Minute
	first, second, blocking := w.dial(customer), w.dial(customer), w.dial(customer)
	var all sync.WaitGroup
	all.Go(func() {
		if _, out, err := w.sw.Dial(t.Context(), w.dialling(other)); err != nil || out.Exit != flowfile.ExitBusy {
			t.Errorf("the contact's call came out as %+v, %v", out, err)
		}
	})
	w.waiting(1)
	for i, contact := range []flowengine.Contact{first, second} {
		all.Go(func() {
			request := flowengine.ConnectRequest{To: []string{agent, agent2}[i], Ring: 10 * time.Second, Journal: w.journal}
			if out, err := contact.Connect(t.Context(), request); err != nil || out.Exit != flowfile.ExitOK {
				t.Errorf("the agent's leg came out as %+v, %v", out, err)
			}
		})
		w.waiting(2 + i)
	}
	if waits := w.journal.awaited(); !slices.Equal(waits, []string{"contact", "agent", "agent"}) {
		t.Errorf("the journal says that there wait %v", waits)
	}
	heard := time.After(1200 * time.Millisecond) // of ringback
	<-heard
	blocking.HangUp()
	all.Wait()
	var order []string
	for _, invite := range w.carrier.Calls()[3:] {
		order = append(order, invite.Number)
	}
	if want := []string{agent, agent2, other}; !slices.Equal(order, want) {
		t.Errorf("they came in the order %v", order)
	}
	first.HangUp()
	second.HangUp()
	for _, c := range w.ended(6)[:2] {
		if c.Number == customer && !sim.HasTone(c.Recording, 800*time.Millisecond, 440, 480) {
			t.Error("a contact heard no ringback while the agent's leg waited")
		}
	}
}

// An agent's leg waits for line_wait or for as long as it may ring, whichever is
// shorter, and then leaves as one for which there is no channel; the contact is
// still there.
func TestAnAgentsLegDoesNotWaitForEver(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	w.trunk.Channels = 1
	contact := w.dial(customer)
	for _, c := range []struct {
		wait, ring time.Duration
		says       string
	}{
		{time.Minute, 60 * time.Millisecond, "was in use for 60ms"},
		{50 * time.Millisecond, time.Minute, "was in use for 50ms"},
		{0, time.Minute, "is in use"},
	} {
		w.account.QueueWait = c.wait
		out, err := w.connectFor(t.Context(), contact, c.ring)
		if err != nil || out.Exit != flowfile.ExitError || !strings.Contains(out.Detail, c.says) {
			t.Errorf("line_wait %v, ringing %v: it came out as %+v, %v", c.wait, c.ring, out, err)
		}
		w.waiting(0)
	}
	if err := contact.Play(t.Context(), whistled(1)); err != nil {
		t.Error(err)
	}
	if n := len(w.journal.awaited()); n != 2 {
		t.Errorf("the journal says %d times that somebody waits", n)
	}
}

// Nobody waits for an agent when the contact has gone, the flow is stopped or the
// server closes, and no channel is lost then.
func TestAnAgentsLegIsNotWaitedForInVain(t *testing.T) {
	for name, end := range map[string]struct {
		with func(w *world, contact flowengine.Contact, stop func())
		want error
	}{
		"the contact hangs up": {func(_ *world, contact flowengine.Contact, _ func()) { contact.HangUp() }, flowengine.ErrHungUp},
		"the flow is stopped":  {func(_ *world, _ flowengine.Contact, stop func()) { stop() }, context.Canceled},
		"the switch closes":    {func(w *world, _ flowengine.Contact, _ func()) { w.sw.Close() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
			w.trunk.Channels = 1
			w.account.QueueWait = time.Minute
			contact := w.dial(customer)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var out flowengine.Outcome
			var err error
			var waiting sync.WaitGroup
			waiting.Go(func() { out, err = w.connectFor(ctx, contact, time.Minute) })
			w.waiting(1)
			end.with(w, contact, stop)
			waiting.Wait()
			if gone := errors.Is(err, flowengine.ErrHungUp); !errors.Is(err, end.want) && !(end.want == nil && gone) {
				t.Errorf("it came out as %+v, %v", out, err)
			}
			w.waiting(0)
			if name != "the switch closes" {
				contact.HangUp()
				w.dial(customer).HangUp() // the channel came back
			}
		})
	}
}

// connectFor connects with the agent, who may ring for so long.
func (w *world) connectFor(ctx context.Context, contact flowengine.Contact, ring time.Duration) (flowengine.Outcome, error) {
	return contact.Connect(ctx, flowengine.ConnectRequest{To: agent, Ring: ring, Journal: w.journal})
}

// awaited returns for whom channels were awaited.
func (j *journal) awaited() (who []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.Kind == record.ChannelAwaited {
			who = append(who, e.Detail)
		}
	}
	return who
}

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
	"ringflow/internal/call"
	"ringflow/internal/sim"
)

// waiting waits until so many calls wait for a channel.
func (w *world) waiting(n int) {
	w.t.Helper()
	w.eventually(func() bool { return w.sw.Waiting() == n })
}

func (w *world) eventually(holds func() bool) {
	w.t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for until := time.After(10 * time.Second); !holds(); {
		select {
		case <-look.C:
		case <-until:
			w.t.Fatal("it did not come to that within 10 s")
		}
	}
}

// Calls that find every channel in use are placed in the order in which they
// came, each as soon as one comes free, and never more at once than there are.
func TestCallsWaitForAChannel(t *testing.T) {
	phones, waiting := map[string]sim.Behaviour{customer: sim.Answers()}, []string{"+12025550001", "+12025550002", "+12025550003", "+12025550004", "+12025550005"}
	for _, to := range waiting {
		phones[to] = sim.Busy()
	}
	w := newWorld(t, phones)
	w.trunk.Channels = 1
	w.account.QueueWait = time.Minute
	first := w.dial(customer)
	var crowd sync.WaitGroup
	for i, to := range waiting {
		crowd.Go(func() {
			if _, out, err := w.sw.Dial(t.Context(), w.dialling(to)); err != nil || out.Exit != flowfile.ExitBusy {
				t.Errorf("call %d came out as %+v, %v", i, out, err)
			}
		})
		w.waiting(i + 1)
	}
	if n := w.sw.Legs(); n != 1 {
		t.Errorf("%d legs live over one channel", n)
	}
	first.HangUp()
	crowd.Wait()
	var order []string
	for _, invite := range w.carrier.Calls()[1:] {
		order = append(order, invite.Number)
	}
	if !slices.Equal(order, waiting) {
		t.Fatalf("they were placed in the order %v", order)
	}
	w.dial(customer).HangUp() // the channel came back
}

func TestWaitForAChannelIsLimited(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	w.trunk.Channels = 1
	w.account.QueueWait = 50 * time.Millisecond
	first := w.dial(customer)
	_, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || out.Exit != flowfile.ExitError || !strings.Contains(out.Detail, "in use for 50ms") {
		t.Errorf("a call without a channel came out as %+v, %v", out, err)
	}
	w.account.QueueWait = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := w.sw.Dial(ctx, w.dialling(customer))
		ended <- err
	}()
	w.waiting(1)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was cancelled in the queue came out with %v", err)
	}
	w.waiting(0)
	first.HangUp()
	w.dial(customer).HangUp()
}

// Whoever gives up at the very moment in which a channel is handed to it hands
// that on: none is lost, however often it happens.
func TestNoChannelIsLostInTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Busy()})
	w.trunk.Channels = 2
	w.account.QueueWait = 3 * time.Millisecond
	var crowd sync.WaitGroup
	for range 16 {
		crowd.Go(func() {
			for i := range 25 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i%7)*time.Millisecond)
				_, _, _ = w.sw.Dial(ctx, w.dialling(customer))
				cancel()
			}
		})
	}
	crowd.Wait()
	w.eventually(func() bool { return w.sw.Legs() == 0 && w.sw.Waiting() == 0 })
}

func TestAFullQueueRefusesWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	w.trunk.Channels = 1
	w.account.QueueWait = time.Minute
	w.dial(customer)
	if err := w.sw.Admit("acme"); err != nil {
		t.Fatal(err)
	}
	var crowd sync.WaitGroup
	for range call.MaxQueued {
		crowd.Go(func() { _, _, _ = w.sw.Dial(t.Context(), w.dialling(customer)) })
	}
	w.waiting(call.MaxQueued)
	if err := w.sw.Admit("acme"); !errors.Is(err, flowengine.ErrQueueFull) {
		t.Errorf("with a full queue there is room: %v", err)
	}
	if err := w.sw.Admit("other"); err != nil {
		t.Errorf("another account has no room: %v", err)
	}
	w.sw.Close() // sends everybody away
	crowd.Wait()
}

package call_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/call"
	"ringflow/internal/sim"
)

// inLine waits until so many calls wait for a channel.
func (w *world) inLine(n int) {
	w.t.Helper()
	w.eventually(func() bool { return w.exchange.Waiting() == n })
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
func TestCallsWaitInLineForAChannel(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), "+12025550001": sim.Busy()})
	w.trunk.Channels = 1
	w.account.QueueWait = time.Minute
	first := w.dial(customer)
	var order []int
	var mu sync.Mutex
	var crowd sync.WaitGroup
	for i := range 5 {
		crowd.Go(func() {
			_, out, err := w.exchange.Dial(t.Context(), w.dialling("+12025550001"))
			if err != nil || out.Exit != flowfile.ExitBusy {
				t.Errorf("call %d came out as %+v, %v", i, out, err)
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, i)
		})
		w.inLine(i + 1)
	}
	if n := w.exchange.Legs(); n != 1 {
		t.Errorf("%d legs live over one channel", n)
	}
	first.HangUp()
	crowd.Wait()
	for i, who := range order {
		if i != who {
			t.Fatalf("they were placed in the order %v", order)
		}
	}
	w.dial(customer).HangUp() // the channel came back
}

func TestNobodyWaitsInLineForEver(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	w.trunk.Channels = 1
	w.account.QueueWait = 50 * time.Millisecond
	first := w.dial(customer)
	_, out, err := w.exchange.Dial(t.Context(), w.dialling(customer))
	if err != nil || out.Exit != flowfile.ExitError || !strings.Contains(out.Detail, "in use for 50ms") {
		t.Errorf("a call without a channel came out as %+v, %v", out, err)
	}
	w.account.QueueWait = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := w.exchange.Dial(ctx, w.dialling(customer))
		ended <- err
	}()
	w.inLine(1)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was cancelled in line came out with %v", err)
	}
	w.inLine(0)
	first.HangUp()
	w.dial(customer).HangUp()
}

// Whoever gives up at the very moment in which a channel is handed to it hands
// that on: none is lost, however often it happens.
func TestNoChannelIsLostInLine(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Busy()})
	w.trunk.Channels = 2
	w.account.QueueWait = 3 * time.Millisecond
	var crowd sync.WaitGroup
	for range 16 {
		crowd.Go(func() {
			for i := range 25 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i%7)*time.Millisecond)
				_, _, _ = w.exchange.Dial(ctx, w.dialling(customer))
				cancel()
			}
		})
	}
	crowd.Wait()
	w.eventually(func() bool { return w.exchange.Legs() == 0 && w.exchange.Waiting() == 0 })
}

func TestTooManyInLineLeaveNoRoom(t *testing.T) {
	w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
	w.trunk.Channels = 1
	w.account.QueueWait = time.Minute
	w.dial(customer)
	if err := w.exchange.Admit("acme"); err != nil {
		t.Fatal(err)
	}
	var crowd sync.WaitGroup
	for range call.MaxQueued {
		crowd.Go(func() { _, _, _ = w.exchange.Dial(t.Context(), w.dialling(customer)) })
	}
	w.inLine(call.MaxQueued)
	if err := w.exchange.Admit("acme"); !errors.Is(err, flowengine.ErrQueueFull) {
		t.Errorf("with a full line there is room: %v", err)
	}
	if err := w.exchange.Admit("other"); err != nil {
		t.Errorf("another account has no room: %v", err)
	}
	w.exchange.Close() // sends everybody away
	crowd.Wait()
}

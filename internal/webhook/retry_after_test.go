package webhook_test

import (
	"net/http"
	"testing"
	"time"

	"ringflow/internal/webhook"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "600": 10 * time.Minute, "3600": 10 * time.Minute, "99999999999": 0, "-1": 0, "1.5": 0, "soon": 0,
		"Sun, 22 Nov 2026 12:00:30 GMT": 30 * time.Second, "Sun, 22 Nov 2026 11:00:00 GMT": 0, "Mon, 23 Nov 2026 12:00:00 GMT": 10 * time.Minute,
	} {
		if got := webhook.RetryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := webhook.RetryAfter(http.Header{}, now); got != 0 {
		t.Errorf("without it: %s", got)
	}
}

// A pause that the receiver asks for holds for all events, those of other
// executions and those that come meanwhile, and no longer.
func TestPauseThatTheReceiverAsksFor(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, wire *wire, hook webhook.ID) {
		wire.set(429)
		wire.ask("90")
		began := time.Now()
		w.run(1, 2)
		time.Sleep(time.Second)
		first, _ := wire.take()
		if len(first) != 1 {
			t.Fatalf("%d attempts at first", len(first))
		}
		w.run(2, 2)
		time.Sleep(88 * time.Second)
		if at, _ := wire.take(); len(at) != 0 {
			t.Errorf("sent %s after the refusal", at[0].Sub(began))
		}
		wire.set(200)
		time.Sleep(3 * time.Second)
		at, _ := wire.take()
		if len(at) != 6 || at[0].Sub(first[0]) < 90*time.Second {
			t.Errorf("after the pause %d were sent: %v", len(at), at)
		}
		if w.dispatcher.Failing()[hook] {
			t.Error("it is called down")
		}
	})
}

// Who watches sees what waits, since when, what was given up, and that nothing is
// taken.
func TestBacklog(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, wire *wire, hook webhook.ID) {
		began := time.Now()
		w.run(1, 2)
		time.Sleep(time.Hour)
		w.run(2, 2)
		time.Sleep(time.Minute)
		all, err := w.store.Backlogs(t.Context())
		must(t, err)
		if b := all[hook]; b.Waiting != 6 || b.Dead != 0 || b.Oldest.Sub(began).Abs() > time.Second || !w.dispatcher.Failing()[hook] {
			t.Errorf("%+v, down %v", b, w.dispatcher.Failing())
		}
		time.Sleep(24 * time.Hour)
		all, err = w.store.Backlogs(t.Context())
		must(t, err)
		if b := all[hook]; b.Dead < 3 || b.Waiting+b.Dead != 6 {
			t.Errorf("a day later %+v", b)
		}
		w.run(3, 2)
		wire.set(200)
		time.Sleep(11 * time.Minute) // the longest pause of one execution
		all, err = w.store.Backlogs(t.Context())
		must(t, err)
		if b := all[hook]; b.Waiting != 0 || !b.Oldest.IsZero() || w.dispatcher.Failing()[hook] {
			t.Errorf("when it takes events again %+v, down %v", b, w.dispatcher.Failing())
		}
	})
}

package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

// A hook that is added while events happen is told those that come after.
func TestAHookIsAdded(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	w.dispatch()
	w.run(1, 3)
	must(t, w.dispatcher.Set(t.Context(), s.hook("crm")))
	id := w.run(2, 3)
	got := s.wait(4)
	if count := inOrder(t, got); len(count) != 1 || count[id] != 4 {
		t.Errorf("told %v", count)
	}
	bad := s.hook("erp")
	bad.Events = nil
	if err := w.dispatcher.Set(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "events") {
		t.Errorf("a hook without events: %v", err)
	}
}

// A hook that is removed is told nothing more from the moment that Remove
// returns. What waited is a dead letter, and is sent again to one of that name.
func TestAHookIsRemoved(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	h := s.hook("crm")
	s.answer(func(*http.Request, webhook.Envelope) int { return 503 })
	w.dispatch(h)
	w.run(1, 2)
	eventually(t, "it is tried", func() bool { return len(s.requests()) > 0 })
	w.dispatcher.Remove(t.Context(), h.ID)
	w.dispatcher.Remove(t.Context(), h.ID)
	before := len(s.requests())
	s.answer(nil)
	w.run(2, 2)
	if streams, err := w.store.Queues(t.Context(), h.ID, 10); err != nil || len(streams) != 0 {
		t.Errorf("for a hook that is gone %+v waits, %v", streams, err)
	}
	if _, _, err := w.dispatcher.DeadLetters(t.Context(), h.ID, "", 10); err != webhook.ErrNoHook {
		t.Errorf("its dead letters: %v", err)
	}
	must(t, w.dispatcher.Set(t.Context(), h))
	dead, _, err := w.dispatcher.DeadLetters(t.Context(), h.ID, "", 10)
	must(t, err)
	if len(dead) != 3 || len(s.requests()) != before {
		t.Errorf("%d dead letters, and %d requests after %d", len(dead), len(s.requests()), before)
	}
	n, err := w.dispatcher.Redeliver(t.Context(), h.ID, "")
	must(t, err)
	if got := s.wait(n); n != 3 || inOrder(t, got)[executionID(1)] != 3 {
		t.Errorf("%d are sent again, %d arrive", n, len(got))
	}
}

// What a hook did not take goes, in order, to where it is now, without waiting
// for the pause after the last failure.
func TestAHookIsRedirected(t *testing.T) {
	t.Parallel()
	w, old, s := newWorld(t), newSink(t), newSink(t)
	old.answer(func(*http.Request, webhook.Envelope) int { return 503 })
	w.change = func(c *webhook.Config) { c.FirstPause = time.Hour }
	h := old.hook("crm")
	w.dispatch(h)
	for n := range 8 {
		w.run(n, 2)
	}
	eventually(t, "it is down", func() bool { return strings.Contains(w.log.String(), "takes no events") })
	h.URL, h.Secret, h.Events = s.server.URL, "the secret of another", []record.EventKind{record.StepLeft}
	must(t, w.dispatcher.Set(t.Context(), h))
	for x, n := range inOrder(t, s.wait(24)) {
		if n != 3 {
			t.Errorf("%s: %d events", x, n)
		}
	}
	id := w.run(9, 2)
	got := s.wait(26)[24:]
	for _, r := range got {
		if r.Type != record.StepLeft || r.FlowExecutionID != id || !strings.Contains(r.header.Get(webhook.HeaderSignature), webhook.KeyID(h.Secret)) {
			t.Errorf("told %s of %s", r.Type, r.FlowExecutionID)
		}
	}
}

// Changes and a shutdown may meet.
func TestAHookChangesAtTheEnd(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	w.dispatch(s.hook("crm"))
	w.close(time.Second)
	must(t, w.dispatcher.Set(t.Context(), s.hook("erp")))
	must(t, w.dispatcher.Set(t.Context(), s.hook("crm")))
	w.dispatcher.Remove(t.Context(), s.hook("crm").ID)
}

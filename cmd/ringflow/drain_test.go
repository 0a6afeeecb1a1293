package main_test

import (
	"errors"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// inProgress starts calls on a flow and waits until the phones have answered.
func (w *world) inProgress(server *Server, flow string, calls int) (ids []string) {
	w.t.Helper()
	for i := range calls {
		ids = append(ids, server.mustStart(flow, map[string]string{"contact_1": "+1212555010" + strconv.Itoa(i)}))
	}
	within(w.t, 30*time.Second, "every phone has answered", func() string {
		for _, id := range ids {
			x, err := server.execution(id)
			if err != nil {
				return err.Error()
			}
			if len(x.Steps) < 3 { // the trigger, the call, the audio
				return x.Status + " at step " + strconv.Itoa(len(x.Steps))
			}
		}
		return ""
	})
	return ids
}

func TestDrain(t *testing.T) {
	besideOthers(t)
	together(t, 3, []outsider{
		{"lets-calls-end", drainLetsCallsEnd},
		{"ends-what-takes-too-long", drainEndsWhatTakesTooLong},
		{"second-signal-ends-at-once", secondSignalEndsAtOnce},
	})
}

// drainLetsCallsEnd: after SIGTERM no new work is taken, and what goes on
// goes on to its end.
func drainLetsCallsEnd(t *testing.T) {
	const calls = 5
	w := newWorld(t)
	server := w.serve(w.config(trunk{}, 15*time.Second))
	w.phone(audioPort)
	far := w.play("answers-expects-bye", performance{calls: calls})
	ids := w.inProgress(server, "chirp", calls)
	server.signal(syscall.SIGTERM)
	// What arrives before the signal does is taken rightly: it dials nobody here.
	noWork := func() error { _, err := server.start("chirp", map[string]string{"contact_1": "nobody"}); return err }
	within(t, 2*time.Second, "new work is refused", func() string {
		var refused *api.Refusal
		switch err := noWork(); {
		case err == nil:
			return "it is still taken"
		case !errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable:
			return err.Error()
		}
		return ""
	})
	if noWork() == nil {
		t.Error("an interaction was accepted in the drain")
	}
	if err := server.ended(20 * time.Second); err != nil {
		t.Errorf("ringflow serve ended with %v", err)
	}
	far.satisfied(5 * time.Second)
	for _, h := range w.histories(ids...) {
		checkJournal(t, h)
		if h.Status != "finished" {
			t.Errorf("%s is %s, want finished", h.ID, h.Status)
		}
	}
}

// drainEndsWhatTakesTooLong: when the drain time is over, each call gets its
// BYE and its last event.
func drainEndsWhatTakesTooLong(t *testing.T) {
	const calls = 5
	w := newWorld(t)
	server := w.serve(w.config(trunk{}, time.Second))
	w.phone(audioPort)
	far := w.play("answers-expects-bye", performance{calls: calls})
	ids := w.inProgress(server, "play", calls)
	asked := time.Now()
	server.signal(syscall.SIGTERM)
	if err := server.ended(15 * time.Second); err != nil {
		t.Errorf("ringflow serve ended with %v", err)
	}
	if took := time.Since(asked); took > 1*time.Second+2*tolerance {
		t.Errorf("the end took %s with a drain of 1s", took)
	}
	far.satisfied(5 * time.Second)
	w.endedEarly(ids)
}

// secondSignalEndsAtOnce: whoever asks twice does not wait.
func secondSignalEndsAtOnce(t *testing.T) {
	const calls = 5
	w := newWorld(t)
	server := w.serve(w.config(trunk{}, time.Minute))
	w.phone(audioPort)
	far := w.play("answers-expects-bye", performance{calls: calls})
	ids := w.inProgress(server, "play", calls)
	server.signal(syscall.SIGTERM)
	within(t, 5*time.Second, "the drain begins", func() string {
		res, err := server.http.Get(server.base + "/readyz")
		if err != nil {
			return ""
		}
		defer res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return "still ready"
		}
		return ""
	})
	asked := time.Now()
	server.signal(syscall.SIGTERM)
	if err := server.ended(15 * time.Second); err != nil {
		t.Errorf("ringflow serve ended with %v", err)
	}
	if took := time.Since(asked); took > 2*tolerance {
		t.Errorf("the end took %s after the second signal", took)
	}
	far.satisfied(5 * time.Second)
	w.endedEarly(ids)
}

func (w *world) endedEarly(ids []string) {
	w.t.Helper()
	for _, h := range w.histories(ids...) {
		checkJournal(w.t, h)
		if h.Status != "cancelled" {
			w.t.Errorf("%s is %s, want cancelled", h.ID, h.Status)
		}
	}
}

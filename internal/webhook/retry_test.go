package webhook_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/store/storetest"
	"ringflow/internal/webhook"
)

func TestPause(t *testing.T) {
	for failures, most := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 7: time.Minute, 1000: time.Minute} {
		seen := map[time.Duration]bool{}
		for range 100 {
			p := webhook.Pause(time.Second, time.Minute, failures)
			if p > most || p < most*3/4 {
				t.Errorf("after %d failures the pause is %s, want up to a quarter less than %s", failures, p, most)
			}
			seen[p] = true
		}
		if len(seen) < 10 {
			t.Errorf("after %d failures nothing is left to chance", failures)
		}
	}
}

// wire carries requests in a bubble, where there is no network.
type wire struct {
	mu     sync.Mutex
	status int    // 0: the connection breaks
	retry  string // Retry-After
	at     []time.Time
	ids    []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at, w.ids = append(w.at, time.Now()), append(w.ids, r.Header.Get(webhook.HeaderID))
	if w.status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	header := http.Header{}
	if w.retry != "" {
		header.Set("Retry-After", w.retry)
	}
	return &http.Response{StatusCode: w.status, Header: header, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func (w *wire) take() (at []time.Time, ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, ids, w.at, w.ids = w.at, w.ids, nil, nil
	return at, ids
}

func (w *wire) set(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = status
}

// ask has the answers carry Retry-After.
func (w *wire) ask(retry string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.retry = retry
}

// bubble runs f in synthetic time, with a hook whose requests a wire carries.
func bubble(t *testing.T, f func(t *testing.T, w *world, wire *wire, hook webhook.ID)) {
	t.Parallel()
	dir := storetest.Folder(t)
	synctest.Test(t, func(t *testing.T) {
		transport := &wire{}
		w := &world{t: t, dir: dir, log: new(lockedBuffer), transport: transport}
		w.change = func(c *webhook.Config) { c.FirstPause = time.Second }
		w.open()
		h := webhook.Hook{ID: webhook.ID{Account: "acme", Name: "crm"}, URL: "https://crm.example.com/", Secret: "a secret, but a long one",
			Events: []record.EventKind{webhook.All}}
		w.dispatch(h)
		f(t, w, transport, h.ID)
		w.shut()
	})
}

func TestRetriedForADayThenKeptAsDeadLetters(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, wire *wire, hook webhook.ID) {
		began := time.Now()
		id := w.run(1, 2)
		time.Sleep(23 * time.Hour)
		at, ids := wire.take()
		for i, id := range ids {
			if id != ids[0] {
				t.Errorf("%s was sent before the first has arrived", id)
			}
			if pause := at[i].Sub(at[max(i-1, 0)]); pause > 11*time.Minute {
				t.Errorf("attempt %d came %s after the one before", i+1, pause)
			}
		}
		if len(at) < 130 || len(at) > 250 || at[1].Sub(began) > 2*time.Second || at[2].Sub(at[1]) > 3*time.Second {
			t.Errorf("%d attempts in 23 hours, the first at %v", len(at), at[:5])
		}
		if dead, _, err := w.store.DeadLetters(t.Context(), hook, "", 10); err != nil || len(dead) != 0 {
			t.Errorf("before the day is over there are dead letters: %v, %v", dead, err)
		}
		time.Sleep(2 * time.Hour)
		dead, next, err := w.store.DeadLetters(t.Context(), hook, "", 2)
		must(t, err)
		if len(dead) != 2 || next == "" || dead[0].Seq != 3 || dead[0].Execution != id || dead[0].Reason != "connection reset by peer" ||
			dead[0].At.Sub(began) < 24*time.Hour || dead[0].At.Sub(began) > 25*time.Hour {
			t.Errorf("dead letters are %+v, then %q", dead, next)
		}
		rest, last, err := w.store.DeadLetters(t.Context(), hook, next, 2)
		if err != nil || len(rest) != 1 || last != "" || rest[0].Seq != 1 {
			t.Errorf("the rest of the dead letters is %+v, %q, %v", rest, last, err)
		}
		wire.take()
		time.Sleep(24 * time.Hour)
		if at, _ := wire.take(); len(at) != 0 {
			t.Errorf("dead letters are sent %d times", len(at))
		}
		if log := w.log.String(); !strings.Contains(log, "given up") || !strings.Contains(log, "webhook=crm") {
			t.Errorf("the log does not tell")
		}
		redelivered(t, w, wire, hook, dead[1].ID())
	})
}

// redelivered sends the one dead letter, then the other two.
func redelivered(t *testing.T, w *world, wire *wire, hook webhook.ID, id string) {
	if n, err := w.dispatcher.Redeliver(t.Context(), hook, id); n != 1 || err != nil {
		t.Errorf("Redeliver = %d, %v", n, err)
	}
	time.Sleep(10 * time.Hour) // another day begins: what fails again is not dead at once
	if dead, _, err := w.store.DeadLetters(t.Context(), hook, "", 10); err != nil || len(dead) != 2 {
		t.Errorf("%d dead letters are left, %v", len(dead), err)
	}
	wire.set(204)
	time.Sleep(15 * time.Minute)
	if _, ids := wire.take(); len(ids) == 0 || ids[len(ids)-1] != id {
		t.Errorf("what was sent again is %v", ids)
	}
	if n, err := w.dispatcher.Redeliver(t.Context(), hook, ""); n != 2 || err != nil {
		t.Errorf("Redeliver of all = %d, %v", n, err)
	}
	time.Sleep(time.Second)
	if _, ids := wire.take(); len(ids) != 2 || !strings.HasSuffix(ids[0], ".1") || !strings.HasSuffix(ids[1], ".3") {
		t.Errorf("all that was sent again is %v", ids)
	}
	for _, id := range []string{id, "x", "x.y", ".", id + "0"} {
		if _, err := w.dispatcher.Redeliver(t.Context(), hook, id); !errors.Is(err, webhook.ErrNoDeadLetter) {
			t.Errorf("Redeliver of %q says %v", id, err)
		}
	}
	if n, err := w.dispatcher.Redeliver(t.Context(), hook, ""); n != 0 || err != nil {
		t.Errorf("Redeliver of none = %d, %v", n, err)
	}
}

// A hook that takes nothing is asked once a minute, however much waits for it.
func TestHookThatIsDownIsAskedNowAndThen(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, wire *wire, hook webhook.ID) {
		for n := range 100 {
			w.run(n, 1)
		}
		time.Sleep(10 * time.Minute)
		wire.take()
		time.Sleep(time.Hour)
		if at, _ := wire.take(); len(at) < 60 || len(at) > 81 {
			t.Errorf("%d attempts in an hour, want one every 45 to 60 s", len(at))
		}
		wire.set(200)
		time.Sleep(time.Minute + time.Second)
		if _, ids := wire.take(); len(ids) != 200 {
			t.Errorf("%d were sent in the minute after it came back, want all 200", len(ids))
		}
	})
}

// What waited while the server was down for longer than a day is tried before
// it is given up.
func TestWhatWaitedWhileTheServerWasDownIsTried(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, wire *wire, hook webhook.ID) {
		w.run(1, 1)
		time.Sleep(time.Second)
		w.shut()
		time.Sleep(48 * time.Hour)
		w.open()
		wire.take()
		w.dispatch(webhook.Hook{ID: hook, URL: "https://crm.example.com/", Secret: "a secret, but a long one", Events: []record.EventKind{webhook.All}})
		time.Sleep(5 * time.Minute)
		if at, _ := wire.take(); len(at) < 5 {
			t.Errorf("%d attempts", len(at))
		}
		wire.set(200)
		time.Sleep(5 * time.Minute)
		if _, ids := wire.take(); len(ids) != 2 {
			t.Errorf("%v were sent when it was back", ids)
		}
	})
}

func TestWhatWaitsForAHookThatIsTakenAway(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, wire *wire, hook webhook.ID) {
		w.run(1, 1)
		w.close(time.Second)
		w.dispatch()
		dead, _, err := w.store.DeadLetters(t.Context(), hook, "", 10)
		if err != nil || len(dead) != 2 || !strings.Contains(dead[0].Reason, "no longer configured") {
			t.Errorf("dead letters are %+v, %v", dead, err)
		}
		for _, ask := range []interface {
			Redeliver(ctx context.Context, hook webhook.ID, id string) (int, error)
		}{w.dispatcher, w.store} {
			if _, err := ask.Redeliver(t.Context(), hook, ""); !errors.Is(err, webhook.ErrNoHook) {
				t.Errorf("Redeliver says %v", err)
			}
		}
		if _, _, err := w.dispatcher.DeadLetters(t.Context(), hook, "", 10); !errors.Is(err, webhook.ErrNoHook) {
			t.Errorf("Dead says %v", err)
		}
		if _, _, err := w.store.DeadLetters(t.Context(), hook, "bad", 10); !errors.Is(err, record.ErrBadCursor) {
			t.Errorf("a bad cursor says %v", err)
		}
	})
}

package api_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

func TestIdempotencyKey(t *testing.T) {
	const path = "/flows/installation-help/interactions"
	for name, blind := range map[string]bool{"one after the other": false, "at the same time": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.blind = blind
			send := func(path, client, body, key string) (int, string) {
				answer := w.do("POST", path, client, body, "Idempotency-Key", key)
				return answer.Code, answer.Body.String()
			}
			code, first := send(path, "starter", good, "k")
			if code != 202 {
				t.Fatalf("%d %s", code, first)
			}
			if code, body := send(path, "acceptance", good, "k"); code != 202 || body != first {
				t.Errorf("again: %d %s, want %s", code, body, first)
			}
			if code, body := send(path+"/", "starter", good, "k"); code != 202 || body != first {
				t.Errorf("again with a slash: %d %s, want %s", code, body, first)
			}
			for what, request := range map[string][3]string{
				"another body": {path, "{}", "k"},
				"another flow": {"/flows/0f3c9a52d1b84e6fa7c2583be9d01746/interactions", good, "k"},
			} {
				if code, body := send(request[0], "starter", request[1], request[2]); code != 409 || !strings.Contains(body, `"code":"0200019"`) {
					t.Errorf("%s: %d %s", what, code, body)
				}
			}
			if code, body := send(path, "starter", good, "l"); code != 202 || body == first {
				t.Errorf("another key: %d %s", code, body)
			}
			if code, _ := send(path, "stranger", good, "k"); code != 404 {
				t.Errorf("another account meets the key: %d", code)
			}
			if len(w.started) != 2 {
				t.Errorf("%d were started", len(w.started))
			}
		})
	}
	w := newWorld(t, nil)
	if answer := w.do("POST", path, "starter", good, "Idempotency-Key", strings.Repeat("x", 255)); answer.Code != 202 {
		t.Errorf("a key of 255: %d", answer.Code)
	}
	for _, key := range []string{"", strings.Repeat("x", 256)} {
		if answer := w.do("POST", path, "starter", good, "Idempotency-Key", key); answer.Code != 400 || !strings.Contains(answer.Body.String(), `"name":"Idempotency-Key"`) {
			t.Errorf("key %q: %d %s", key, answer.Code, answer.Body)
		}
	}
	for range 3 {
		w.do("POST", path, "starter", good)
	}
	if len(w.started) != 4 {
		t.Errorf("without a key %d were started, want 3 and one", len(w.started))
	}
}

// The first answer stands, whatever has happened to the flow or the service.
func TestRepeatedRequestIsAnsweredWhileNothingStarts(t *testing.T) {
	const path = "/flows/installation-help/interactions"
	w := newWorld(t, nil)
	first := w.do("POST", path, "starter", good, "Idempotency-Key", "k")
	for _, err := range []error{record.ErrNotPublished, flowengine.ErrDraining, record.ErrUnavailable} {
		w.startErr = err
		if answer := w.do("POST", path, "starter", good, "Idempotency-Key", "k"); answer.Code != 202 || answer.Body.String() != first.Body.String() {
			t.Errorf("%v: %d %s", err, answer.Code, answer.Body)
		}
	}
}

// A repeat starts nothing and uses up no rate: it gets its answer also when the
// rate is used up, and so do all of many at the same time.
func TestRepeatsUseUpNoRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const path = "/flows/installation-help/interactions"
		w := newWorld(t, func(c *api.Config) {
			c.Rate = func(string) api.Rate { return api.Rate{PerSecond: 2} }
		})
		answers := make(chan string)
		for range 50 {
			go func() {
				answer := w.do("POST", path, "starter", good, "Idempotency-Key", "k")
				answers <- fmt.Sprint(answer.Code, answer.Header().Get("RateLimit-Remaining"), answer.Body.String())
			}()
		}
		first := <-answers
		for range 49 {
			if next := <-answers; next != first {
				t.Errorf("of simultaneous ones: %s, want %s", next, first)
			}
		}
		if !strings.HasPrefix(first, "2021") || len(w.started) != 1 {
			t.Errorf("%s, and %d were started", first, len(w.started))
		}
		if answer := w.do("POST", path, "starter", good); answer.Code != 202 {
			t.Errorf("the other one that the rate has: %d", answer.Code)
		}
		for _, c := range []struct {
			key, body string
			want      int
		}{{"k", good, 202}, {"l", good, 429}, {"k", "{}", 409}, {"k", good, 202}} {
			if answer := w.do("POST", path, "starter", c.body, "Idempotency-Key", c.key); answer.Code != c.want || answer.Header().Get("RateLimit-Remaining") != "0" {
				t.Errorf("with nothing left, %+v: %d, %s remaining", c, answer.Code, answer.Header().Get("RateLimit-Remaining"))
			}
		}
		if len(w.started) != 2 {
			t.Errorf("%d were started, want 2", len(w.started))
		}
	})
}

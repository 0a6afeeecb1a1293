package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/internal/sim"
)

const webhookSecret = "nobody shall read this in a log"

// receipt is what a webhook's server was told.
type receipt struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Sequence  int    `json:"sequence"`
	Execution string `json:"flow_execution_id"`
}

// listener is the server behind a webhook of the world.
type listener struct {
	mu   sync.Mutex
	shut bool // 503 to everything
	came int
	got  []receipt
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.came++
	var e receipt
	if l.shut || json.NewDecoder(r.Body).Decode(&e) != nil || r.Header.Get("Ringflow-Signature") == "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	l.got = append(l.got, e)
}

func (l *listener) set(shut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = shut
}

func (l *listener) take() []receipt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]receipt{}, l.got...)
}

// listen adds a webhook to the configuration and serves what it posts to.
func (w *world) listen(config string) *listener {
	w.t.Helper()
	at, err := net.Listen("tcp", w.at(9000).String())
	if err != nil {
		w.t.Fatal(err)
	}
	l := &listener{}
	server := &httptest.Server{Listener: at, Config: &http.Server{Handler: l}}
	server.Start()
	w.t.Cleanup(server.Close)
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "    webhooks:\n      - {name: crm, url: %q, private: true, events: [all], secret: %q}\n", server.URL+"/calls", webhookSecret); err != nil {
		w.t.Fatal(err)
	}
	return l
}

// TestWebhooksSurviveACrash: what a webhook did not take before kill -9 it gets
// after the restart, in order and to the last event.
func TestWebhooksSurviveACrash(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { carrier.Close() })
	config := w.config(trunk{}, 5*time.Second)
	l := w.listen(config)
	l.set(true)
	server := w.serve(config)
	id := server.mustStart("hangup", map[string]string{"contact_1": customer})
	server.outcome(id, 30*time.Second)
	within(t, 10*time.Second, "the webhook is tried", func() string {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.came == 0 {
			return "nothing came"
		}
		return ""
	})
	server.crash()
	if got := l.take(); len(got) != 0 {
		t.Fatalf("taken before the crash: %+v", got)
	}
	before, err := os.ReadFile(server.log)
	if err != nil {
		t.Fatal(err)
	}

	l.set(false)
	server = w.serve(config)
	within(t, 20*time.Second, "the call before the crash is told to its end", func() string {
		if got := l.take(); len(got) == 0 || got[len(got)-1].Type != "execution_ended" {
			return fmt.Sprint(got)
		}
		return ""
	})
	second := server.mustStart("hangup", map[string]string{"contact_1": customer})
	server.outcome(second, 30*time.Second)
	server.stop() // sends what is due
	last, ends := map[string]int{}, map[string]int{}
	for _, e := range l.take() {
		if e.Sequence != last[e.Execution]+1 {
			t.Errorf("%s: %d came after %d", e.Execution, e.Sequence, last[e.Execution])
		}
		last[e.Execution] = e.Sequence
		ends[e.Execution+e.Type]++
	}
	for _, h := range w.histories(id, second) {
		x := string(h.ID)
		if last[x] != len(h.Events) || ends[x+"leg_ended"] != 1 || ends[x+"execution_ended"] != 1 {
			t.Errorf("%s: told %d of %d events, with %d ends of legs and %d of the execution",
				x, last[x], len(h.Events), ends[x+"leg_ended"], ends[x+"execution_ended"])
		}
	}
	after, err := os.ReadFile(server.log)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(before)+string(after), webhookSecret) {
		t.Error("the secret stands in the log")
	}
}

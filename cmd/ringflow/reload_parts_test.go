package main_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/internal/sim"
)

// asks is a flow that asks a service and then hangs up.
const asks = `name: Asks
trigger: {component: api_request}
start: ask
steps:
  ask: {component: execute_action, with: {connection: crm, method: GET, path: /calls}, exits: {ok: hang_up}}
  hang_up: {component: end_flow}
`

// TestReloadOfTrunksConnectionsAndWebhooks: what calls go over and whom flows and
// events reach changes under a running server, for what comes later; whatever else
// differs is named, key by key.
func TestReloadOfTrunksConnectionsAndWebhooks(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	carrierAt := func(port uint16) *sim.Carrier {
		c, err := sim.Start(sim.Config{Addr: w.at(port), PortMin: port + 10_000, PortMax: port + 10_100, Phones: map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Busy()}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	first, second := carrierAt(trunkPort), carrierAt(trunkPort+100)
	config := w.config(trunk{}, 5*time.Second)
	before, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	server := w.serve(config)
	talking := server.mustStart("play", map[string]string{"contact_1": customer})
	within(t, 10*time.Second, "somebody talks", func() string {
		if x, err := server.execution(talking); err != nil || len(x.Steps) < 3 {
			return fmt.Sprint(x, err)
		}
		return ""
	})

	came := make(chan string, 100)
	at, err := net.Listen("tcp", w.at(9000).String())
	if err != nil {
		t.Fatal(err)
	}
	service := &httptest.Server{Listener: at, Config: &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		came <- r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + r.Header.Get("Ringflow-Webhook")
	})}}
	service.Start()
	t.Cleanup(service.Close)
	rewrite := func(more string, pairs ...string) {
		t.Helper()
		w.write("ringflow.yaml", []byte(strings.NewReplacer(pairs...).Replace(string(before))+more))
	}
	parts := fmt.Sprintf("    connections: [{name: crm, base: %q, private: true, auth: {kind: bearer, secret_file: token}}]\n"+
		"    webhooks: [{name: ear, url: %q, private: true, events: [execution_ended], secret: %q}]\n", service.URL, service.URL+"/told", webhookSecret)
	w.write("token", []byte("one\n"))
	ask := func() string {
		t.Helper()
		if x := server.outcome(server.mustStart("asks", nil), 20*time.Second); x.Status != "finished" {
			t.Errorf("the flow that asks is %+v", x)
		}
		return <-came
	}

	// Wrong in one part: nothing of any is taken over.
	rewrite(strings.Replace(parts, "kind: bearer", "kind: berrer", 1), "name: carrier", "name: other", w.at(trunkPort).String(), w.at(trunkPort+100).String())
	server.reload("nothing was reloaded")
	if x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": agent}), 20*time.Second); x.step(t, "call_contact").SIP.Trunk != "carrier" {
		t.Errorf("after a reload that was refused: %+v", x)
	}

	w.write("flows/asks.yaml", []byte(asks))
	rewrite(parts, "name: carrier", "name: other", w.at(trunkPort).String(), w.at(trunkPort+100).String(), "http:\n", "http:\n  max_body: 70000\n", "drain: 5s", "drain: 6s",
		"rate_limit: 0", "rate_limit: 0\n    private_addresses: true", "ports: 20000-21999", "ports: 20000-21997")
	server.reload("msg=reloaded")
	var waits []string
	for line := range strings.Lines(server.tail()) {
		if _, key, found := strings.Cut(line, `msg="a change waits for a restart" key=`); found {
			waits = append(waits, strings.TrimSpace(key))
		}
	}
	if want := []string{"accounts[acme].private_addresses", "http.max_body", "rtp.ports"}; !slices.Equal(waits, want) {
		t.Errorf("the log says that %q wait for a restart, want %q", waits, want)
	}
	calls := len(first.Calls())
	x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": agent}), 20*time.Second)
	if s := x.step(t, "call_contact").SIP; s.Trunk != "other" || s.Code != 486 || len(first.Calls()) != calls || len(second.Calls()) != 1 {
		t.Errorf("after the reload the call went over %s, %d and %d INVITEs", s.Trunk, len(first.Calls())-calls, len(second.Calls()))
	}
	if request := <-came; request != "POST /told ear" {
		t.Errorf("the webhook that came was told %q", request)
	}
	if got := ask(); got != "GET /calls Bearer one" {
		t.Errorf("over the connection that came: %q", got)
	}
	<-came // the webhook's

	// A secret's file alone changes; then everything is as it was.
	w.write("token", []byte("two\n"))
	server.reload("msg=reloaded")
	if got := ask(); got != "GET /calls Bearer two" {
		t.Errorf("with the new token: %q", got)
	}
	<-came
	if x, err := server.execution(talking); err != nil || x.Status != "running" {
		t.Errorf("the call that went on is %+v, %v", x, err)
	}
	if err := os.Remove(w.path("flows/asks.yaml")); err != nil {
		t.Fatal(err)
	}
	w.write("ringflow.yaml", before)
	server.reload("msg=reloaded")
	if x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": agent}), 20*time.Second); x.step(t, "call_contact").SIP.Trunk != "carrier" {
		t.Errorf("with the trunk from before: %+v", x)
	}
	if x := server.outcome(server.mustStart("asks", nil), 20*time.Second); x.Status != "failed" {
		t.Errorf("over a connection that is gone: %+v", x)
	}
	if _, err := server.api.CancelExecution(t.Context(), talking); err != nil {
		t.Error(err)
	}
	server.stop()
	if len(came) > 0 {
		t.Errorf("a webhook that is gone was told %s", <-came)
	}
}

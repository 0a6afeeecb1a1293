package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow.test/apitest"
)

// keyed is a phone that sends sound before it answers, and then presses a key.
const keyed = "+12025550155"

// mute is a phone from which nothing comes.
const mute = "+12025550156"

// earPort is where the webhook of the account told listens.
const earPort = 9001

// menu asks for a digit and connects an agent.
const menu = `name: Menu
trigger: {component: api_request, arguments: [{name: contact_1, variable: contact_1}, {name: contact_2, variable: contact_2}]}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "+12025550103", to: "%{current_flow.contact_1}"}
    exits: {answered: ask, invalid_number: hang_up, busy: hang_up, no_answer: hang_up}
  ask: {component: input_ivr, with: {prompt: {file: one-moment.wav}, num_digits: 1, timeout_seconds: 4}, exits: {ok: agent, timeout: hang_up}}
  agent: {component: forward_to_external_number, with: {to: "%{current_flow.contact_2}"}, exits: {no_answer: hang_up, invalid_number: hang_up}}
  hang_up: {component: end_flow}
`

// ear is a webhook's receiver that holds every request to the document.
type ear struct {
	t        *testing.T
	document *apitest.Contract

	mu        sync.Mutex
	came      int
	validated map[string]int // by type
}

func (e *ear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.came++; e.came%16 == 2 { // what the document calls not arrived comes again
		w.WriteHeader([]int{400, 503, 302}[e.came/16%3])
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		e.t.Error(err)
	}
	_, kind, _ := strings.Cut(string(body), `"type":"`)
	kind, _, _ = strings.Cut(kind, `"`)
	if err := e.document.CheckWebhook(kind, r.Method, r.Header, body); err != nil {
		e.t.Errorf("a webhook request %s: %v", body, err)
	}
	e.validated[kind]++
	w.WriteHeader([]int{200, 204, 299}[e.came%3])
}

// webhooks has calls in which every kind of event happens, and holds what a
// webhook is told of them to the document.
func (c *contract) webhooks(t *testing.T) {
	at, err := net.Listen("tcp", c.w.at(earPort).String())
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{t: t, document: c.document, validated: make(map[string]int)}
	receiver := &httptest.Server{Listener: at, Config: &http.Server{Handler: e}}
	receiver.Start()
	defer receiver.Close()

	do := func(method, path, body string) {
		t.Helper()
		r, err := http.NewRequest(method, c.server.base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.token("told", "flows-interactions:start flows:write"))
		res, err := c.server.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if text, _ := io.ReadAll(res.Body); res.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
		}
	}
	do("PUT", "/v1/flows/menu/draft", menu)
	do("POST", "/v1/flows/menu/publish", "")
	do("POST", "/flows/menu/interactions", fmt.Sprintf(`{"contact_1": %q, "contact_2": %q}`, keyed, agent))
	for range 2 { // with the two legs of the first, one more than there are channels
		do("POST", "/flows/menu/interactions", fmt.Sprintf(`{"contact_1": %q, "contact_2": "nobody"}`, customer))
	}
	do("POST", "/flows/menu/interactions", `{"contact_1": "nobody"}`)
	do("POST", "/flows/menu/interactions", fmt.Sprintf(`{"contact_1": %q, "contact_2": "nobody"}`, mute))
	within(t, 60*time.Second, "the webhook is told of five executions to their ends", func() string {
		e.mu.Lock()
		defer e.mu.Unlock()
		if n := e.validated["execution_ended"]; n < 5 {
			return fmt.Sprint(e.validated)
		}
		return ""
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	for kind := range c.document.Webhooks {
		if e.validated[kind] == 0 {
			t.Errorf("the webhook was never told of %s: %v", kind, e.validated)
		}
	}
}

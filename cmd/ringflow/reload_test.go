package main_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// TestReload: SIGHUP takes over flows, prompts, clients and limits while a call
// goes on, says what waits for a restart, and is refused whole if anything is
// wrong.
func TestReload(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	config := w.config(trunk{}, 20*time.Second)
	server := w.serve(config)
	w.phone(audioPort)
	far := w.play("answers-expects-bye", performance{calls: 1})
	talking := w.inProgress(server, "play", 1)[0]

	before, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	rewrite := func(pairs ...string) {
		t.Helper()
		w.write("ringflow.yaml", []byte(strings.NewReplacer(pairs...).Replace(string(before))))
	}
	hangup, err := os.ReadFile(w.path("flows/hangup.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	version := func(flow string) int {
		t.Helper()
		versions, err := server.api.FlowVersions(t.Context(), flow, api.PageParams{})
		if err != nil {
			t.Fatalf("versions of %s: %v", flow, err)
		}
		return len(versions.Items)
	}

	// One that is wrong changes nothing, also not what is right in it.
	w.write("flows/added.yaml", hangup)
	w.write("flows/broken.yaml", []byte(strings.Replace(string(hangup), "make_outbound_call", "make_inbound_call", 1)))
	rewrite("rate_limit: 0", "rate_limit: 1e-9", "acceptance-secret", "another-secret")
	server.reload("nothing was reloaded")
	if log := server.tail(); !strings.Contains(log, "broken.yaml") || !strings.Contains(log, "make_inbound_call") {
		t.Error("the log does not say what is wrong")
	}
	if _, err := server.api.FlowVersions(t.Context(), "added", api.PageParams{}); refusal(err) != http.StatusNotFound {
		t.Errorf("a flow beside one that is wrong: %v", err)
	}
	if _, err := server.start("hangup", map[string]string{"contact_1": "nobody"}); err != nil {
		t.Errorf("with the limit as it was: %v", err)
	}

	// What is right is taken over; what was pushed over the API stands where nobody
	// touched the file.
	if err := os.Remove(w.path("flows/broken.yaml")); err != nil {
		t.Fatal(err)
	}
	w.write("prompts/more.wav", wav(tone(regretHz, time.Second)))
	w.write("flows/speaks.yaml", []byte(strings.NewReplacer(
		"answered: hang_up, invalid", "answered: say, invalid",
		"  hang_up: {component", "  say: {component: play_audio, with: {file: more.wav}, exits: {ok: hang_up}}\n  hang_up: {component",
	).Replace(string(hangup))))
	w.write("flows/hangup.yaml", append(hangup, "# touched\n"...))
	rewrite("acceptance-secret", "another-secret", "rate_limit: 0", "rate_limit: 0\n    event_streams: 1\n    private_addresses: true", "drain: 20s", "drain: 19s")
	server.reload("msg=reloaded")
	if log := server.tail(); !strings.Contains(log, `msg="a change waits for a restart" key=accounts[acme].private_addresses`) || strings.Contains(log, "key=drain") {
		t.Error("the log does not say that private_addresses alone waits for a restart")
	}
	if _, err := server.api.Flows(t.Context(), api.PageParams{}); err != nil {
		t.Errorf("a token that was issued before: %v", err)
	}
	fresh := func(secret string) error {
		c, err := api.New(api.Config{Server: server.base, ID: "acceptance", Secret: secret, HTTP: server.http})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Flows(t.Context(), api.PageParams{})
		return err
	}
	if err := fresh("acceptance-secret"); refusal(err) != http.StatusUnauthorized {
		t.Errorf("the secret from before: %v", err)
	}
	if err := fresh("another-secret"); err != nil {
		t.Errorf("the new secret: %v", err)
	}
	for flow, want := range map[string]int{"added": 1, "speaks": 1, "hangup": 2, "play": 1} {
		if n := version(flow); n != want {
			t.Errorf("flow %s has %d versions, want %d", flow, n, want)
		}
	}
	if _, err := server.start("added", map[string]string{"contact_1": "nobody"}); err != nil {
		t.Errorf("the new flow does not start: %v", err)
	}

	// What a published flow uses and the configuration takes away is told, once.
	rewrite("acceptance-secret", "another-secret", `numbers: ["`+ownNumber+`"]`, `numbers: ["`+ownNumber+`", "+12025550177"]`)
	server.reload("msg=reloaded")
	borrowed := strings.NewReplacer(ownNumber, "+12025550177", `"%{current_flow.contact_1}"`, customer).Replace(string(hangup))
	if _, err := server.api.PutFlowDraft(t.Context(), "borrowed", []byte(borrowed)); err != nil {
		t.Fatal(err)
	}
	if _, err := server.api.PublishFlow(t.Context(), "borrowed"); err != nil {
		t.Fatal(err)
	}
	const unfit = "a published flow relies on what its account does not have"
	if strings.Contains(server.tail(), unfit) {
		t.Error("the log warns of a flow that has all it needs")
	}
	rewrite("acceptance-secret", "another-secret", "\"+1\"", "\"+44\"")
	server.reload("msg=reloaded")
	for _, what := range []string{"borrowed:11: error: step call_contact: with.from: +12025550177 is no number of the account", "no allowed prefix or country matches " + customer} {
		if log := tail(server.log, 1<<20); !strings.Contains(log, unfit) || strings.Count(log, what) != 1 {
			t.Errorf("the log does not say once: %s", what)
		}
	}
	server.reload("msg=reloaded")
	if n := strings.Count(tail(server.log, 1<<20), unfit); n != 2 {
		t.Errorf("what is known is told again: %d warnings", n)
	}
	rewrite("acceptance-secret", "another-secret")
	server.reload("msg=reloaded")

	// A client that is gone has no token any more.
	rewrite("id: acceptance", "id: successor")
	server.reload("msg=reloaded")
	if _, err := server.api.Flows(t.Context(), api.PageParams{}); refusal(err) != http.StatusUnauthorized {
		t.Errorf("a client that is gone: %v", err)
	}
	w.write("ringflow.yaml", before)
	server.reload("msg=reloaded")
	if x, err := server.execution(talking); err != nil || x.Status != "running" || x.step(t, "call_contact").Exit != "answered" || len(x.Steps) != 3 {
		t.Errorf("the call that went on is %+v, %v", x, err)
	}
	if _, err := server.api.CancelExecution(t.Context(), talking); err != nil {
		t.Error(err)
	}
	far.satisfied(5 * time.Second)

	server.stop()
}

// reload sends SIGHUP and waits until the log has one more line that says so.
func (s *Server) reload(says string) {
	s.w.t.Helper()
	count := func() int { return strings.Count(tail(s.log, 1<<20), says) }
	before := count()
	s.signal(syscall.SIGHUP)
	within(s.w.t, 20*time.Second, says, func() string {
		if count() == before {
			return "not yet"
		}
		return ""
	})
}

// refusal is the status with which the server refused, 0 if it did not.
func refusal(err error) int {
	var refused *api.Refusal
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

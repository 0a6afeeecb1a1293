package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	api "ringflow/internal/client"
	"ringflow/internal/secret"
	"ringflow/internal/webhook"
)

// Secrets that are kept over the API, and must stay between it, the disk's seal
// and the services.
const (
	firstSecret  = "first-s3cret-of-the-shop"
	secondSecret = "second-s3cret-of-the-shop"
	hookSecret   = "s3cret-that-signs-by-name"
)

// resources is a world whose account keeps what it needs over the API.
type resources struct {
	*world
	config string
	server *Server
	s      *visitor
}

func newResources(t *testing.T) *resources {
	w := newWorld(t)
	path := w.config(trunk{}, 5*time.Second)
	config, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config = bytes.Replace(config, []byte("flows:write]"), []byte(`flows:write, "flow-resources:write"]`), 1)
	config = bytes.Replace(config, []byte("    rate_limit: 0\n"), []byte("    rate_limit: 0\n    private_addresses: true\n"), 1)
	k := &resources{world: w, config: w.write("ringflow.yaml", config)}
	k.open()
	return k
}

func (k *resources) open() {
	k.t.Helper()
	k.server = k.serve(k.config)
	k.s = &visitor{t: k.t, base: "http://" + k.at(httpPort).String(), tokens: map[string]string{}}
}

// must sends a request that has to be answered with a status.
func (k *resources) must(status, method, path, body string) string {
	k.t.Helper()
	got := k.s.asOwner(method, path, body)
	if !strings.HasPrefix(got, status) {
		k.t.Fatalf("%s %s: %s, want %s", method, path, got, status)
	}
	return got
}

// publish publishes a flow.
func (k *resources) publish(id, flow string) {
	k.t.Helper()
	k.must("200", "PUT", "/v1/flows/"+id+"/draft", flow)
	k.must("200", "POST", "/v1/flows/"+id+"/publish", "")
}

// run runs a flow to its end.
func (k *resources) run(flow string) execution {
	k.t.Helper()
	return k.server.outcome(k.server.mustStart(flow, nil), 20*time.Second)
}

const asking = `name: Ask
trigger: {component: api_request}
start: ask
steps:
  ask:
    component: execute_action
    with: {connection: shop, path: /due, outputs: [{name: days, path: $.days}]}
    set: {days: days}
    exits: {ok: add, execution_error: end}
  add:
    component: run_function
    with: {function: later, inputs: [{name: days, value: "%{current_flow.days}"}], outputs: [{name: sum}]}
    set: {sum: sum}
    exits: {ok: end, execution_error: end}
  end: {component: end_flow}
`

// What is kept over the API works from the answer on, without a restart and
// after one, whatever ended the server; and no secret is told to anybody.
func TestResourcesWorkAtOnce(t *testing.T) {
	besideOthers(t)
	var mu sync.Mutex
	var asked []string
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Header.Get("Authorization"))
		mu.Unlock()
		fmt.Fprint(w, `{"days": 3}`)
	}))
	t.Cleanup(shop.Close)
	k := newResources(t)
	if got := k.s.asOwner("PUT", "/v1/flows/ask/draft", asking); !strings.Contains(got, `the account has no connection \"shop\"`) || !strings.Contains(got, `the account has no function \"later\"`) {
		t.Errorf("before there is anything: %s", got)
	}
	k.must("201", "PUT", "/v1/secrets/token", `{"value":"`+firstSecret+`"}`)
	connection := `{"base":"` + shop.URL + `","private":true,"auth":{"kind":"bearer","secret_name":"token"}}`
	k.must("201", "PUT", "/v1/connections/shop", connection)
	k.must("201", "PUT", "/v1/functions/later", `{"inputs":[{"name":"days","type":"integer"}],"outputs":[{"name":"sum","type":"integer"}],"body":"return {sum: args.days + 1}"}`)
	k.publish("ask", asking)
	check := func(sum, secret string) {
		t.Helper()
		x := k.run("ask")
		mu.Lock()
		defer mu.Unlock()
		if x.Variables["sum"] != sum || asked[len(asked)-1] != "Bearer "+secret {
			t.Errorf("it ends %s with %v, and the shop was asked with %q", x.Status, x.Variables, asked)
		}
	}
	check("4", firstSecret)
	k.must("200", "PUT", "/v1/secrets/token", `{"value":"`+secondSecret+`"}`)
	check("4", secondSecret)
	k.must("200", "PUT", "/v1/functions/later", `{"inputs":[{"name":"days","type":"integer"}],"outputs":[{"name":"sum","type":"integer"}],"body":"return {sum: args.days + 2}"}`)
	check("5", secondSecret)

	for _, path := range []string{"connections/shop", "functions/later", "secrets/token"} {
		if got := k.must("409", "DELETE", "/v1/"+path, ""); !strings.Contains(got, "flows/ask") && !strings.Contains(got, "connections/shop") {
			t.Errorf("%s: %s", path, got)
		}
	}
	k.server.crash()
	k.open()
	check("5", secondSecret)
	all := k.reads()
	k.server.stop()
	k.open()
	check("5", secondSecret)
	for _, secret := range []string{firstSecret, secondSecret} {
		if strings.Contains(all, secret) {
			t.Errorf("the API shows %s:\n%s", secret, all)
		}
	}
	k.server.crash() // what is not in the database yet is in the log beside it
	k.keepsSecret(firstSecret, secondSecret)
	k.open()
}

// reads returns the answers to all requests that read, those of an execution
// included.
func (k *resources) reads() string {
	k.t.Helper()
	var all strings.Builder
	list := k.s.asOwner("GET", "/v1/executions", "")
	id := strings.Split(strings.Split(list, `"flow_execution_id":"`)[1], `"`)[0]
	names := strings.NewReplacer("{flow_execution_id}", id, "{flow_id}", "ask", "{connection}", "shop", "{secret}", "token", "{function}", "later", "{webhook}", "crm")
	for _, r := range k.s.routes() {
		if r[0] == "GET" && r[1] != "/v1/events" && r[1] != "/v1/flows/{flow_id}/events" {
			all.WriteString(k.s.asOwner("GET", names.Replace(r[1]), ""))
		}
	}
	return all.String()
}

// A webhook that is made over the API is told what comes after, signed with the
// secret that was shown once, by two of them while they change, and nothing once
// it is deleted.
func TestWebhooksOverTheAPI(t *testing.T) {
	besideOthers(t)
	type letter struct {
		signature string
		body      []byte
	}
	var mu sync.Mutex
	var got []letter
	crm := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, letter{r.Header.Get(webhook.HeaderSignature), body})
	}))
	t.Cleanup(crm.Close)
	take := func() (out []letter) {
		mu.Lock()
		defer mu.Unlock()
		out, got = got, nil
		return out
	}
	k := newResources(t)
	k.publish("nothing", "name: N\ntrigger: {component: api_request}\nstart: end\nsteps:\n  end: {component: end_flow}\n")
	k.run("nothing")
	settings := `{"url":"` + crm.URL + `/in?key=hidden-in-the-query","private":true,"events":["execution_ended"]}`
	made := secretIn(t, k.must("201", "PUT", "/v1/webhooks/crm", settings))
	// signedBy runs the flow and holds that its end is told, signed by these alone.
	// What was told just before a crash may be told again after it: that is of
	// another execution.
	signedBy := func(secrets ...string) {
		t.Helper()
		x := k.run("nothing")
		var letters []letter
		within(t, 10*time.Second, "the end is told", func() string {
			for _, l := range take() {
				if bytes.Contains(l.body, []byte(x.ID)) {
					letters = append(letters, l)
				}
			}
			if len(letters) == 0 {
				return "nothing came"
			}
			return ""
		})
		var ids, want []string
		for part := range strings.SplitSeq(letters[0].signature, ",") {
			if id, _, _ := strings.Cut(part, "="); id != "t" {
				ids = append(ids, id)
			}
		}
		for _, s := range secrets {
			want = append(want, webhook.KeyID(secret.Secret(s)))
		}
		if len(letters) != 1 || !slices.Equal(ids, want) {
			t.Errorf("told %d times, signed by %q, want %q", len(letters), ids, want)
		}
	}
	signedBy(made)
	if again := k.must("200", "PUT", "/v1/webhooks/crm", settings); strings.Contains(again, "whsec_") || strings.Contains(k.must("200", "GET", "/v1/webhooks/crm", ""), "whsec_") {
		t.Error("the secret is shown again")
	}
	rotated := secretIn(t, k.must("200", "POST", "/v1/webhooks/crm/rotate", ""))
	signedBy(rotated, made)
	k.server.crash()
	k.open()
	signedBy(rotated, made)
	k.must("200", "DELETE", "/v1/webhooks/crm/previous_secret", "")
	signedBy(rotated)
	k.must("201", "PUT", "/v1/secrets/signer", `{"value":"`+hookSecret+`"}`)
	k.must("200", "PUT", "/v1/webhooks/crm", strings.Replace(settings, `{`, `{"secret_name":"signer",`, 1))
	signedBy(hookSecret, rotated)
	k.must("200", "DELETE", "/v1/webhooks/crm/previous_secret", "")
	signedBy(hookSecret)
	k.must("409", "POST", "/v1/webhooks/crm/rotate", "")
	k.must("409", "DELETE", "/v1/secrets/signer", "")

	k.must("204", "DELETE", "/v1/webhooks/crm", "")
	k.run("nothing")
	k.server.stop() // which would send what is due
	if letters := take(); len(letters) != 0 {
		t.Errorf("after it was deleted it is told %q", letters)
	}
	k.keepsSecret(made, rotated, hookSecret, "hidden-in-the-query")
	k.open()
}

// secretIn returns the secret that an answer shows.
func secretIn(t *testing.T, answer string) string {
	t.Helper()
	var shown api.Webhook
	if err := json.Unmarshal([]byte(answer[strings.Index(answer, "{"):]), &shown); err != nil || shown.Secret == "" {
		t.Fatalf("no secret in %s: %v", answer, err)
	}
	return shown.Secret
}

// Without its key a database is not opened: the start says which file it wants,
// and how to go on without it.
func TestTheSecretsKey(t *testing.T) {
	besideOthers(t)
	k := newResources(t)
	k.must("201", "PUT", "/v1/secrets/token", `{"value":"`+firstSecret+`"}`)
	k.server.stop()
	path := filepath.Join(k.data, "secrets.key")
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)) + "\n"
	for name, c := range map[string]struct {
		key  string
		want string
	}{
		"none":    {"", "secrets.key does not exist: put back the file"},
		"another": {other, "secrets.key does not hold the key that sealed it: put back the file that belongs to this database; if it is lost for good, `ringflow secret discard`"},
		"garbage": {"garbage\n", "secrets.key:1: the line is no key: 32 random bytes in base64"},
	} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if c.key != "" {
			k.writeKey(path, c.key)
		}
		output, err := exec.Command(k.program, "serve", "--config", k.config, "--data", k.data).CombinedOutput()
		if err == nil || !strings.Contains(string(output), c.want) {
			t.Errorf("%s: %v, %s", name, err, output)
		}
		k.writeKey(path, string(key))
	}
	// A new line on top seals from then on, and the old one may go.
	k.writeKey(path, other+string(key))
	k.open()
	k.must("200", "GET", "/v1/secrets/token", "")
	k.server.stop()
	k.writeKey(path, other)
	k.open()
	k.must("200", "GET", "/v1/secrets/token", "")
	k.server.stop()

	k.writeKey(path, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32))+"\n")
	output, err := exec.Command(k.program, "secret", "discard", "--config", k.config, "--data", k.data).CombinedOutput()
	if err != nil || !strings.Contains(string(output), "acme: secret token: removed") {
		t.Errorf("discard: %v, %s", err, output)
	}
	k.open()
	k.must("404", "GET", "/v1/secrets/token", "")
	k.must("201", "PUT", "/v1/secrets/token", `{"value":"`+secondSecret+`"}`)
}

func (k *resources) writeKey(path, text string) {
	k.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

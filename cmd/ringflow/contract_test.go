package main_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow.test/apitest"
	"ringflow/internal/auth"
	"ringflow/internal/sim"
)

var (
	contractFor  = flag.Duration("contract", 0, "go on with made-up requests for so long")
	contractSeed = flag.Uint64("contract-seed", 1, "where made-up requests begin")
)

// contract is a server in which something of everything is there, with the
// document that it serves. Every response is checked by that document.
type contract struct {
	t        *testing.T
	w        *world
	server   *Server
	document *apitest.Contract
	maker    *apitest.Maker
	carrier  *sim.Carrier

	mu     sync.Mutex
	vars   map[string]string // of the examples, as kept
	seen   map[string]bool   // operation and status
	tokens map[string]string
}

// TestContract holds the document and the server to each other. First the
// requests of the manual are sent, to the letter, and answered as the manual
// says; then every documented status is provoked, and beside that a webhook is told of
// calls, as the document describes it; then requests made up from the document, good and
// bad, must get what it promises and never a fault of ours.
func TestContract(t *testing.T) {
	besideOthersFirst(t)
	c := newContract(t)
	t.Run("examples", c.examples)
	together(t, 2, []outsider{{"statuses", c.statuses}, {"webhooks", c.webhooks}})
	t.Run("requests", c.requests)
	t.Run("coverage", c.coverage)
}

func newContract(t *testing.T) *contract {
	t.Helper()
	w := newWorld(t)
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30400, Phones: map[string]sim.Behaviour{
		customer: sim.Answers().After(50 * time.Millisecond),
		agent:    sim.Answers(sim.Pause(300*time.Millisecond), sim.HangUp()),
		mute:     {Final: sim.FinalResponse{Code: 200}, Mute: true},
		keyed:    {Early: tone(440, time.Second), RingTime: 200 * time.Millisecond, Final: sim.FinalResponse{Code: 200}, Script: []sim.Action{sim.Pause(500 * time.Millisecond), sim.SendDigits("1")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { carrier.Close() })
	c := &contract{t: t, w: w, carrier: carrier, maker: apitest.NewMaker(*contractSeed), seen: make(map[string]bool), tokens: make(map[string]string)}
	c.server = w.serve(c.config())
	res, err := c.server.http.Get(c.server.base + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if c.document, err = apitest.Open(text); err != nil {
		t.Fatal(err)
	}
	return c
}

// config is a configuration with something of everything.
func (c *contract) config() string {
	w := c.w
	w.copyFiles("../../testdata/examples/flows/*.yaml", "flows")
	w.write("prompts/one-moment.wav", wav(tone(440, 300*time.Millisecond)))
	w.write("prompts/questions.wav", wav(tone(440, 30*time.Second)))
	w.write("hello.wav", wav(tone(440, 500*time.Millisecond)))
	w.write("goodbye.wav", wav(tone(330, 500*time.Millisecond)))
	w.write("reminder.yaml", []byte("name: Reminder\ntrigger: {component: api_request, arguments: [{name: contact_1, variable: contact_1}]}\nstart: call\nsteps:\n"+
		"  call:\n    component: make_outbound_call\n    with: {from: \"+12025550100\", to: \"%{current_flow.contact_1}\"}\n"+
		"    exits: {answered: speak, invalid_number: hang_up, busy: hang_up, no_answer: hang_up}\n    on_error: default\n"+
		"  speak: {component: play_audio, with: {file: hello.wav}, exits: {ok: hang_up}}\n  hang_up: {component: end_flow}\n"))
	scopes := strings.Join(auth.Scopes(), ", ")
	return w.write("ringflow.yaml", fmt.Appendf(nil, `http: {listen: %q}
sip: {listen: %q}
rtp: {bind: %s, ports: 20000-21999}
drain: 1s
accounts:
  - name: acme
    rate_limit: 500
    clients: [{id: shop, secret: change-me, scopes: [%s]}]
    numbers: [%q, "+12025550101"]
    destinations: {allow: ["+1"]}
    trunks: [{name: carrier, targets: [%q], channels: 200}]
    webhooks: [{name: crm, url: "https://crm.example.com/calls", events: [execution_ended], secret: %q}]
    connections: [{name: billing, base: "https://billing.example.com"}]
    flows: flows
    prompts: prompts
  - name: other
    rate_limit: 1
    clients: [{id: stranger, secret: change-me, scopes: [%s]}]
    numbers: ["+12025550102"]
    trunks: [{name: carrier, targets: [%q]}]
  - name: told
    rate_limit: 0
    clients: [{id: told, secret: change-me, scopes: [%s]}]
    numbers: [%q]
    destinations: {allow: ["+1"]}
    trunks: [{name: carrier, targets: [%q], channels: 2}]
    webhooks: [{name: ear, url: "http://%s/", private: true, events: [all], secret: %q}]
    prompts: prompts
`, w.at(httpPort), w.at(sipPort), w.addr, scopes, ownNumber, w.at(trunkPort), webhookSecret, scopes, w.at(trunkPort),
		scopes, "+12025550103", w.at(trunkPort), w.at(earPort), webhookSecret))
}

// token returns an access token with the scopes, for about as long as a test
// runs.
func (c *contract) token(client, scope string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := client + " " + scope
	if c.tokens[key] == "" {
		r, err := http.NewRequest(http.MethodPost, c.server.base+"/oauth/token", strings.NewReader("grant_type=client_credentials&scope="+scope))
		if err != nil {
			c.t.Error(err)
			return ""
		}
		r.SetBasicAuth(client, "change-me")
		res, err := c.server.http.Do(r)
		if err != nil {
			c.t.Error(err)
			return ""
		}
		defer res.Body.Close()
		var body struct {
			Token string `json:"access_token"`
		}
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil || body.Token == "" {
			c.t.Errorf("token for %s: %d %v", key, res.StatusCode, err)
		}
		c.tokens[key] = body.Token
	}
	return c.tokens[key]
}

// narrow returns a scope that is none of the operation's.
func narrow(o *apitest.Operation) string {
	for _, scope := range auth.Scopes() {
		if !slices.Contains(o.Scopes(), scope) {
			return scope
		}
	}
	return ""
}

// ask sends a request and checks the response.
func (c *contract) ask(t *testing.T, r *apitest.Request) apitest.Response {
	t.Helper()
	a := c.send(r)
	if err := c.check(r, a); err != nil {
		t.Errorf("%s %.200q (%s): %v", r.Method, r.Target(), strings.Join(r.Mutations, ", "), err)
	}
	return a
}

// malformedStatuses are those by which the HTTP server refuses a malformed request
// before a handler reads it.
var malformedStatuses = []int{400, 413, 417, 431, 501, 505}

// check returns how a response differs from the document, and records its status.
func (c *contract) check(r *apitest.Request, a apitest.Response) error {
	if a.Status == 0 {
		return fmt.Errorf("no response: %s", a.Body)
	}
	if r.Malformed() && slices.Contains(malformedStatuses, a.Status) {
		return nil
	}
	if a.Status >= 500 {
		return fmt.Errorf("response %d: %.300s", a.Status, a.Body)
	}
	if o, _, _ := c.document.Find(r.Method, r.Path()); o != nil {
		c.mu.Lock()
		c.seen[o.OperationID+" "+strconv.Itoa(a.Status)] = true
		c.mu.Unlock()
	}
	return c.document.CheckResponse(r.Method, r.Path(), a)
}

// What bounds the made-up requests of a run without -contract. They are another
// part of all with each seed; with -contract all are sent first. internal/api
// sends all of them to the handlers alone in every run.
const (
	requestsInAll = 2500
	requestsFor   = 15 * time.Second
)

// requests sends made-up requests, several at a time.
func (c *contract) requests(t *testing.T) {
	all := slices.Collect(c.maker.Each(c.document))
	slices.SortFunc(all, func(a, b *apitest.Request) int { return int(mix(a)) - int(mix(b)) })
	if *contractFor == 0 && len(all) > requestsInAll {
		all = all[:requestsInAll]
	}
	queue := make(chan *apitest.Request)
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for r := range queue {
				c.ask(t, r)
			}
		})
	}
	began, n := time.Now(), 0
	for _, r := range all {
		if *contractFor == 0 && time.Since(began) > requestsFor {
			break
		}
		queue <- r
		n++
	}
	if *contractFor > 0 {
		for r := range c.maker.Random(c.document) {
			if queue <- r; time.Since(began) > *contractFor {
				break
			}
			n++
		}
	}
	close(queue)
	running.Wait()
	t.Logf("%d requests took %s", n, time.Since(began).Round(time.Millisecond))
}

// mix orders requests by chance, but always in the same way.
func mix(r *apitest.Request) uint32 {
	sum := uint32(*contractSeed)
	for _, b := range r.Operation.OperationID + strings.Join(r.Mutations, "") {
		sum = sum*16777619 ^ uint32(b)
	}
	return sum >> 1
}

// coverage holds that every status of the document has been seen, or has a
// reason why not.
func (c *contract) coverage(t *testing.T) {
	for _, o := range c.document.Operations {
		for status := range o.Responses {
			key := o.OperationID + " " + status
			reason := unseen[key]
			if reason == "" {
				reason = unseen[status]
			}
			switch {
			case !c.seen[key] && reason == "":
				t.Errorf("%s %s: no test ever saw the documented %s", o.Method, o.Path, status)
			case c.seen[key] && unseen[key] != "":
				t.Errorf("%s %s: %s is called unseen (%s) and came", o.Method, o.Path, status, reason)
			}
		}
	}
}

// unseen says why a status does not come here, for all operations or for one.
var unseen = map[string]string{
	"500":             "a fault of ours; TestEveryRouteMayFail of internal/api has a part of the server break",
	"putSecret 409":   "an account has 1,000 of them; the package internal/resource has its tests",
	"putFunction 409": "the same",
	"503":             "the record cannot be read or the service stops; TestEveryRouteMayFail of internal/api has the record break",
}

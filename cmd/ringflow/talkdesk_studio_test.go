package main_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ringflow/internal/sim"
)

// Clients of the account, as they come from Talkdesk Studio with their ids.
const (
	scopesOfClient = "flows-interactions:start flows:read data-reports:read data-reports:write"
	strangeSecret  = "s%2Bcr:t+&=ä" // has what form encoding changes, in both ways
	flowID         = "0f3c9a52d1b84e6fa7c2583be9d01746"
	dashedFlowID   = "0f3c9a52-d1b8-4e6f-a7c2-583be9d01746"
	versionID      = "6b1f0e7a4c2d4f0f9a5e1d3c7b8a9f01" // of Talkdesk Studio's version, which some clients have in their URLs
)

// studio is a server in the place of Talkdesk Studio.
type studio struct {
	*Server
	base string
	keys map[jose.SignatureAlgorithm]crypto.Signer
}

// newStudio has an account with Talkdesk Studio's limits, two flows whose ids the
// original made, and one that asks for something.
func newStudio(t *testing.T, extra string) *studio {
	t.Helper()
	w := newWorld(t)
	s := &studio{base: "http://" + w.at(httpPort).String(), keys: map[jose.SignatureAlgorithm]crypto.Signer{}}
	for algorithm, key := range map[jose.SignatureAlgorithm]crypto.Signer{
		jose.ES256: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), jose.ES384: must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)),
		jose.RS256: must(rsa.GenerateKey(rand.Reader, 2048)), jose.PS256: must(rsa.GenerateKey(rand.Reader, 2048)),
	} {
		s.keys[algorithm] = key
		public := must(x509.MarshalPKIXPublicKey(key.Public()))
		w.write(string(algorithm)+".pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	}
	const help = `name: Installation help
aliases: [` + versionID + `]
trigger:
  component: api_request
  interaction_id: interaction
  arguments: [{name: contact_1, variable: contact_1}, {name: contact_2, variable: contact_2}, {name: plan, variable: plan}]
start: call
steps:
  call:
    component: make_outbound_call
    title: Announce agent joining call
    with: {from: "+12025550100", to: "%{current_flow.contact_1}", ring_seconds: 15}
    exits: {answered: hang_up, invalid_number: hang_up, busy: hang_up, no_answer: hang_up}
  hang_up: {component: end_flow}
`
	w.write("flows/"+flowID+".yaml", []byte(help))
	w.write("flows/strict.yaml", []byte(`name: Strict
trigger:
  component: api_request
  arguments: [{name: contact_1, variable: contact_1, required: true, pattern: '\+1\d{10}'}, {name: note, variable: note}]
start: hang_up
steps:
  hang_up: {component: end_flow}
`))
	config := w.write("ringflow.yaml", fmt.Appendf(nil, `http: {listen: %q, audiences: ["https://acme.talkdeskid.com/oauth/token"]%s}
sip: {listen: %q}
rtp: {bind: %q, ports: 20000-20999}
accounts:
  - name: acme
    clients:
      - {id: shop, secret: shop-secret, scopes: [flows-interactions:start, flows:read, data-reports:read, data-reports:write]}
      - {id: strange, secret: %q, scopes: [flows-interactions:start]}
      - {id: analyst, secret: analyst-secret, scopes: [data-reports:read, data-reports:write]}
      - id: signer
        scopes: [flows-interactions:start, "flows:read"]
        keys: [{kid: ES256, alg: ES256, file: ES256.pem}, {kid: ES384, alg: ES384, file: ES384.pem}, {kid: RS256, alg: RS256, file: RS256.pem}, {kid: PS256, alg: PS256, file: PS256.pem}]
    numbers: [%q]
    destinations: {allow: ["+1"]}
    trunks: [{name: carrier, targets: [%q]}]
    flows: flows
  - name: fast
    rate_limit: 0
    clients:
      - {id: fast, secret: fast-secret, scopes: [flows-interactions:start, flows:read, data-reports:read, data-reports:write]}
      - {id: limited, secret: limited-secret, flows: [0F3C9A52-D1B8-4E6F-A7C2-583BE9D01746], scopes: [flows-interactions:start]}
      - {id: slow, secret: slow-secret, rate_limit: 0.1, scopes: [flows-interactions:start]}
    numbers: ["+12025550101"]
    destinations: {allow: ["+1"]}
    trunks: [{name: carrier, targets: [%q]}]
    flows: flows2
`, w.at(httpPort), extra, w.at(sipPort), w.addr, strangeSecret, ownNumber, w.at(trunkPort), w.at(trunkPort)))
	w.write("flows2/"+flowID+".yaml", []byte(strings.ReplaceAll(help, "+12025550100", "+12025550101")))
	w.write("flows2/strict.yaml", []byte("name: Strict\ntrigger:\n  component: api_request\n  arguments: [{name: contact_1, variable: contact_1, required: true, pattern: '\\+1\\d{10}'}, {name: note, variable: note}]\nstart: hang_up\nsteps:\n  hang_up: {component: end_flow}\n"))
	s.Server = w.serve(config)
	return s
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (s *studio) client(id string) *talkdeskClient {
	secret := id + "-secret"
	if id == "strange" {
		secret = strangeSecret
	}
	return newTalkdeskClient(s.w.t, s.base, id, secret)
}

// TestTalkdeskTokens asks for tokens in every way of Talkdesk's contract, §2.1.
func TestTalkdeskTokens(t *testing.T) {
	besideOthers(t)
	s := newStudio(t, "")
	shop := s.client("shop")
	const grant = "grant_type=client_credentials"
	token := func(query, body string, header ...string) reply {
		t.Helper()
		return shop.send("POST", s.base+"/oauth/token"+query, strings.NewReader(body), append([]string{"Content-Type", asForm}, header...)...)
	}
	basic := []string{"Authorization", shop.basic()}

	token("", grant+"&scope=flows-interactions:start", basic...).granted(t, "flows-interactions:start")
	token("", grant+"&scope=flows-interactions%3Astart", basic...).granted(t, "flows-interactions:start")
	token("", grant+"&scope=flows-interactions%3Astart+flows%3Aread", basic...).granted(t, "flows-interactions:start flows:read")
	token("?"+grant+"&scope=flows-interactions%3Astart", "", basic...).granted(t, "flows-interactions:start")
	token("?"+grant, "scope=flows:read", basic...).granted(t, "flows:read")
	if g := token("", grant, basic...).granted(t, scopesOfClient); g.ExpiresIn.String() != "600" {
		t.Errorf("a token lives for %s s", g.ExpiresIn)
	}
	token("", grant+"&client_id=shop&client_secret=shop-secret").granted(t, scopesOfClient)
	token("", grant+"&client_id=shop", basic...).granted(t, scopesOfClient)

	strange := s.client("strange")
	encoded := &talkdeskClient{id: url.QueryEscape(strange.id), secret: url.QueryEscape(strange.secret)}
	token("", grant, "Authorization", strange.basic()).granted(t, "flows-interactions:start")
	token("", grant, "Authorization", encoded.basic()).granted(t, "flows-interactions:start")

	wrong := &talkdeskClient{id: "shop", secret: "wrong"}
	unknown := &talkdeskClient{id: "nobody", secret: "shop-secret"}
	token("", grant, "Authorization", wrong.basic()).refused(t, "a wrong secret", "invalid_client")
	token("", grant, "Authorization", unknown.basic()).refused(t, "an unknown client", "invalid_client")
	token("", grant+"&client_id=shop&client_secret=wrong").refusedBy(t, "a wrong secret in the body", "invalid_client", 400)
	token("", grant).refused(t, "no authentication", "invalid_client")
	token("?client_id=shop&client_secret=shop-secret&"+grant, "").refused(t, "a secret in the query", "invalid_client")
	token("", grant+"&scope=flows:write", basic...).refused(t, "a scope that the client has not", "invalid_scope")
	token("", "grant_type=password&username=a&password=b", basic...).refused(t, "another grant", "unsupported_grant_type")
	token("", "scope=flows:read", basic...).refused(t, "no grant", "invalid_request")
	token("", grant+"&client_id=shop&client_secret=shop-secret", basic...).refused(t, "two ways at once", "invalid_request")
}

// TestTalkdeskAssertions proves a client by its key.
func TestTalkdeskAssertions(t *testing.T) {
	besideOthers(t)
	s := newStudio(t, "")
	c := s.client("signer")
	key := s.keys[jose.ES256]
	for algorithm, key := range s.keys {
		c.present(c.assertion(algorithm, key, string(algorithm), c.claims(uuid()))).granted(t, "flows-interactions:start")
	}
	hardCoded := c.claims(uuid())
	hardCoded.Audience = []string{"https://acme.talkdeskid.com/oauth/token"}
	c.present(c.assertion(jose.ES256, key, "ES256", hardCoded)).granted(t, "flows-interactions:start")

	issuer := c.claims(uuid())
	issuer.Audience = []string{s.base}
	c.present(c.assertion(jose.ES256, key, "ES256", issuer)).granted(t, "flows-interactions:start")
	c.present(c.assertion(jose.ES256, key, "", c.claims(uuid()))).granted(t, "flows-interactions:start")

	once := c.assertion(jose.ES256, key, "ES256", c.claims(uuid()))
	c.present(once).granted(t, "flows-interactions:start")
	c.present(once).refusedBy(t, "the same jti again", "invalid_client", 400)

	at := func(ahead time.Duration) *time.Time { moment := time.Now().Add(ahead); return &moment }
	for what, change := range map[string]func(*jwtClaims){
		"another audience":     func(c *jwtClaims) { c.aud = "https://elsewhere.example/oauth/token" },
		"another issuer":       func(c *jwtClaims) { c.iss = "shop" },
		"another subject":      func(c *jwtClaims) { c.sub = "shop" },
		"expired":              func(c *jwtClaims) { c.iat, c.exp = at(-10*time.Minute), at(-2*time.Minute) },
		"longer than 10 min":   func(c *jwtClaims) { c.exp = at(12 * time.Minute) },
		"issued in the future": func(c *jwtClaims) { c.iat = at(3 * time.Minute) },
		"no jti":               func(c *jwtClaims) { c.jti = "" },
	} {
		c.present(c.assertion(jose.ES256, key, "ES256", c.changed(change))).refusedBy(t, what, "invalid_client", 400)
	}
	skewed := c.changed(func(c *jwtClaims) { c.iat, c.exp = at(50*time.Second), at(4*time.Minute) })
	c.present(c.assertion(jose.ES256, key, "ES256", skewed)).granted(t, "flows-interactions:start")
	c.present(c.assertion(jose.ES256, key, "unknown", c.claims(uuid()))).refusedBy(t, "an unknown kid", "invalid_client", 400)
	c.present(c.assertion(jose.RS256, s.keys[jose.PS256], "PS256", c.claims(uuid()))).refusedBy(t, "another algorithm than the key's", "invalid_client", 400)
	c.present(c.assertion(jose.HS256, []byte(strings.Repeat("k", 32)), "ES256", c.claims(uuid()))).refusedBy(t, "HMAC", "invalid_client", 400)
	c.present(unsigned(c.claims(uuid()))).refusedBy(t, "alg none", "invalid_client", 400)
}

// TestTalkdeskInteractions starts interactions as Talkdesk's clients do, §2.2
// and §2.3, on an account without a rate.
func TestTalkdeskInteractions(t *testing.T) {
	besideOthers(t)
	s := newStudio(t, "")
	c := s.client("fast").authorise("flows-interactions:start flows:read")
	const body = `{"contact_1":"+12025550143","contact_2":"+12025550188"}`
	first := c.trigger(flowID, body).accepted(t, "the sample")
	for what, id := range map[string]string{"dashed": dashedFlowID, "in capitals": strings.ToUpper(flowID), "of the version": versionID} {
		if got := c.trigger(id, body).accepted(t, what); got.FlowVersionID != first.FlowVersionID || got.InteractionID == first.InteractionID {
			t.Errorf("%s: %+v after %+v", what, got, first)
		}
	}
	c.send("POST", s.base+"/flows/"+flowID+"/interactions/", strings.NewReader(body), "Authorization", "Bearer "+c.token).accepted(t, "a slash at the end and no Content-Type")
	for _, kind := range []string{"text/plain", asForm, "application/json; charset=utf-8", "*/*"} {
		c.trigger(flowID, body, "Content-Type", kind).accepted(t, kind)
	}
	c.trigger(flowID, body, "Authorization", "bearer "+c.token).accepted(t, "bearer in small letters")
	for what, body := range map[string]string{
		"twenty keys":          `{"contact_1":"+12025550143","ring_group":"a","callback_country":"US","n":{"x":[1]},"o":[],"p":null,"q":1.5,"r":true,"s":"` + strings.Repeat("ä", 999) + `"}`,
		"a wrapper":            `{"data":` + body + `}`,
		"nothing declared":     `{}`,
		"null":                 `{"contact_1":null,"contact_2":null}`,
		"a bad number":         `{"contact_1":"not a number"}`,
		"number and boolean":   `{"contact_1":12025550143,"plan":true}`,
		"a byte order mark":    "\ufeff" + body,
		"spaces":               " \r\n\t" + body + "\n",
		"the largest there is": `{"x":"` + strings.Repeat("x", 65536-8) + `"}`,
	} {
		c.trigger(flowID, body).accepted(t, what)
	}
	for what, body := range map[string]string{
		"empty": "", "blank": " \n", "an array": "[]", "text": `"x"`, "null": "null", "a number": "5", "half": `{"contact_1":`, "no quotes": `{contact_1:"x"}`,
		"two objects": "{}{}", "a comma too many": `{"a":1,}`, "not UTF-8": "{\"a\":\"\xff\"}", "a form": "contact_1=%2B12025550143",
	} {
		c.trigger(flowID, body).failed(t, what, 400, "0200001")
	}
	c.trigger(flowID, `{"contact_1":{"number":"+12025550143"},"plan":[1]}`).failed(t, "objects", 400, "0200002", "contact_1", "plan")
	c.trigger("strict", `{}`).failed(t, "a required one is missing", 400, "0200002", "contact_1")
	c.trigger("strict", `{"contact_1":null}`).failed(t, "a required one is null", 400, "0200002", "contact_1")
	c.trigger("strict", `{"contact_1":"0301234"}`).failed(t, "against the pattern", 400, "0200002", "contact_1")

	c.trigger(strings.Repeat("0", 32), body).failed(t, "no flow", 404, "0200014")
	c.trigger("..%2F..%2Fetc", body).failed(t, "no id at all", 404, "0200014")
	c.send("GET", s.base+"/flows", nil, "Authorization", "Bearer "+c.token).failed(t, "another path", 404, "0200016")
	c.send("GET", s.base+"/flows/"+flowID+"/interactions", nil, "Authorization", "Bearer "+c.token).failed(t, "another method", 405, "0200018")

	c.trigger(flowID, body, "Authorization", "").failed(t, "no token", 401, "0200011")
	c.trigger(flowID, body, "Authorization", c.basic()).failed(t, "Basic", 401, "0200011")
	c.trigger(flowID, body, "Authorization", "Bearer "+strings.Repeat("x", 46)).failed(t, "an unknown token", 401, "0200011")
	c.send("POST", s.base+"/flows/"+flowID+"/interactions?access_token="+c.token, strings.NewReader(body)).failed(t, "a token in the query", 401, "0200011")
	s.client("fast").authorise("flows:read").trigger(flowID, body).failed(t, "without the scope", 403, "0200013")

	limited := s.client("limited").authorise("flows-interactions:start")
	limited.trigger(flowID, body).accepted(t, "the flow that the client may start")
	limited.trigger("strict", `{"contact_1":"+12025550143"}`).failed(t, "a flow that it may not", 403, "0200013")
	limited.trigger("nowhere", body).failed(t, "a flow that nobody has", 403, "0200013")

	large := `{"x":"` + strings.Repeat("x", 65536) + `"}`
	c.trigger(flowID, large).failed(t, "too large", 413, "0200023")
	chunked := c.send("POST", s.base+"/flows/"+flowID+"/interactions", io.MultiReader(strings.NewReader(large)), "Authorization", "Bearer "+c.token)
	chunked.failed(t, "too large and in chunks", 413, "0200023")

	again := c.trigger(flowID, body, "Idempotency-Key", "order-7").accepted(t, "with a key")
	if got := c.trigger(flowID, body, "Idempotency-Key", "order-7").accepted(t, "with a key again"); got != again {
		t.Errorf("the same key and body: %+v, at first %+v", got, again)
	}
	c.trigger(flowID, `{}`, "Idempotency-Key", "order-7").failed(t, "the key with another body", 409, "0200019")
	c.trigger(flowID, body, "Idempotency-Key", strings.Repeat("k", 256)).failed(t, "a long key", 400, "0200002", "Idempotency-Key")
	c.trigger(flowID, body, "Idempotency-Key", strings.Repeat("k", 255)).accepted(t, "the longest key")
	if one, two := c.trigger(flowID, body).accepted(t, "twice"), c.trigger(flowID, body).accepted(t, "twice"); one.InteractionID == two.InteractionID {
		t.Error("without a key the same request did not start anew")
	}
}

// TestTalkdeskRate holds Talkdesk's two requests a second.
func TestTalkdeskRate(t *testing.T) {
	besideOthers(t)
	s := newStudio(t, "")
	c := s.client("shop").authorise("flows-interactions:start")
	other := s.client("strange").authorise("flows-interactions:start")
	for range 30 { // what is refused, and what strangers send, uses up nothing
		c.trigger(flowID, `[]`).failed(t, "a bad body", 400, "0200001")
		c.trigger("nowhere", `{}`).failed(t, "no flow", 404, "0200014")
		c.trigger(flowID, `{}`, "Authorization", "Bearer no").failed(t, "a bad token", 401, "0200011")
	}
	var refused reply
	within(t, 20*time.Second, "three requests fall into half a second", func() string {
		<-time.After(1100 * time.Millisecond) // the bucket fills
		began := time.Now()
		c.trigger(flowID, `{}`).accepted(t, "the first") // the account's clients share its rate
		other.trigger(flowID, `{}`).accepted(t, "the second")
		refused = other.trigger(flowID, `{}`)
		if took := time.Since(began); refused.StatusCode == http.StatusAccepted && took >= 500*time.Millisecond {
			return "they took " + took.String()
		}
		return ""
	})
	refused.failed(t, "the third", 429, "0200029")
	if retry := refused.Header.Get("Retry-After"); retry != "1" {
		t.Errorf("Retry-After is %q", retry)
	}
	within(t, 5*time.Second, "the rate comes back", func() string {
		if got := c.trigger(flowID, `{}`); got.StatusCode != http.StatusAccepted {
			return got.Status
		}
		return ""
	})
	slow := s.client("slow").authorise("flows-interactions:start")
	slow.trigger(flowID, `{}`).accepted(t, "the first of a client with a rate of its own")
	slow.trigger(flowID, `{}`).failed(t, "its second", 429, "0200029")
	s.client("fast").authorise("flows-interactions:start").trigger(flowID, `{}`).accepted(t, "another client of its account")
}

// TestTalkdeskLimits are settings that an operator of Talkdesk Studio may have changed.
func TestTalkdeskLimits(t *testing.T) {
	besideOthers(t)
	s := newStudio(t, ", max_body: 1024, form_secret: false")
	c := s.client("shop").authorise("flows-interactions:start")
	c.trigger(flowID, `{"x":"`+strings.Repeat("x", 1024-8)+`"}`).accepted(t, "the largest")
	c.trigger(flowID, `{"x":"`+strings.Repeat("x", 1024-7)+`"}`).failed(t, "larger", 413, "0200023")
	answer := c.send("POST", s.base+"/oauth/token", strings.NewReader("grant_type=client_credentials&client_id=shop&client_secret=shop-secret"), "Content-Type", asForm)
	answer.refused(t, "a secret in the form", "invalid_request")
}

// TestTalkdeskReport triggers a call, answers before it is placed, and fetches
// the report of it in Talkdesk Studio's steps.
func TestTalkdeskReport(t *testing.T) {
	besideOthers(t)
	s := newStudio(t, "")
	startCarrier(t, s.w.at(trunkPort), map[string]sim.Behaviour{customer: sim.Busy().After(2 * time.Second)})
	c := s.client("fast").authorise("")
	asked := time.Now().UTC()
	x := c.trigger(flowID, `{"contact_1":"`+customer+`"}`).accepted(t, "a call")
	if took := time.Since(asked); took > 1500*time.Millisecond {
		t.Errorf("the answer waited for the call: %s", took)
	}
	within(t, 20*time.Second, "the call is over", func() string {
		got := c.send("GET", s.base+"/v1/executions/"+x.FlowExecutionID, nil, "Authorization", "Bearer "+c.token)
		if !bytes.Contains(got.text, []byte(`"status":"finished"`)) {
			return string(got.text)
		}
		if !bytes.Contains(got.text, []byte(`"interaction":"`+x.InteractionID+`"`)) {
			t.Errorf("the flow does not know its interaction: %s", got.text)
		}
		return ""
	})
	span := fmt.Sprintf(`"timespan":{"from":%q,"to":%q}`, asked.Format("2006-01-02T15:04:05.000Z"), asked.Add(time.Hour).Format("2006-01-02T15:04:05.000Z"))
	bearer := []string{"Authorization", "Bearer " + c.token, "Content-Type", "application/json"}
	jobs := s.base + "/data/reports/studio_flow_execution/jobs"

	made := c.send("POST", jobs, strings.NewReader(`{"name":"Mine","timezone":"UTC","format":"json",`+span+`}`), bearer...)
	var job struct{ Job struct{ ID, Status string } }
	if err := json.Unmarshal(made.text, &job); err != nil || made.StatusCode != http.StatusAccepted || job.Job.ID == "" {
		t.Fatalf("a job: %d %v %s", made.StatusCode, err, made.text)
	}
	poll := c.send("GET", jobs+"/"+job.Job.ID, nil, bearer...)
	if poll.StatusCode != http.StatusSeeOther || poll.Header.Get("Location") == "" {
		t.Fatalf("a poll: %d %s", poll.StatusCode, poll.text)
	}
	// Many clients follow the redirect with whatever their library does.
	followed := must(http.NewRequest("GET", jobs+"/"+job.Job.ID, nil))
	followed.Header.Set("Authorization", "Bearer "+c.token)
	res := must(c.http.Do(followed))
	defer res.Body.Close()
	var report struct {
		Entries []map[string]any
		Total   int
	}
	if err := json.NewDecoder(res.Body).Decode(&report); err != nil || report.Total != 3 || len(report.Entries) != 3 {
		t.Fatalf("the report: %v %+v", err, report)
	}
	checkTalkdeskRows(t, x, report.Entries)

	analyst := s.client("analyst").authorise("")
	foreign := c.send("GET", jobs+"/"+job.Job.ID, nil, "Authorization", "Bearer "+analyst.token)
	foreign.failed(t, "another account's job", 404, "0200016")
	starter := s.client("strange").authorise("")
	c.send("POST", jobs, strings.NewReader(`{"format":"csv",`+span+`}`), "Authorization", "Bearer "+starter.token).failed(t, "without the scope", 403, "0200013")
	c.send("POST", jobs, strings.NewReader(`{"format":"pdf",`+span+`}`), bearer...).failed(t, "another format", 400, "0200002", "format")

	made = c.send("POST", jobs, strings.NewReader(`{"format":"csv",`+span+`}`), bearer...)
	if err := json.Unmarshal(made.text, &job); err != nil {
		t.Fatal(err)
	}
	file := c.send("GET", s.base+"/data/reports/studio_flow_execution/files/"+job.Job.ID, nil, bearer...)
	const columns = "Call_SID,Flow Execution ID,Interaction ID,Destination Number,Origin Number,Flow Definition Name,Flow Definition ID,Component Title," +
		"Executed Step Name,Exit Name,Time In Step Execution,Step Execution Started Time,Flow Execution Finished Time,Step Execution Order,"
	if !strings.HasPrefix(string(file.text), columns) || strings.Count(string(file.text), "\n") != 4 {
		t.Errorf("as CSV: %d %s", file.StatusCode, file.text)
	}
}

// checkTalkdeskRows holds the rows of a busy call to the table of §5.
func checkTalkdeskRows(t *testing.T, x started, rows []map[string]any) {
	t.Helper()
	for i, want := range []struct{ title, step, exit string }{
		{"API request", "", "ok"}, {"Make Outbound Call", "Announce agent joining call", "busy"}, {"End Flow", "hang_up", "ok"},
	} {
		row := rows[i]
		for key, value := range map[string]any{
			"flow_execution_id": x.FlowExecutionID, "interaction_id": x.InteractionID, "destination_number": customer, "origin_number": "+12025550101",
			"flow_name": "Installation help", "flow_id": flowID, "component_title": want.title, "exit": want.exit, "step_execution_order": float64(i),
		} {
			if row[key] != value {
				t.Errorf("row %d: %s is %v, want %v", i, key, row[key], value)
			}
		}
		if want.step != "" && row["step_name"] != want.step {
			t.Errorf("row %d: the step is %v", i, row["step_name"])
		}
		if sid, _ := row["call_sid"].(string); len(sid) != 34 || !strings.HasPrefix(sid, "CA") || strings.Trim(sid[2:], "0123456789abcdef") != "" {
			t.Errorf("row %d: call_sid is %v", i, row["call_sid"])
		}
		for _, key := range []string{"timestamp", "studio_flow_executions_aggregated.flow_execution_finished_time"} {
			text, _ := row[key].(string)
			if at, err := time.Parse(time.DateTime, text); err != nil || time.Since(at).Abs() > time.Hour {
				t.Errorf("row %d: %s is %v", i, key, row[key])
			}
		}
		day, _ := row["time_in_step"].(float64)
		ms, _ := row["time_in_step_ms"].(float64)
		if d := day*24*60*60*1000 - ms; d > 0.5 || d < -0.5 || i == 1 && ms < 1900 {
			t.Errorf("row %d: %v of a day, %v ms", i, day, ms)
		}
	}
}

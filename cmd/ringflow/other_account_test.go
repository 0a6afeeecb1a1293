package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// foreign is an account with every scope that owns nothing.
const foreign = `  - name: foreign
    rate_limit: 0
    clients:
      - id: foreign
        secret: foreign-secret
        scopes: [flows-interactions:start, flows:read, flows:write, "flow-resources:write", "data-reports:read", "data-reports:write"]
`

// visitor sends requests to a server as any of its clients.
type visitor struct {
	t      *testing.T
	base   string
	tokens map[string]string // by client
}

// as sends a request with the token of a client and returns status, header and
// body.
func (c *visitor) as(client, method, path, body string, header ...string) string {
	c.t.Helper()
	req, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.tokenOf(client))
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	res.Header.Del("Date")
	res.Header.Del("Content-Length") // follows from the body
	return fmt.Sprint(res.StatusCode, " ", res.Header, " ", string(text))
}

// tokenOf fetches a token with all scopes that the client may have, once.
func (c *visitor) tokenOf(client string) string {
	c.t.Helper()
	if token := c.tokens[client]; token != "" {
		return token
	}
	req, err := http.NewRequest(http.MethodPost, c.base+"/oauth/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(client, client+"-secret")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.Token == "" {
		c.t.Fatalf("no token for %s: %s, %v", client, res.Status, err)
	}
	c.tokens[client] = got.Token
	return got.Token
}

// An account learns nothing of what another has: every route answers a request
// for another's flow, version, execution, leg, prompt, webhook, cursor, event or
// key as it answers one for what never existed.
func TestAnotherAccountInfersNothing(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	path := w.config(trunk{}, time.Second)
	config, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	hook := "    webhooks:\n      - {name: crm, url: \"https://crm.invalid/calls\", secret: \"0123456789abcdef0123456789abcdef\", events: [all]}\n"
	config = bytes.Replace(config, []byte("flows:write]"), []byte(`flows:write, "flow-resources:write"]`), 1)
	w.serve(w.write("ringflow.yaml", append(bytes.TrimRight(config, "\n"), "\n"+hook+foreign...)))
	s := &visitor{t: t, base: "http://" + w.at(httpPort).String(), tokens: map[string]string{}}
	version := s.publishedVersion("play")
	if got := s.asOwner("POST", "/v1/prompts?name=greeting", string(wav(tone(440, time.Second)))); !strings.HasPrefix(got, "201") {
		t.Fatal(got)
	}
	for path, settings := range map[string]string{"secrets/hush": `{"value":"acme's"}`, "connections/shop": `{"base":"https://shop.invalid"}`, "functions/plus": `{"body":"return {}"}`} {
		if got := s.asOwner("PUT", "/v1/"+path, settings); !strings.HasPrefix(got, "201") {
			t.Fatal(got)
		}
	}
	key := []string{"Idempotency-Key", "acme's key"}
	args := `{"contact_1":"` + customer + `"}`
	started := s.asOwner("POST", "/flows/hangup/interactions", args, key...)
	id := regexp.MustCompile(`"flow_execution_id":"([^"]+)"`).FindStringSubmatch(started)
	if id == nil {
		t.Fatal(started)
	}
	var leg []string
	within(t, startLimit, "a leg is dialled", func() string {
		call := s.asOwner("GET", "/v1/calls/"+id[1], "")
		if leg = regexp.MustCompile(`"leg_id":"([^"]+)"`).FindStringSubmatch(call); leg == nil {
			return call
		}
		return ""
	})
	// Each name of what acme has, and one of the same shape that nobody has.
	names := [][3]string{
		{"{flow_execution_id}", id[1], strings.Repeat("0", len(id[1]))}, {"{leg_id}", leg[1], strings.Repeat("0", len(leg[1]))},
		{"{flow_version_id}", version, strings.Repeat("0", len(version))}, {"{flow_id}", "play", "none"},
		{"{prompt}", "greeting", "nothing0"}, {"{webhook}", "crm", "erp"},
		{"{secret}", "hush", "nihil"}, {"{connection}", "shop", "nobis"}, {"{function}", "plus", "nemo"}, {"{letter_id}", id[1] + ".1", strings.Repeat("0", len(id[1])) + ".1"},
	}
	fill := func(text string, column int) string {
		for _, n := range names {
			text = strings.ReplaceAll(text, n[0], n[column])
		}
		return text
	}
	blot := func(text string) string {
		for _, n := range names {
			text = strings.ReplaceAll(strings.ReplaceAll(text, n[1], n[0]), n[2], n[0])
		}
		return regexp.MustCompile(`"[0-9a-z]{10}\.[0-9a-z]+"|[0-9a-f-]{32,36}|\d{4}-\d\d-\d\dT[0-9:.]+Z`).ReplaceAllString(text, "…")
	}
	differ := func(method, target, body string, header ...string) string {
		t.Helper()
		var got [3]string
		for column := 1; column <= 2; column++ {
			h := slices.Clone(header)
			for i := range h {
				h[i] = fill(h[i], column)
			}
			got[column] = blot(s.as("foreign", method, fill(target, column), body, h...))
		}
		if got[1] != got[2] {
			t.Errorf("%s %s %v tells another account's from nobody's:\n%s\n%s", method, target, header, got[1], got[2])
		}
		return got[1]
	}
	named := 0
	for _, r := range s.routes() {
		method, target := r[0], r[1]
		switch {
		case target == "/v1/events", target == "/oauth/token": // below; no token
		case strings.Contains(target, "{") && !(method == "PUT" && strings.HasSuffix(target, "/draft")):
			named++
			want := "404 "
			if method == "PUT" && !strings.Contains(target, "{prompt}") {
				want = "400 " // it would be one of its own, if the body were right
			}
			if got := differ(method, target, args, key...); !strings.HasPrefix(got, want) {
				t.Errorf("%s %s: %s", method, target, got)
			}
		case method == "GET":
			got := s.as("foreign", method, target, "")
			for _, mark := range []string{id[1], leg[1], version, "greeting", "crm", "hush", "shop", "plus", ownNumber, customer, "acme", `"play"`} {
				if strings.Contains(got, mark) && target != "/openapi.json" && target != "/" && target != "/docs" && target != "/v1/components" {
					t.Errorf("%s shows %s: %.300s", target, mark, got)
				}
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d routes name something", named)
	}
	for _, target := range []string{"/v1/executions?cursor={flow_execution_id}", "/v1/calls?cursor={flow_execution_id}", "/v1/executions?flow_id={flow_id}",
		"/v1/reports/studio_flow_execution?flow_id={flow_id}", "/v1/webhooks/{webhook}/dead_letters?cursor={letter_id}"} {
		differ("GET", target, "")
	}
	if got := differ("GET", "/v1/events?cursor={letter_id}", "", "Accept", "application/json"); !strings.HasPrefix(got, "400 ") {
		t.Error(got)
	}
	differ("PUT", "/v1/flows/{flow_id}/draft", "{}") // a flow of its own under the same id
	differ("PUT", "/v1/secrets/{secret}", `{"value":"its own"}`)
	differ("PUT", "/v1/connections/{connection}", `{"base":"https://own.invalid"}`)
	differ("PUT", "/v1/connections/{connection}", `{"base":"https://own.invalid","auth":{"kind":"bearer","secret_name":"nobody's"}}`)
	differ("DELETE", "/v1/secrets/{secret}", "")
	if got := s.asOwner("GET", "/v1/connections/shop", ""); !strings.Contains(got, "https://shop.invalid") {
		t.Errorf("after a stranger wrote one of the same name: %s", got)
	}
	differ("POST", "/v1/prompts?name={prompt}", string(wav(tone(440, time.Second))))
	if got := s.asOwner("GET", "/v1/calls/"+id[1], ""); !strings.HasPrefix(got, "200 ") {
		t.Errorf("after all that: %s", got)
	}
	s.asOwner("POST", "/v1/executions/"+id[1]+"/cancel", "")
}

// asOwner sends a request of acme with every scope.
func (c *visitor) asOwner(method, path, body string, header ...string) string {
	c.t.Helper()
	return c.as("acceptance", method, path, body, header...)
}

// publishedVersion returns the id of a flow's published version.
func (c *visitor) publishedVersion(flow string) string {
	c.t.Helper()
	got := regexp.MustCompile(`"flow_version_id":"([^"]+)"`).FindStringSubmatch(c.asOwner("GET", "/v1/flows/"+flow, ""))
	if got == nil {
		c.t.Fatalf("flow %s is not there", flow)
	}
	return got[1]
}

// routes returns method and path of all that the server's document describes.
func (c *visitor) routes() (out [][2]string) {
	c.t.Helper()
	res, err := http.Get(c.base + "/openapi.json")
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var document struct {
		Paths map[string]map[string]any
	}
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil {
		c.t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(document.Paths)) {
		for method := range document.Paths[path] {
			out = append(out, [2]string{strings.ToUpper(method), path})
		}
	}
	return out
}

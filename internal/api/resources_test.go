package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
	"ringflow/internal/connection"
	"ringflow/internal/resource"
	"ringflow/internal/script"
	"ringflow/internal/vault"
	"ringflow/internal/webhook"
)

// resourceMemory is a resource.Storage in memory.
type resourceMemory struct {
	mu      sync.Mutex
	records map[resource.Key]resource.Record
	full    bool
}

func (s *resourceMemory) Records(context.Context) (out []resource.Record, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		out = append(out, r)
	}
	return out, nil
}

func (s *resourceMemory) PutRecord(_ context.Context, r resource.Record, before int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return fmt.Errorf("%w: the disk is full", record.ErrUnavailable)
	}
	if s.records[r.Key].Version != before {
		return resource.ErrChanged
	}
	s.records[r.Key] = r
	return nil
}

func (s *resourceMemory) DeleteRecord(_ context.Context, k resource.Key, version int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return fmt.Errorf("%w: the disk is full", record.ErrUnavailable)
	}
	if s.records[k].Version != version {
		return resource.ErrChanged
	}
	delete(s.records, k)
	return nil
}

// users takes what it is told and does nothing.
type users struct{}

func (users) Set(connection.Connection) error { return nil }
func (users) Remove(_, _ string)              {}

type listeners struct{}

func (listeners) Set(context.Context, webhook.Hook) error { return nil }
func (listeners) Remove(context.Context, webhook.ID)      {}

// openRegistry opens a book of acme and other, with a connection and a webhook of the
// configuration.
func openRegistry(t testing.TB, s *resourceMemory) *resource.Registry {
	t.Helper()
	v, err := vault.Open(filepath.Join(t.TempDir(), "secrets.key"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := resource.Open(context.Background(), resource.Config{
		Storage: s, Vault: v, Consumers: resource.Consumers{Connections: users{}, Webhooks: listeners{}}, Accounts: []string{"acme", "other"},
		Fixed: []resource.Fixed{
			resource.FixedConnection(connection.Connection{Account: "acme", Name: "shop", Base: "https://shop.example.com", Auth: connection.Auth{Kind: connection.Basic, User: "hidden", Secret: "hidden"}}),
			resource.FixedWebhook(crm),
		},
		CheckSources: func(_ string, sources []string) []error { return script.ValidateAll(sources) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestResources(t *testing.T) {
	s := &resourceMemory{records: map[resource.Key]resource.Record{}}
	w := newWorld(t, func(c *api.Config) { c.Resources = openRegistry(t, s) })
	facts := `"source":"api","created_at":"`
	for _, c := range []struct {
		method, path, client, body string
		code                       int
		want                       string
	}{
		{"GET", "/v1/connections", "reader", "", 200, `{"connections":[{"name":"shop","source":"configuration","created_at":null,"updated_at":null,"used_by":[],"base":"https://shop.example.com","auth":{"kind":"basic"}}],"next":null}`},
		{"GET", "/v1/connections", "stranger", "", 200, `{"connections":[],"next":null}`},
		{"PUT", "/v1/connections/shop", "keeper", `{"base":"https://evil.example.com"}`, 409, "it comes from the configuration: change it there"},
		{"DELETE", "/v1/connections/shop", "keeper", "", 409, "it comes from the configuration"},
		{"DELETE", "/v1/webhooks/crm", "keeper", "", 409, "it comes from the configuration"},
		{"GET", "/v1/webhooks", "keeper", "", 200, `{"webhooks":[{"name":"crm","source":"configuration","created_at":null,"updated_at":null,"used_by":[],"url":"https://crm.example.com/calls","events":["all"],"flows":[],"private":false,"previous_secret":false}],"next":null}`},

		{"PUT", "/v1/secrets/token", "keeper", `{"value":"hidden-value"}`, 201, `{"name":"token",` + facts},
		{"PUT", "/v1/secrets/token", "keeper", `{"value":"hidden-other"}`, 200, `{"name":"token",` + facts},
		{"PUT", "/v1/secrets/token", "acceptance", `{"value":"x"}`, 403, "flow-resources:write"},
		{"GET", "/v1/secrets/token", "keeper", "", 200, `,"used_by":[]}`},
		{"GET", "/v1/secrets/token", "stranger", "", 404, "secret not found"},
		{"PUT", "/v1/secrets/a%20b", "keeper", `{"value":"hidden"}`, 400, `secret: \"a b\" is not a name`},
		{"PUT", "/v1/secrets/empty", "keeper", `{"value":""}`, 400, "value: it is empty"},
		{"PUT", "/v1/secrets/number", "keeper", `{"value":123456}`, 400, "value: must be text, is a number"},
		{"PUT", "/v1/secrets/null", "keeper", `{"value":null}`, 400, "value: must be text, is null"},
		{"PUT", "/v1/secrets/text", "keeper", `"hidden"`, 400, "the body is not a JSON object but text"},
		{"PUT", "/v1/secrets/none", "keeper", ``, 400, "the body is empty"},
		{"PUT", "/v1/secrets/bare", "keeper", `hidden`, 400, "the body is not JSON"},
		{"PUT", "/v1/secrets/other", "keeper", `{"vaule":"hidden"}`, 400, "there is no such field: did you mean value?"},
		{"PUT", "/v1/secrets/long", "keeper", `{"value":"` + strings.Repeat("h", 17<<10) + `"}`, 400, "at most 16384 bytes"},

		{"PUT", "/v1/connections/crm", "keeper", `{"base":"https://crm.example.com","auth":{"kind":"bearer","secret_name":"tokne"}}`, 400, "auth.secret_name: no secret is stored under this name: did you mean token?"},
		{"PUT", "/v1/connections/crm", "keeper", `{"base":"https://crm.example.com","auth":{"kind":"bearer","secret_name":"hidden-value"}}`, 400, "write it first"},
		{"PUT", "/v1/connections/crm", "keeper", `{"base":"https://crm.example.com","auth":{"kind":"bearer"}}`, 400, "auth.secret_name: bearer authentication needs it"},
		{"PUT", "/v1/connections/crm", "keeper", `{"base":"https://crm.example.com","auth":{"kind":"digest"}}`, 400, "auth.kind: must be one of none, basic, bearer"},
		{"PUT", "/v1/connections/crm", "keeper", `{"base":"https://me:hidden@crm.example.com"}`, 400, "base: it holds a user or a password"},
		{"PUT", "/v1/connections/crm", "keeper", `{"base":"http://crm.example.com"}`, 400, "base: it must begin with https"},
		{"PUT", "/v1/connections/crm", "keeper", `{"base":"http://127.0.0.1","private":true}`, 400, "private: the account may reach public addresses only"},
		{"PUT", "/v1/connections/crm", "keeper", `{"auth":{"kind":"none"}}`, 400, "base: it is missing: Base address, such as"},
		{"PUT", "/v1/connections/crm", "keeper", `{"base":"https://crm.example.com","auth":{"kind":"jwt_bearer","secret_name":"token","client_id":"c","subject":"s","token_url":"https://x.example.com"}}`, 400, "auth.secret_name: it holds no PEM"},
		{"PUT", "/v1/connections/crm", "keeper", `{"base":"https://crm.example.com","auth":{"kind":"bearer","secret_name":"token"}}`, 201, `"base":"https://crm.example.com","auth":{"kind":"bearer","secret_name":"token"}}`},
		{"GET", "/v1/secrets/token", "keeper", "", 200, `"used_by":["connections/crm"]`},
		{"DELETE", "/v1/secrets/token", "keeper", "", 409, `"fields":[{"name":"connections/crm","description":"uses the secret"}]`},
		{"PUT", "/v1/secrets/token", "keeper", `{"value":"hidden\nin two lines"}`, 400, "value: connection crm cannot work with it: auth.secret_name: it holds a line break"},
		{"GET", "/v1/connections?limit=1", "keeper", "", 200, `"next":"crm"`},
		{"GET", "/v1/connections?limit=1&cursor=crm", "keeper", "", 200, `"name":"shop"`},
		{"GET", "/v1/connections?cursor=a%20b", "keeper", "", 400, "cursor"},
		{"GET", "/v1/connections?limit=0", "keeper", "", 400, "limit"},
		{"DELETE", "/v1/connections/crm", "keeper", "", 204, ""},
		{"DELETE", "/v1/connections/crm", "keeper", "", 404, "connection not found"},
		{"DELETE", "/v1/secrets/token", "foreign-keeper", "", 404, "secret not found"},
		{"DELETE", "/v1/secrets/token", "keeper", "", 204, ""},

		{"PUT", "/v1/functions/plus", "keeper", `{"body":"return {b: args.a + 1","inputs":[{"name":"a","type":"integer"}]}`, 400, "body: the function failed: SyntaxError"},
		{"PUT", "/v1/functions/plus", "keeper", `{"body":"return {}","inputs":[{"name":"1","type":"integer"},{"name":"b"},{"name":"b"}]}`, 400, `inputs[2].name`},
		{"PUT", "/v1/functions/plus", "keeper", `{"body":"return {}","inputs":[{"name":"a","type":"date"}]}`, 400, `inputs[0].type: must be one of string, boolean`},
		{"PUT", "/v1/functions/plus", "keeper", `{"body":"return {b: args.a + 1}","description":"adds one","inputs":[{"name":"a","type":"integer"}],"outputs":[{"name":"b","type":"integer"}]}`, 201, `"inputs":[{"name":"a","type":"integer"}]`},
		{"DELETE", "/v1/functions/plus", "keeper", "", 204, ""},

		{"PUT", "/v1/webhooks/erp", "keeper", `{"url":"https://erp.example.com/in?key=hidden","events":["leg_lost"]}`, 400, `events: \"leg_lost\" is not one of execution_accepted`},
		{"PUT", "/v1/webhooks/erp", "keeper", `{"url":"https://erp.example.com/in?key=hidden","events":[]}`, 400, `events: there is none`},
		{"PUT", "/v1/webhooks/erp", "keeper", `{"url":"https://erp.example.com/in?key=hidden","events":["all"]}`, 201, `"url":"https://erp.example.com/in","events":["all"],"flows":[],"private":false,"previous_secret":false,"secret":"whsec_`},
		{"PUT", "/v1/webhooks/erp", "keeper", `{"url":"https://erp.example.com/in?key=hidden","events":["all"],"flows":["play"]}`, 200, `"flows":["play"],"private":false,"previous_secret":false}`},
		{"POST", "/v1/webhooks/erp/rotate", "keeper", "", 200, `"previous_secret":true,"secret":"whsec_`},
		{"POST", "/v1/webhooks/erp/rotate", "acceptance", "", 403, "flow-resources:write"},
		{"POST", "/v1/webhooks/erp/rotate", "foreign-keeper", "", 404, "webhook not found"},
		{"POST", "/v1/webhooks/crm/rotate", "keeper", "", 409, "it comes from the configuration"},
		{"GET", "/v1/webhooks/erp", "keeper", "", 200, `"previous_secret":true}`},
		{"DELETE", "/v1/webhooks/erp/previous_secret", "keeper", "", 200, `"previous_secret":false}`},
		{"DELETE", "/v1/webhooks/erp", "keeper", "", 204, ""},
		{"GET", "/v1/account", "keeper", "", 200, `{"account":"acme","client_id":"keeper","scopes":["flows:write","flow-resources:read","flow-resources:write"]`},
	} {
		answer := w.do(c.method, c.path, c.client, c.body)
		if answer.Code != c.code || !strings.Contains(answer.Body.String(), c.want) || strings.Contains(answer.Body.String(), "hidden") {
			t.Errorf("%s %s %s by %s: %d %s, want %d %s", c.method, c.path, c.body, c.client, answer.Code, answer.Body, c.code, c.want)
		}
	}
	if log := w.log.String(); strings.Contains(log, "hidden") || strings.Contains(log, "whsec_") || strings.Contains(log, "123456") {
		t.Errorf("the log tells a secret:\n%s", log)
	}
}

// What a published flow or a draft uses is not deleted, and both are named.
func TestResourcesInUse(t *testing.T) {
	s := &resourceMemory{records: map[resource.Key]resource.Record{}}
	w := newWorld(t, func(c *api.Config) { c.Resources = openRegistry(t, s) })
	w.do("PUT", "/v1/connections/crm", "keeper", `{"base":"https://crm.example.com"}`)
	w.do("PUT", "/v1/functions/plus", "keeper", `{"body":"return {}"}`)
	for id, component := range map[string]string{"asks": "execute_action, with: {connection: crm, path: /}", "runs": "run_function, with: {function: plus}"} {
		draft := "name: X\ntrigger: {component: api_request}\nstart: a\nsteps:\n  a: {component: " + component + "}\n"
		if answer := w.do("PUT", "/v1/flows/"+id+"/draft", "acceptance", draft); answer.Code != 200 {
			t.Fatal(answer.Body)
		}
	}
	for path, flow := range map[string]string{"/v1/connections/crm": "flows/asks/draft", "/v1/functions/plus": "flows/runs/draft"} {
		if answer := w.do("GET", path, "keeper", ""); !strings.Contains(answer.Body.String(), `"used_by":["`+flow+`"]`) {
			t.Errorf("%s: %s", path, answer.Body)
		}
		if answer := w.do("DELETE", path, "keeper", ""); answer.Code != 409 || !strings.Contains(answer.Body.String(), `"name":"`+flow+`"`) {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
		w.do("DELETE", "/v1/"+flow, "acceptance", "")
		if answer := w.do("DELETE", path, "keeper", ""); answer.Code != 204 {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	if answer := w.do("GET", "/v1/flows", "acceptance", ""); !strings.Contains(answer.Body.String(), `"draft":false`) {
		t.Error(answer.Body)
	}
}

// Of writers who all saw the same state, one succeeds.
func TestOneOfManyWritersSucceeds(t *testing.T) {
	s := &resourceMemory{records: map[resource.Key]resource.Record{}}
	w := newWorld(t, func(c *api.Config) { c.Resources = openRegistry(t, s) })
	race := func(method, body string, header ...string) map[int]int {
		codes := make(chan int)
		for range 8 {
			go func() {
				r := httptest.NewRequest(method, "/v1/functions/f", strings.NewReader(body))
				r.Header.Set("Authorization", "Bearer "+w.token("keeper"))
				for i := 0; i < len(header); i += 2 {
					r.Header.Set(header[i], header[i+1])
				}
				answer := httptest.NewRecorder()
				w.handler.ServeHTTP(answer, r)
				codes <- answer.Code
			}()
		}
		count := map[int]int{}
		for range 8 {
			count[<-codes]++
		}
		return count
	}
	if got := race("PUT", `{"body":"return {}"}`, "If-None-Match", "*"); got[201] != 1 || got[412] != 7 {
		t.Errorf("of eight who create it: %v", got)
	}
	tag := w.do("GET", "/v1/functions/f", "keeper", "").Header().Get("ETag")
	if got := race("PUT", `{"body":"return {a: 1}"}`, "If-Match", tag); got[200] != 1 || got[412] != 7 {
		t.Errorf("of eight who replace it: %v", got)
	}
	tag = w.do("GET", "/v1/functions/f", "keeper", "").Header().Get("ETag")
	if got := race("DELETE", "", "If-Match", tag); got[204] != 1 || got[404]+got[412] != 7 {
		t.Errorf("of eight who delete it: %v", got)
	}
	// One of the same name that came later is another.
	if answer := w.do("PUT", "/v1/functions/f", "keeper", `{"body":"return {}"}`); answer.Code != 201 || answer.Header().Get("ETag") == tag {
		t.Errorf("after it was deleted: %d, tag %s", answer.Code, answer.Header().Get("ETag"))
	}
	for _, c := range []struct{ name, value, want string }{{"If-Match", "x", "400"}, {"If-None-Match", `"x"`, "400"}, {"If-Match", `"old"`, "412"}, {"If-Match", "*", "200"}} {
		if answer := w.do("PUT", "/v1/functions/f", "keeper", `{"body":"return {}"}`, c.name, c.value); fmt.Sprint(answer.Code) != c.want {
			t.Errorf("%s: %s: %d, want %s", c.name, c.value, answer.Code, c.want)
		}
	}
}

// A disk that is full is 503, and what there was stays in use.
func TestResourcesOnAFullDisk(t *testing.T) {
	s := &resourceMemory{records: map[resource.Key]resource.Record{}}
	w := newWorld(t, func(c *api.Config) { c.Resources = openRegistry(t, s) })
	w.do("PUT", "/v1/functions/f", "keeper", `{"body":"return {}"}`)
	s.full = true
	for method, body := range map[string]string{"PUT": `{"body":"return {a: 1}"}`, "DELETE": ""} {
		if answer := w.do(method, "/v1/functions/f", "keeper", body); answer.Code != 503 {
			t.Errorf("%s: %d %s", method, answer.Code, answer.Body)
		}
	}
	var f struct{ Body string }
	if err := json.Unmarshal(w.do("GET", "/v1/functions/f", "keeper", "").Body.Bytes(), &f); err != nil || f.Body != "return {}" {
		t.Errorf("it is %+v, %v", f, err)
	}
}

package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"ringflow.test/apitest"
)

// statuses provokes what every operation can be made to answer by the same
// means.
func (c *contract) statuses(t *testing.T) {
	c.vars["LAST"] = c.last(t, c.vars["EXECUTION"])
	for _, row := range conflicts {
		c.row(t, row.request, row.body, row.status)
	}
	var large [][]byte
	for _, size := range []int{70_000, 2<<20 + 1, 10<<20 + 1} {
		large = append(large, bytes.Repeat([]byte("x"), size))
	}
	for _, o := range c.document.Operations {
		valid := func(change func(*apitest.Request)) {
			r := c.maker.Valid(o)
			change(r)
			c.ask(t, r)
		}
		if len(o.Security) > 0 {
			valid(func(r *apitest.Request) { r.Auth = apitest.AuthNone })
			valid(func(r *apitest.Request) { r.Auth = apitest.AuthScope })
		}
		valid(func(r *apitest.Request) {
			r.Query = append(r.Query, apitest.Pair{Name: "no_such_parameter", Value: "1"})
		})
		for _, p := range o.Parameters {
			switch p.In {
			case "path":
				name := "nothing-of-this-name"
				if o.Method == http.MethodPut {
					name = "something-new" // which may be there afterwards
				}
				valid(func(r *apitest.Request) { r.PathValues[p.Name] = name })
			case "header":
				valid(func(r *apitest.Request) {
					r.Header = append(r.Header, apitest.Pair{Name: p.Name, Value: `"an-older-one"`})
				})
			}
		}
		if o.RequestBody != nil {
			for _, body := range large {
				valid(func(r *apitest.Request) { r.Body = body })
			}
			valid(func(r *apitest.Request) { r.Body = nil })
		}
	}
	c.tooMany(t)
}

// last is the number of the last event of an execution that has ended.
func (c *contract) last(t *testing.T, execution string) string {
	t.Helper()
	a := c.ask(t, &apitest.Request{Operation: c.operation("executionEvents"), Method: http.MethodGet, PathValues: map[string]string{"flow_execution_id": execution},
		Header: []apitest.Pair{{Name: "Accept", Value: "application/json"}}, Query: []apitest.Pair{{Name: "limit", Value: "100"}}})
	var page struct{ Events []struct{ Seq int } }
	if err := json.Unmarshal(a.Body, &page); err != nil || len(page.Events) == 0 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	return strconv.Itoa(page.Events[len(page.Events)-1].Seq)
}

// operation returns the one of an id.
func (c *contract) operation(id string) *apitest.Operation {
	for _, o := range c.document.Operations {
		if o.OperationID == id {
			return o
		}
	}
	return nil
}

// row sends a request of a table: a method, a target and perhaps a header field.
func (c *contract) row(t *testing.T, request, body string, status int) {
	t.Helper()
	request = os.Expand(request, func(name string) string { return c.vars[name] })
	request, field, _ := strings.Cut(request, " ; ")
	method, target, _ := strings.Cut(request, " ")
	if file, ok := strings.CutPrefix(body, "@"); ok {
		text, err := os.ReadFile(c.w.path(file))
		if err != nil {
			t.Fatal(err)
		}
		body = string(text)
	}
	path, query, _ := strings.Cut(target, "?")
	o, values, _ := c.document.Find(method, path)
	if o == nil {
		t.Errorf("%s %s meets no operation", method, target)
		return
	}
	r := &apitest.Request{Operation: o, Method: method, PathValues: values, Body: []byte(body)}
	if name, value, ok := strings.Cut(field, ": "); ok {
		r.Header = append(r.Header, apitest.Pair{Name: name, Value: value})
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			r.Query = append(r.Query, apitest.Pair{Name: name, Value: url.QueryEscape(value)})
		}
	}
	a := c.ask(t, r)
	if a.Status < 300 {
		c.maker.AddValues(a.Body, values)
	}
	if a.Status != status {
		t.Errorf("%s %s: %d %s, want %d", method, target, a.Status, a.Body, status)
	}
}

// tooMany sends so many bad tokens from one address that each operation refuses
// one more. The token endpoint counts by client.
func (c *contract) tooMany(t *testing.T) {
	const from = "127.253.0.1"
	for _, o := range c.document.Operations {
		for n := 0; n < 200 && (len(o.Security) > 0 || o.Path == "/oauth/token"); n++ {
			r := c.maker.Valid(o)
			if r.Auth = apitest.AuthUnknown; o.Path == "/oauth/token" {
				r.Auth, r.Header = apitest.AuthNone, append(r.Header, apitest.Pair{Name: "Authorization", Value: "Basic Z3Vlc3M6Z3Vlc3M="})
			}
			a := c.sendFrom(from, r)
			if err := c.check(r, a); err != nil {
				t.Errorf("%s %s: %v", r.Method, r.Target(), err)
			}
			if a.Status == http.StatusTooManyRequests {
				break
			}
		}
	}
}

// conflicts are refusals that need a state of their own, in this order.
var conflicts = []struct {
	request, body string
	status        int
}{
	{"GET /v1/executions/$EXECUTION/events ; Last-Event-ID: $LAST", "", 204},
	{"POST /v1/executions/$EXECUTION/cancel", "", 409},
	{"POST /v1/calls/$EXECUTION/hangup", "", 409},
	{"POST /v1/calls/$EXECUTION/legs/$ENDED/hangup", "", 409},
	{"GET /v1/calls?flow_id=nothing-of-this-name", "", 404},
	{"GET /v1/executions?flow_id=nothing-of-this-name", "", 404},
	{"GET /v1/reports/studio_flow_execution?flow_id=nothing-of-this-name", "", 404},
	{"GET /v1/reports/studio_flow_execution/totals?flow_id=nothing-of-this-name", "", 404},
	{"PUT /v1/flows/broken/draft", "name: Broken\nsteps: 5\n", 200},
	{"POST /v1/flows/broken/publish", "", 409},
	{"GET /v1/flows/torn/versions/$TORN/diff", "", 409},
	{"DELETE /v1/prompts/hello.wav", "", 409},
	{"PUT /v1/flows/reminder/draft", "name: Reminder\ntrigger: {component: api_request}\nstart: end\nsteps: {end: {component: end_flow}}\n", 200},
	{"POST /v1/flows/reminder/publish", "", 200},
	{"DELETE /v1/prompts/hello.wav", "", 204},
	{"POST /v1/flows/reminder/versions/$OLD/publish", "", 409},
	{"POST /v1/prompts?name=hello.wav", "@hello.wav", 201},
	{`PUT /v1/prompts/hello.wav ; If-Match: "old"`, "@hello.wav", 412},
	{`DELETE /v1/prompts/hello.wav ; If-Match: "old"`, "", 412},
	{"PUT /v1/prompts/questions.wav", "RIFF", 409},
	{"PUT /v1/flows/kept/draft", "name: Kept\ntrigger: {component: api_request}\nstart: end\nsteps: {end: {component: end_flow}}\n", 200},
	{`POST /v1/flows/kept/publish ; If-Match: "old"`, "", 412},
	{`PUT /v1/flows/kept/draft ; If-Match: "old"`, "name: Kept\n", 412},
	{`DELETE /v1/flows/kept/draft ; If-Match: "old"`, "", 412},
	{"PUT /v1/connections/billing", `{"base": "https://billing.example.com"}`, 409},
	{"DELETE /v1/connections/billing", "", 409},
	{"PUT /v1/webhooks/crm", `{"url": "https://crm.example.com", "events": ["all"]}`, 409},
	{"DELETE /v1/webhooks/crm", "", 409},
	{"POST /v1/webhooks/crm/rotate", "", 409},
	{"DELETE /v1/webhooks/crm/previous_secret", "", 409},
	{"PUT /v1/connections/kept", `{"base": "https://billing.example.com"}`, 201},
	{"PUT /v1/connections/kept", `{"base": "https://billing.example.com/v2"}`, 200},
	{`DELETE /v1/connections/kept ; If-Match: "old"`, "", 412},
	{"PUT /v1/functions/kept", `{"body": "return {}"}`, 201},
	{`DELETE /v1/functions/kept ; If-Match: "old"`, "", 412},
	{"PUT /v1/secrets/kept", `{"value": "nobody knows it"}`, 201},
	{`DELETE /v1/secrets/kept ; If-Match: "old"`, "", 412},
	{"PUT /v1/functions/used", `{"body": "return {}"}`, 201},
	{"PUT /v1/flows/user/draft", "name: User\ntrigger: {component: api_request}\nstart: run\nsteps:\n  run: {component: run_function, with: {function: used}, exits: {ok: end}}\n  end: {component: end_flow}\n", 200},
	{"POST /v1/flows/user/publish", "", 200},
	{"DELETE /v1/functions/used", "", 409},
	{"PUT /v1/secrets/mine", `{"value":"sixteen characters"}`, 201},
	{"PUT /v1/secrets/mine", `{"value":"change-me and me"}`, 200},
	{"PUT /v1/connections/mine", `{"base":"https://x.example.com","auth":{"kind":"bearer","secret_name":"mine"}}`, 201},
	{"PUT /v1/connections/mine ; If-None-Match: *", `{"base":"https://x.example.com"}`, 412},
	{"DELETE /v1/secrets/mine", "", 409},
	{"PUT /v1/functions/mine", `{"body":"return {}"}`, 201},
	{"PUT /v1/functions/mine", `{"body":"return {}"}`, 200},
	{"PUT /v1/flows/uses/draft", "name: U\ntrigger: {component: api_request}\nstart: a\nsteps:\n  a: {component: run_function, with: {function: mine}, exits: {ok: b}}\n  b: {component: execute_action, with: {connection: mine, path: /}}\n", 200},
	{"DELETE /v1/functions/mine", "", 409},
	{"DELETE /v1/connections/mine", "", 409},
	{"PUT /v1/webhooks/mine", `{"url":"https://x.example.com","events":["all"],"secret_name":"mine"}`, 201},
	{"PUT /v1/webhooks/mine", `{"url":"https://x.example.com","events":["all"],"secret_name":"mine"}`, 200},
	{`PUT /v1/secrets/mine ; If-Match: "old"`, `{"value":"sixteen characters"}`, 412},
	{`PUT /v1/connections/mine ; If-Match: "old"`, `{"base":"https://x.example.com"}`, 412},
	{`PUT /v1/functions/mine ; If-Match: "old"`, `{"body":"return {}"}`, 412},
	{`PUT /v1/webhooks/mine ; If-Match: "old"`, `{"url":"https://x.example.com","events":["all"]}`, 412},
	{`DELETE /v1/webhooks/mine ; If-Match: "old"`, "", 412},
	{"PUT /v1/secrets/alone", `{"value":"x"}`, 201},
	{`DELETE /v1/secrets/alone ; If-Match: "old"`, "", 412},
	{`POST /v1/webhooks/mine/rotate ; If-Match: "old"`, "", 412},
	{`DELETE /v1/webhooks/mine/previous_secret ; If-Match: "old"`, "", 412},
	{"POST /v1/webhooks/mine/rotate", "", 409},
	{"PUT /v1/webhooks/crm", `{"url":"https://x.example.com","events":["all"]}`, 409},
}

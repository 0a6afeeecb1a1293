package main_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"ringflow/internal/openapi"
)

// statuses provokes what every operation can be made to answer by the same
// means.
func (c *contract) statuses(t *testing.T) {
	for _, row := range conflicts {
		c.row(t, row.request, row.body, row.status)
	}
	for o := range c.document.Operations() {
		good := func(change func(*openapi.Request)) {
			r := c.maker.Good(o)
			change(r)
			c.ask(t, r)
		}
		if o.Security != nil {
			good(func(r *openapi.Request) { r.Auth = openapi.AuthNone })
			good(func(r *openapi.Request) { r.Auth = openapi.AuthNarrow })
		}
		good(func(r *openapi.Request) {
			r.Query = append(r.Query, openapi.Pair{Name: "no_such_parameter", Value: "1"})
		})
		for _, p := range o.Parameters {
			switch p.In {
			case "path":
				good(func(r *openapi.Request) { r.Path[p.Name] = "nothing-of-this-name" })
			case "header":
				good(func(r *openapi.Request) {
					r.Header = append(r.Header, openapi.Pair{Name: p.Name, Value: `"an-older-one"`})
				})
			}
		}
		if o.Body != nil {
			for _, size := range []int{70_000, 1<<20 + 1, 10<<20 + 1} {
				good(func(r *openapi.Request) { r.Body = bytes.Repeat([]byte("x"), size) })
			}
			good(func(r *openapi.Request) { r.Body = nil })
		}
	}
	c.tooMany(t)
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
	o, values := c.document.Find(method, path)
	if o == nil {
		t.Errorf("%s %s meets no operation", method, target)
		return
	}
	r := &openapi.Request{Operation: o, Method: method, Path: values, Body: []byte(body)}
	if name, value, ok := strings.Cut(field, ": "); ok {
		r.Header = append(r.Header, openapi.Pair{Name: name, Value: value})
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			r.Query = append(r.Query, openapi.Pair{Name: name, Value: url.QueryEscape(value)})
		}
	}
	a := c.ask(t, r)
	if a.Status < 300 {
		c.maker.Learn(a.Body, values)
	}
	if a.Status != status {
		t.Errorf("%s %s: %d %s, want %d", method, target, a.Status, a.Body, status)
	}
}

// tooMany sends so many bad tokens from one address that each operation refuses
// one more. The token endpoint counts by client.
func (c *contract) tooMany(t *testing.T) {
	const from = "127.253.0.1"
	for o := range c.document.Operations() {
		for n := 0; n < 200 && (o.Security != nil || o.Path == "/oauth/token"); n++ {
			r := c.maker.Good(o)
			if r.Auth = openapi.AuthUnknown; o.Path == "/oauth/token" {
				r.Auth, r.Header = openapi.AuthNone, append(r.Header, openapi.Pair{Name: "Authorization", Value: "Basic Z3Vlc3M6Z3Vlc3M="})
			}
			a := c.sendFrom(from, r)
			if problem := c.judge(r, a); problem != "" {
				t.Errorf("%s %s: %s", r.Method, r.Target(), problem)
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
	{"GET /v1/executions/$EXECUTION/events ; Last-Event-ID: 9999", "", 204},
	{"POST /v1/executions/$EXECUTION/cancel", "", 409},
	{"POST /v1/calls/$EXECUTION/hangup", "", 409},
	{"PUT /v1/flows/broken/draft", "name: Broken\nsteps: 5\n", 200},
	{"POST /v1/flows/broken/publish", "", 409},
	{"DELETE /v1/prompts/hello.wav", "", 409},
	{"PUT /v1/flows/reminder/draft", "name: Reminder\ntrigger: {component: api_request}\nstart: end\nsteps: {end: {component: end_flow}}\n", 200},
	{"POST /v1/flows/reminder/publish", "", 200},
	{"DELETE /v1/prompts/hello.wav", "", 204},
	{"POST /v1/flows/reminder/versions/$OLD/publish", "", 409},
	{"POST /v1/prompts?name=hello.wav", "@hello.wav", 201},
	{`PUT /v1/prompts/hello.wav ; If-Match: "old"`, "@hello.wav", 412},
	{`DELETE /v1/prompts/hello.wav ; If-Match: "old"`, "", 412},
	{"PUT /v1/prompts/questions.wav", "RIFF", 409},
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
}

package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/client"
)

// server plays Ringflow: it counts tokens and takes the newest alone.
type server struct {
	tokens   int
	requests []*http.Request
	bodies   []string
	answer   func(n int, r *http.Request) *http.Response // nil: 200 {}
}

// RoundTrip implements http.RoundTripper, so that synthetic time can pass.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/oauth/token" {
		if user, password, _ := r.BasicAuth(); user != "shop%3A1" || password != "a%2Bb" {
			return response(401, `{"error":"invalid_client","error_description":"the secret is wrong"}`), nil
		}
		if r.UserAgent() != "test/1" {
			return response(400, `{}`), nil
		}
		s.tokens++
		text, err := json.Marshal(client.Token{AccessToken: strings.Repeat("t", s.tokens), TokenType: "Bearer", ExpiresIn: 600})
		return response(200, string(text)), err
	}
	body := ""
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(text)
	}
	s.requests, s.bodies = append(s.requests, r), append(s.bodies, body)
	if s.answer == nil {
		return response(200, `{}`), nil
	}
	res := s.answer(len(s.requests), r)
	if res == nil {
		return nil, errors.New("connection refused")
	}
	return res, nil
}

func response(status int, body string) *http.Response {
	r := httptest.NewRecorder()
	r.WriteHeader(status)
	r.WriteString(body)
	return r.Result()
}

func clientOf(t *testing.T, s *server) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{Server: "http://calls.example.com/", ID: "shop:1", Secret: "a+b", UserAgent: "test/1", HTTP: &http.Client{Transport: s}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestServerMustBeABaseURL(t *testing.T) {
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://a", "http://", "http://a?b", "http://u:p@a", "://"} {
		if _, err := client.New(client.Config{Server: bad}); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:8080") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestTokensAreFetchedWhenNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		c := clientOf(t, s)
		ask := func(tokens int) {
			t.Helper()
			if _, err := c.Flows(t.Context(), client.PageParams{}); err != nil {
				t.Fatal(err)
			}
			if s.tokens != tokens {
				t.Errorf("%d tokens were fetched, want %d", s.tokens, tokens)
			}
		}
		if _, err := c.Healthz(t.Context()); err != nil || s.tokens != 0 || s.requests[0].Header.Get("Authorization") != "" {
			t.Errorf("health needs no token: %v, %d tokens", err, s.tokens)
		}
		ask(1)
		ask(1)
		time.Sleep(569 * time.Second)
		ask(1)
		time.Sleep(time.Second)
		ask(2)
		s.answer = func(_ int, r *http.Request) *http.Response {
			if r.Header.Get("Authorization") != "Bearer ttt" {
				return response(401, `{"code":"1","message":"unauthorized"}`)
			}
			return response(200, `{}`)
		}
		ask(3) // the server has forgotten the second
		s.answer = func(int, *http.Request) *http.Response { return response(401, `{"code":"1","message":"unauthorized"}`) }
		if _, err := c.Flows(t.Context(), client.PageParams{}); err == nil || s.tokens != 4 {
			t.Errorf("refused for good: %v after %d tokens, want an error after the fourth", err, s.tokens)
		}
	})
}

func TestRequestsSayWhatTheirArgumentsSay(t *testing.T) {
	s := &server{}
	c := clientOf(t, s)
	_, err := c.CreateFlowInteraction(t.Context(), "a/b ?", map[string]any{"contact_1": "+12025550143"},
		client.CreateFlowInteractionParams{StartAt: "2026-11-22T09:00:00+01:00", IdempotencyKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	r := s.requests[0]
	if r.Method != http.MethodPost || r.URL.String() != "http://calls.example.com/flows/a%2Fb%20%3F/interactions?start_at=2026-11-22T09%3A00%3A00%2B01%3A00" {
		t.Errorf("the request goes to %s %s", r.Method, r.URL)
	}
	if r.UserAgent() != "test/1" || r.Header.Get("Idempotency-Key") != "k" || r.Header.Get("Content-Type") != "application/json" || s.bodies[0] != `{"contact_1":"+12025550143"}` {
		t.Errorf("the request is %v %s", r.Header, s.bodies[0])
	}
	if _, err := c.PutFlowDraft(t.Context(), "f", []byte("name: F")); err != nil {
		t.Fatal(err)
	}
	if r := s.requests[1]; s.bodies[1] != "name: F" || r.Header.Get("Content-Type") != "application/yaml" || len(r.Header.Values("If-Match")) > 0 {
		t.Errorf("the draft goes as %v %s", r.Header, s.bodies[1])
	}
}

func TestPages(t *testing.T) {
	s := &server{answer: func(int, *http.Request) *http.Response {
		return response(200, `{"executions":[{"flow_execution_id":"x"},{"flow_execution_id":"y"}],"next":"y","total":2,"of_a_later_server":null}`)
	}}
	got, err := clientOf(t, s).Executions(t.Context(), client.ExecutionsParams{Status: "running", PageParams: client.PageParams{Limit: 2, Cursor: "a b"}})
	if err != nil || len(got.Items) != 2 || got.Items[1].FlowExecutionID != "y" || *got.Next != "y" {
		t.Errorf("got %+v, %v", got, err)
	}
	if query := s.requests[0].URL.RawQuery; query != "cursor=a+b&limit=2&status=running" {
		t.Errorf("the query is %s", query)
	}
	s.answer = func(int, *http.Request) *http.Response { return response(200, `{"calls":[],"next":null}`) }
	if got, err := clientOf(t, s).Calls(t.Context(), client.CallsParams{Live: true}); err != nil || len(got.Items) != 0 || got.Next != nil || s.requests[1].URL.RawQuery != "live=true" {
		t.Errorf("got %+v, %v of %s", got, err, s.requests[1].URL.RawQuery)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		status int
		body   string
		says   string
	}{
		{404, `{"code":"0200014","message":"flow not found"}`, "flows: 404 Not Found (0200014): flow not found"},
		{400, `{"code":"2","message":"bad argument","description":"one is bad","fields":[{"name":"contact_1","description":"must be a number"}]}`,
			"flows: 400 Bad Request (2): bad argument: one is bad\n  contact_1: must be a number"},
		{400, `{"error":"invalid_scope","error_description":"no such scope"}`, "flows: 400 Bad Request (invalid_scope): no such scope"},
		{502, `<html>Bad gateway</html>`, "flows: 502 Bad Gateway"},
		{500, ``, "flows: 500 Internal Server Error"},
	}
	for _, test := range tests {
		s := &server{answer: func(int, *http.Request) *http.Response {
			r := response(test.status, test.body)
			r.Header.Set("Retry-After", "7")
			return r
		}}
		_, err := clientOf(t, s).Flows(t.Context(), client.PageParams{})
		var refused *client.Refusal
		if !errors.As(err, &refused) || refused.Status != test.status || refused.Error() != test.says || refused.RetryAfter != 7*time.Second {
			t.Errorf("%d %s: got %#v", test.status, test.body, err)
		}
	}
}

func TestWrongSecret(t *testing.T) {
	c, err := client.New(client.Config{Server: "http://a", ID: "shop", UserAgent: "test/1", Secret: "top-secret", HTTP: &http.Client{Transport: &server{}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Flows(t.Context(), client.PageParams{}); err == nil || !strings.Contains(err.Error(), "fetch a token: token: 401 Unauthorized (invalid_client): the secret is wrong") || strings.Contains(err.Error(), "top-secret") {
		t.Errorf("got %v", err)
	}
}

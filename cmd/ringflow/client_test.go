package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// client speaks to the API like anybody else: a token first, then requests.
type client struct {
	t    *testing.T
	base string
	http *http.Client

	mu    sync.Mutex
	token string
}

// execution is what GET /v1/executions/{id} tells.
type execution struct {
	ID        string            `json:"flow_execution_id"`
	Status    string            `json:"status"`
	Variables map[string]string `json:"variables"`
	Steps     []executionStep   `json:"steps"`
	Finished  *time.Time        `json:"finished_at"`
}

type executionStep struct {
	Order      int    `json:"order"`
	Name       string `json:"name"`
	Component  string `json:"component"`
	Exit       string `json:"exit"`
	DurationMS int64  `json:"duration_ms"`
	Error      string `json:"error"`
	SIP        *struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
		Cause  int    `json:"cause"`
		Trunk  string `json:"trunk"`
	} `json:"sip"`
}

// step returns the step with the name, failing the test if it was never entered.
func (x execution) step(t *testing.T, name string) executionStep {
	t.Helper()
	for _, s := range x.Steps {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("execution %s (%s) never entered step %s: %+v", x.ID, x.Status, name, x.Steps)
	return executionStep{}
}

// newClient has no connections kept alive, which would count as goroutines of
// the server long after they were used.
func newClient(t *testing.T, api netip.AddrPort) *client {
	return &client{t: t, base: "http://" + api.String(), http: &http.Client{
		Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
	}}
}

// bearer fetches a token once.
func (c *client) bearer() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" {
		return c.token, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"flows-interactions:start flows:read"}}
	req, err := http.NewRequest(http.MethodPost, c.base+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("acceptance", "acceptance-secret")
	var got struct {
		Token string `json:"access_token"`
	}
	if err := c.do(req, http.StatusOK, &got); err != nil {
		return "", fmt.Errorf("fetch a token: %w", err)
	}
	c.token = got.Token
	return c.token, nil
}

// do sends a request and reads the JSON of an answer with the wanted status.
func (c *client) do(req *http.Request, status int, into any) error {
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != status {
		return &refusal{status: res.StatusCode, body: string(body)}
	}
	return json.Unmarshal(body, into)
}

// refusal is an answer of another status than wanted.
type refusal struct {
	status int
	body   string
}

func (r *refusal) Error() string { return fmt.Sprintf("HTTP status %d: %s", r.status, r.body) }

// start posts an interaction and returns the execution's id.
func (c *client) start(flow string, arguments map[string]string) (string, error) {
	token, err := c.bearer()
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(arguments)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequest(http.MethodPost, c.base+"/flows/"+flow+"/interactions", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	var got map[string]string
	if err := c.do(req, http.StatusAccepted, &got); err != nil {
		return "", fmt.Errorf("start %s: %w", flow, err)
	}
	for _, key := range []string{"interaction_id", "flow_version_id", "flow_execution_id"} {
		if got[key] == "" {
			return "", fmt.Errorf("start %s: the answer has no %s: %v", flow, key, got)
		}
	}
	return got["flow_execution_id"], nil
}

// execution fetches what became of an interaction.
func (c *client) execution(id string) (execution, error) {
	token, err := c.bearer()
	if err != nil {
		return execution{}, err
	}
	req, err := http.NewRequest(http.MethodGet, c.base+"/v1/executions/"+id, nil)
	if err != nil {
		return execution{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	var x execution
	err = c.do(req, http.StatusOK, &x)
	return x, err
}

// mustStart is start for tests with nothing to learn from a refusal.
func (c *client) mustStart(flow string, arguments map[string]string) string {
	c.t.Helper()
	id, err := c.start(flow, arguments)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// outcome waits for the end of an execution.
func (c *client) outcome(id string, limit time.Duration) execution {
	c.t.Helper()
	var x execution
	within(c.t, limit, "execution "+id+" ends", func() string {
		var err error
		if x, err = c.execution(id); err != nil {
			return err.Error()
		}
		if x.Status == "accepted" || x.Status == "running" {
			return fmt.Sprintf("%s, %+v", x.Status, x.Steps)
		}
		return ""
	})
	return x
}

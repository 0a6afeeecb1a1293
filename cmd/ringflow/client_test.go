package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// client speaks to the API like anybody else.
type client struct {
	t    *testing.T
	base string
	http *http.Client
	api  *api.Client
}

// execution is what GET /v1/executions/{id} tells; what is null there is zero.
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
	Detail     string `json:"detail"`
	Error      string `json:"error"`
	SIP        *struct {
		Code       int    `json:"code"`
		Reason     string `json:"reason"`
		Cause      int    `json:"cause"`
		Trunk      string `json:"trunk"`
		EndedBy    string `json:"ended_by"`
		ReasonText string `json:"reason_text"`
		Location   string `json:"location"`
		Warning    string `json:"warning"`
		CallInfo   string `json:"call_info"`
		Verstat    string `json:"verstat"`
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

// dialer connects to an address.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// newClient has no connections kept alive, which would count as goroutines of
// the server long after they were used.
func newClient(t *testing.T, at netip.AddrPort, dial dialer) *client {
	t.Helper()
	c := &client{t: t, base: "http://" + at.String(), http: &http.Client{
		Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial},
	}}
	var err error
	if c.api, err = api.New(api.Config{Server: c.base, ID: "acceptance", Secret: "acceptance-secret", HTTP: c.http}); err != nil {
		t.Fatal(err)
	}
	return c
}

// start posts an interaction and returns the execution's id.
func (c *client) start(flow string, arguments map[string]string) (string, error) {
	body := make(map[string]any)
	for name, value := range arguments {
		body[name] = value
	}
	got, err := c.api.CreateFlowInteraction(context.Background(), flow, body, api.CreateFlowInteractionParams{})
	if err != nil {
		return "", fmt.Errorf("start %s: %w", flow, err)
	}
	if got.InteractionID == "" || got.FlowVersionID == "" || got.FlowExecutionID == "" {
		return "", fmt.Errorf("start %s: the answer lacks an id: %+v", flow, got)
	}
	return got.FlowExecutionID, nil
}

// execution fetches what became of an interaction.
func (c *client) execution(id string) (x execution, err error) {
	got, err := c.api.Execution(context.Background(), id)
	if err != nil {
		return x, err
	}
	text, err := json.Marshal(got)
	if err != nil {
		return x, err
	}
	return x, json.Unmarshal(text, &x)
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

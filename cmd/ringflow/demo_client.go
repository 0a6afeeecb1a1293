package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ringflow/flowengine"
)

// demoClient is a client of the API like any other: it knows a base URL, an
// OAuth client and nothing else.
type demoClient struct {
	base, id, secret string
	http             http.Client
	token            string
}

// interaction is what a trigger is answered with.
type interaction struct {
	InteractionID string                 `json:"interaction_id"`
	VersionID     string                 `json:"flow_version_id"`
	ExecutionID   flowengine.ExecutionID `json:"flow_execution_id"`
}

// execution is how far a run has come, as the API tells it.
type execution struct {
	Status flowengine.Status `json:"status"`
	Steps  []executionStep   `json:"steps"`
}

type executionStep struct {
	Name      string                `json:"name"`
	Component string                `json:"component"`
	Exit      flowengine.Exit       `json:"exit"`
	SIP       *flowengine.SIPResult `json:"sip"`
	Error     string                `json:"error"`
}

// login fetches a token by client credentials (RFC 6749 §4.4).
func (c *demoClient) login(ctx context.Context) error {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"flows-interactions:start flows:read"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret))
	var got struct {
		Token string `json:"access_token"`
	}
	if err := c.do(r, http.StatusOK, &got); err != nil {
		return fmt.Errorf("fetch a token: %w", err)
	}
	c.token = got.Token
	return nil
}

// start triggers a flow.
func (c *demoClient) start(ctx context.Context, flowID string, arguments map[string]string) (interaction, error) {
	body, err := json.Marshal(arguments)
	if err != nil {
		return interaction{}, err
	}
	var got interaction
	if err := c.call(ctx, http.MethodPost, "/flows/"+flowID+"/interactions", body, http.StatusAccepted, &got); err != nil {
		return interaction{}, fmt.Errorf("start %s: %w", flowID, err)
	}
	return got, nil
}

// follow asks after an execution until it has ended.
func (c *demoClient) follow(ctx context.Context, id flowengine.ExecutionID) (execution, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var got execution
		if err := c.call(ctx, http.MethodGet, "/v1/executions/"+string(id), nil, http.StatusOK, &got); err != nil {
			return execution{}, fmt.Errorf("ask after execution %s: %w", id, err)
		}
		if got.Status != flowengine.StatusAccepted && got.Status != flowengine.StatusRunning {
			return got, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return got, fmt.Errorf("wait for execution %s, which is still %s: %w", id, got.Status, ctx.Err())
		}
	}
}

func (c *demoClient) call(ctx context.Context, method, path string, body []byte, want int, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.do(r, want, into)
}

func (c *demoClient) do(r *http.Request, want int, into any) (err error) {
	response, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != want {
		return fmt.Errorf("%s answered %s, not %d: %.300s", r.URL.Path, response.Status, want, body)
	}
	return json.Unmarshal(body, into)
}

// Package platform is the system under test as its users see it: the HTTP
// contract (tokens, triggers, executions) and, for measuring, its process. It
// knows no SIP.
//
// Read client.go, execution.go, record.go, follow.go, sink.go, server.go, process.go.
package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Client talks to the API as one OAuth client. Safe for concurrent use.
type Client struct {
	base, id, secret string
	http             *http.Client

	mu    sync.Mutex
	token string
}

// Accepted is the answer to a trigger.
type Accepted struct {
	InteractionID string `json:"interaction_id"`
	VersionID     string `json:"flow_version_id"`
	ExecutionID   string `json:"flow_execution_id"`
	// Asked is when the request was handed to the connection, Answered when its
	// whole answer had been read.
	Asked, Answered time.Time `json:"-"`
}

// NewClient talks to http://ADDRESS; connections is how many may stay open.
func NewClient(address, id, secret string, connections int) *Client {
	transport := &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections, DisableCompression: true}
	return &Client{base: "http://" + address, id: id, secret: secret,
		http: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// Authorize fetches a token by client credentials (RFC 6749 §4.4) with Basic.
func (c *Client) Authorize(ctx context.Context) error {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"flows-interactions:start flows:read"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.SetBasicAuth(c.id, c.secret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		AccessToken string  `json:"access_token"`
		TokenType   string  `json:"token_type"`
		ExpiresIn   float64 `json:"expires_in"`
	}
	if err := c.do(r, http.StatusOK, &answer); err != nil {
		return fmt.Errorf("fetch token: %w", err)
	}
	if answer.AccessToken == "" || !strings.EqualFold(answer.TokenType, "bearer") || answer.ExpiresIn <= 0 {
		return fmt.Errorf("fetch token: type %q, expires in %v, %d bytes of token", answer.TokenType, answer.ExpiresIn, len(answer.AccessToken))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = answer.AccessToken
	return nil
}

// StatusError is an answer that came, with another status than it should have.
type StatusError struct {
	Request string // method and path
	Status  int
	Text    string // the body
}

// Error implements error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: %d %s: %s", e.Request, e.Status, http.StatusText(e.Status), e.Text)
}

// Wish is what a trigger may ask for besides its arguments.
type Wish struct {
	Key     string    // Idempotency-Key, "" for none
	StartAt time.Time // zero is at once
}

// Start triggers the flow; anything but 202 with its three ids is an error.
func (c *Client) Start(ctx context.Context, flow string, arguments map[string]string) (Accepted, error) {
	return c.StartAs(ctx, flow, arguments, Wish{})
}

// StartAs is Start with options. An error that is no *StatusError leaves open
// whether the trigger arrived.
func (c *Client) StartAs(ctx context.Context, flow string, arguments map[string]string, wish Wish) (Accepted, error) {
	body, err := json.Marshal(arguments)
	if err != nil {
		return Accepted{}, err
	}
	path := c.base + "/flows/" + flow + "/interactions"
	if !wish.StartAt.IsZero() {
		path += "?" + url.Values{"start_at": {wish.StartAt.UTC().Format(time.RFC3339Nano)}}.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return Accepted{}, err
	}
	if wish.Key != "" {
		r.Header.Set("Idempotency-Key", wish.Key)
	}
	r.Header.Set("Content-Type", "application/json")
	c.bear(r)
	a := Accepted{Asked: time.Now()}
	if err := c.do(r, http.StatusAccepted, &a); err != nil {
		return a, fmt.Errorf("start %s: %w", flow, err)
	}
	a.Answered = time.Now()
	if a.InteractionID == "" || a.VersionID == "" || a.ExecutionID == "" {
		return a, fmt.Errorf("start %s: 202 without its three ids: %+v", flow, a)
	}
	return a, nil
}

// Execution reads the state of one execution.
func (c *Client) Execution(ctx context.Context, id string) (Execution, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/v1/executions/"+id, nil)
	if err != nil {
		return Execution{}, err
	}
	c.bear(r)
	var e Execution
	if err := c.do(r, http.StatusOK, &e); err != nil {
		return e, fmt.Errorf("read execution %s: %w", id, err)
	}
	return e, nil
}

// Ended reads the execution until it is in an end state or the time is up.
func (c *Client) Ended(ctx context.Context, id string, within time.Duration) (Execution, error) {
	deadline := time.Now().Add(within)
	for {
		e, err := c.Execution(ctx, id)
		if err == nil && e.Final() {
			return e, nil
		}
		if time.Now().After(deadline) {
			if err == nil {
				err = fmt.Errorf("execution %s is still %s after %s", id, e.Status, within)
			}
			return e, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Ready tells whether /readyz answers 200 now.
func (c *Client) Ready(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/readyz", nil)
	if err != nil {
		return err
	}
	return c.do(r, http.StatusOK, nil)
}

func (c *Client) bear(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Header.Set("Authorization", "Bearer "+c.token)
}

func (c *Client) do(r *http.Request, want int, into any) error {
	answer, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return err
	}
	if answer.StatusCode != want {
		return &StatusError{r.Method + " " + r.URL.Path, answer.StatusCode, string(bytes.TrimSpace(text))}
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s %s: %w in %s", r.Method, r.URL.Path, err, text)
	}
	return nil
}

package platform

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Event is one event of an execution's journal, as followers and webhooks get it.
type Event struct {
	Execution string            `json:"flow_execution_id"`
	Sequence  int               `json:"seq"`
	Kind      string            `json:"kind"`
	Status    string            `json:"status"`
	Variables map[string]string `json:"variables"`
	Leg       *Leg              `json:"leg"`
}

// Leg says which leg an event is about.
type Leg struct {
	ID string `json:"id"`
	To string `json:"to"`
}

// Follower reads the account's server-sent events and goes on where it was
// after the connection broke. It may be used by several goroutines.
type Follower struct {
	client *Client
	mu     sync.Mutex
	last   string
}

// NewFollower follows from the first connection on.
func NewFollower(c *Client) *Follower { return &Follower{client: c} }

// Last is the id of the last event that came.
func (f *Follower) Last() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// Follow hands on events until the connection ends, and returns why. opened is
// called when the server has begun to tell.
func (f *Follower) Follow(ctx context.Context, opened func(), each func(Event)) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.client.base+"/v1/events", nil)
	if err != nil {
		return err
	}
	f.client.bear(r)
	if last := f.Last(); last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := (&http.Client{Transport: f.client.http.Transport}).Do(r) // no limit to the whole answer
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return &StatusError{"GET /v1/events", answer.StatusCode, ""}
	}
	opened()
	id, lines := "", bufio.NewReader(answer.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("follow events: %w", err)
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			var e Event
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				return fmt.Errorf("follow events: %w in %s", err, value)
			}
			each(e)
			f.mu.Lock()
			f.last = id
			f.mu.Unlock()
		}
	}
}

package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Limits of Follow.
const (
	followTries = 20               // in a row without an event, before it gives up
	followPause = time.Second      // between them
	maxEvent    = 1 << 20          // bytes of one event
	silence     = 60 * time.Second // the server sends a sign of life every 15 s
)

// StreamEvent is an event as a stream tells it (HTML Living Standard §9.2).
type StreamEvent struct {
	ID   string // what Last-Event-ID takes
	Data []byte // as it came, JSON
	Event
}

// Follow calls yield with every event of an execution's journal, in order and
// each once, until the last one, however often the connection breaks. An error
// of yield ends it and is returned. A refusal is returned at once, any other
// error when it keeps coming back.
func (c *Client) Follow(ctx context.Context, executionID string, yield func(StreamEvent) error) error {
	seq := 0
	f := follower{what: "execution " + executionID, open: func(ctx context.Context, last string) (*http.Response, error) {
		return c.ExecutionEvents(ctx, executionID, ExecutionEventsParams{LastEventID: last})
	}, yield: func(e StreamEvent) error {
		if e.Seq <= seq {
			return nil
		}
		if err := yield(e); err != nil {
			return err
		}
		seq = e.Seq
		return nil
	}}
	return f.run(ctx)
}

// FollowFlow calls yield with the events of all executions of a flow as they
// happen, those after the event with the ID after or, if that is "", from now
// on. If that event is unknown, yield is first told so by one without an ID, and
// then of the events of the last day. It ends when ctx does, and otherwise as Follow does.
func (c *Client) FollowFlow(ctx context.Context, flowID, after string, yield func(StreamEvent) error) error {
	f := follower{what: "flow " + flowID, last: after, yield: yield, open: func(ctx context.Context, last string) (*http.Response, error) {
		return c.FlowEvents(ctx, flowID, FlowEventsParams{LastEventID: last})
	}}
	return f.run(ctx)
}

// FollowAccount is FollowFlow for all flows of the account.
func (c *Client) FollowAccount(ctx context.Context, after string, yield func(StreamEvent) error) error {
	f := follower{what: "account", last: after, yield: yield, open: func(ctx context.Context, last string) (*http.Response, error) {
		return c.Events(ctx, EventsParams{LastEventID: last})
	}}
	return f.run(ctx)
}

// follower reads a stream across connections.
type follower struct {
	what  string
	open  func(ctx context.Context, last string) (*http.Response, error)
	yield func(StreamEvent) error
	last  string // the ID of the newest event
}

func (f *follower) run(ctx context.Context) error {
	tries := 0
	for {
		before, began := f.last, time.Now()
		over, err := f.once(ctx)
		var refused *Refusal
		var theirs *yieldError
		switch {
		case over:
			return nil
		case errors.As(err, &theirs):
			return theirs.err
		case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		advanced := f.last != before
		if tries++; advanced || time.Since(began) > silence {
			tries = 0
		}
		if err == nil && advanced {
			continue // the end of the journal, or a server that hands over
		}
		if tries == followTries {
			return fmt.Errorf("follow %s: the connection keeps breaking: %w", f.what, err)
		}
		wait := followPause
		if refused != nil {
			wait = max(wait, refused.RetryAfter)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// yieldError marks an error that is the caller's own.
type yieldError struct{ err error }

func (e *yieldError) Error() string { return e.err.Error() }

// once reads one connection's events and reports whether the journal is at its
// end, which the server says by 204 to whoever has its last event.
func (f *follower) once(ctx context.Context) (over bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(fmt.Errorf("nothing came for %s", silence)) })
	defer quiet.Stop()
	res, err := f.open(ctx, f.last)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNoContent {
		return true, nil
	}
	err = readEvents(res.Body, func() { quiet.Reset(silence) }, func(e StreamEvent) error {
		if err := json.Unmarshal(e.Data, &e.Event); err != nil {
			return fmt.Errorf("read event %s: %w", e.ID, err)
		}
		if err := f.yield(e); err != nil {
			return &yieldError{err}
		}
		if e.ID != "" { // without one it is no event of a journal, but says that the last was unknown
			f.last = e.ID
		}
		return nil
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return false, err
}

// readEvents reads a stream of events to its end. alive is told of every line.
func readEvents(r io.Reader, alive func(), yield func(StreamEvent) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	var e StreamEvent
	var data []string
	for lines.Scan() {
		alive()
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if data != nil {
				e.Data = []byte(strings.Join(data, "\n"))
				if err := yield(e); err != nil {
					return err
				}
			}
			e, data = StreamEvent{}, nil
		case name == "id":
			e.ID = value
		case name == "event":
			e.Kind = value
		case name == "data":
			data = append(data, value)
		}
	}
	return lines.Err()
}

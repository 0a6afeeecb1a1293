package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
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

// Event is a server-sent event (HTML Living Standard §9.2) of an execution's
// journal.
type Event struct {
	ID   int    // its number in the journal, from 1
	Kind string // such as step_left
	Data []byte // JSON
}

// Follow calls yield with every event of an execution's journal, in order and
// each once, until the last one, however often the connection breaks. An error
// of yield ends it and is returned. A refusal is returned at once, any other
// error when it keeps coming back.
func (c *Client) Follow(ctx context.Context, executionID string, yield func(Event) error) error {
	last, tries := 0, 0
	for {
		before := last
		over, err := c.followOnce(ctx, executionID, &last, yield)
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
		if tries++; last > before {
			tries = 0
		}
		if err == nil && last > before {
			continue // the end of the journal, or a server that hands over
		}
		if tries == followTries {
			return fmt.Errorf("follow execution %s: the connection keeps breaking: %w", executionID, err)
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

// followOnce reads one connection's events and reports whether the journal is
// at its end, which the server says by 204 to whoever has its last event.
func (c *Client) followOnce(ctx context.Context, executionID string, last *int, yield func(Event) error) (over bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(fmt.Errorf("nothing came for %s", silence)) })
	defer quiet.Stop()
	res, err := c.ExecutionEvents(ctx, executionID, ExecutionEventsParams{LastEventID: *last})
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNoContent {
		return true, nil
	}
	err = readEvents(res.Body, func() { quiet.Reset(silence) }, func(e Event) error {
		if e.ID <= *last {
			return nil
		}
		if err := yield(e); err != nil {
			return &yieldError{err}
		}
		*last = e.ID
		return nil
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return false, err
}

// readEvents reads a stream of events to its end. alive is told of every line.
func readEvents(r io.Reader, alive func(), yield func(Event) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	var e Event
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
			e, data = Event{}, nil
		case name == "id":
			var err error
			if e.ID, err = strconv.Atoi(value); err != nil {
				return fmt.Errorf("read events: the id %q is not a number", value)
			}
		case name == "event":
			e.Kind = value
		case name == "data":
			data = append(data, value)
		}
	}
	return lines.Err()
}

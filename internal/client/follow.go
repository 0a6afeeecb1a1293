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

// StreamEvent is an event of a journal as a stream has it (HTML Living Standard §9.2).
type StreamEvent struct {
	Seq  int    // its number, which the stream calls its id
	Data []byte // as it came, JSON
}

// Follow calls yield with every event of an execution's journal, in order and
// each once, until the last one, however often the connection breaks. An error
// of yield ends it and is returned. A refusal is returned at once, any other
// error when it keeps coming back.
func (c *Client) Follow(ctx context.Context, executionID string, yield func(StreamEvent) error) error {
	last, tries := 0, 0
	var failed error // of yield
	next := func(e StreamEvent) error {
		if e.Seq <= last { // sent again, or no event of a journal, such as last_event_id_unknown
			return nil
		}
		if failed = yield(e); failed == nil {
			last = e.Seq
		}
		return failed
	}
	for {
		before, began := last, time.Now()
		over, err := c.followOnce(ctx, executionID, last, next)
		var refused *Refusal
		switch {
		case over || failed != nil:
			return failed
		case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		advanced := last != before
		if tries++; advanced || time.Since(began) > silence {
			tries = 0
		}
		if err == nil && advanced {
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

// followOnce reads the events after the last over one connection, and reports whether the
// journal is at its end, which the server says by 204 to whoever has its last event.
func (c *Client) followOnce(ctx context.Context, executionID string, last int, yield func(StreamEvent) error) (over bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(fmt.Errorf("nothing came for %s", silence)) })
	defer quiet.Stop()
	var p ExecutionEventsParams
	if last > 0 {
		p.LastEventID = strconv.Itoa(last)
	}
	res, err := c.ExecutionEvents(ctx, executionID, p)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNoContent {
		return true, nil
	}
	err = readEvents(res.Body, func() { quiet.Reset(silence) }, yield)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return false, err
}

// readEvents reads a stream of events to its end. alive is told of every line.
func readEvents(r io.Reader, alive func(), yield func(StreamEvent) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	seq := 0
	var data []string
	for lines.Scan() {
		alive()
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if data != nil {
				if err := yield(StreamEvent{seq, []byte(strings.Join(data, "\n"))}); err != nil {
					return err
				}
			}
			seq, data = 0, nil
		case name == "id":
			seq, _ = strconv.Atoi(value)
		case name == "data":
			data = append(data, value)
		}
	}
	return lines.Err()
}

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"ringflow/flowengine"
)

// Limits of event streams.
const (
	maxStreams   = 1000
	pingEvery    = 15 * time.Second // keeps proxies from closing a quiet stream
	eventTimeout = 10 * time.Second // for a client to take what is written
)

// eventStream is the media type of server-sent events.
const eventStream = "text/event-stream"

// streamEvent is the data of an event of every stream: a line of a journal, and
// whose.
type streamEvent struct {
	FlowExecutionID flowengine.ExecutionID `json:"flow_execution_id"`
	FlowID          string                 `json:"flow_id"`
	flowengine.Event
}

// events streams an execution's journal as server-sent events (HTML Living
// Standard §9.2): GET /v1/executions/{flow_execution_id}/events. The id of an
// event is its number in the journal, so that a client that was cut off goes
// on where it was. The stream ends with the journal; a client that comes back
// after that is told by 204 not to try again.
func (a *api) events(w http.ResponseWriter, req *request) error {
	id, last := flowengine.ExecutionID(req.PathValue("flow_execution_id")), 0
	if text := req.Header.Get("Last-Event-ID"); text != "" {
		var err error
		if last, err = strconv.Atoi(text); err != nil || last < 0 {
			return badParameter("Last-Event-ID", "must be the number of an event")
		}
	}
	if err := a.enterStream(); err != nil {
		return err
	}
	defer a.streams.Add(-1)
	changed, stop := a.config.Executions.Watch(id)
	defer stop()
	h, err := a.config.Executions.History(req.Context(), req.Account, id)
	if err != nil {
		return err
	}
	if n := len(h.Events); !h.FinishedAt.IsZero() && (n == 0 || last >= h.Events[n-1].Seq) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	s := newStream(w)
	if s.last = last; req.Method == http.MethodHead {
		return nil
	}
	return a.follow(req, s, h, changed)
}

// enterStream counts one more stream, unless there are too many.
func (a *api) enterStream() error {
	if a.streams.Add(1) <= maxStreams {
		return nil
	}
	a.streams.Add(-1)
	return &refusal{status: http.StatusServiceUnavailable, code: codeUnavailable, message: "unavailable",
		description: "too many event streams are open", retryAfter: retryWhenDraining}
}

// follow writes what is new until the execution or the client ends, or the
// server closes.
func (a *api) follow(req *request, s *stream, h flowengine.History, changed <-chan struct{}) error {
	ctx, closing := req.Context(), closingOf(req.Context())
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		if err := s.write(h); err != nil || !h.FinishedAt.IsZero() {
			return nil //nolint:nilerr // the client has gone
		}
		select {
		case <-changed:
			var err error
			if h, err = a.config.Executions.History(ctx, req.Account, h.ID); err != nil {
				return err
			}
		case <-ping.C:
			if s.comment() != nil {
				return nil
			}
		case <-ctx.Done():
			return nil
		case <-closing:
			return nil
		}
	}
}

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    int // number of the last event written
}

// newStream begins an answer of events.
func newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", eventStream)
	return &stream{w: w, control: http.NewResponseController(w)}
}

// write sends those of the events that are new.
func (s *stream) write(h flowengine.History) error {
	for _, e := range h.Events {
		if e.Seq <= s.last {
			continue
		}
		if err := s.event(strconv.Itoa(e.Seq), streamEvent{h.ID, h.FlowID, e}); err != nil {
			return err
		}
		s.last = e.Seq
	}
	return s.control.Flush()
}

// event sends one.
func (s *stream) event(id string, e streamEvent) error {
	e.At = e.At.UTC()
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	s.extend()
	_, err = fmt.Fprintf(s.w, "id: %s\nevent: %s\ndata: %s\n\n", id, e.Kind, data)
	return err
}

// comment sends a line that clients ignore.
func (s *stream) comment() error {
	s.extend()
	if _, err := s.w.Write([]byte(": still here\n\n")); err != nil {
		return err
	}
	return s.control.Flush()
}

// extend lifts the server's limit on the whole answer and sets one on this
// part. A writer that knows no limits needs none.
func (s *stream) extend() { _ = s.control.SetWriteDeadline(time.Now().Add(eventTimeout)) }

// closingKey is where a request's context holds the channel that is closed when
// the server shuts down.
type closingKey struct{}

// closingOf returns that channel, nil outside of NewServer's servers.
func closingOf(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(closingKey{}).(<-chan struct{})
	return c
}

package api

import (
	"context"
	"net/http"
	"strconv"

	"ringflow/flowengine"
)

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
	leave, err := a.enterStream(req.Account)
	if err != nil {
		return err
	}
	defer leave()
	changed, stop := a.config.Executions.Watch(id)
	defer stop()
	h, err := a.config.Executions.HistoryAfter(req.Context(), req.Account, id, last)
	if err != nil {
		return err
	}
	if !h.FinishedAt.IsZero() && len(h.Events) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	s := a.newStream(w, req)
	defer s.close()
	if req.Method == http.MethodHead {
		return nil
	}
	return a.follow(s, h, last, changed)
}

// follow writes what is new until the execution or the stream ends. It reads
// each part of the journal once.
func (a *api) follow(s *stream, h flowengine.History, last int, changed <-chan struct{}) error {
	for {
		for _, e := range h.Events {
			if err := s.event(strconv.Itoa(e.Seq), streamEvent{h.ID, h.FlowID, e}); err != nil {
				return nil //nolint:nilerr // the client has gone
			}
			last = e.Seq
		}
		if err := s.control.Flush(); err != nil || !h.FinishedAt.IsZero() || !s.await(changed) {
			return nil //nolint:nilerr // the client has gone
		}
		var err error
		if h, err = a.config.Executions.HistoryAfter(s.req.Context(), s.req.Account, h.ID, last); err != nil {
			return err
		}
	}
}

// closingKey is where a request's context holds the channel that is closed when
// the server shuts down.
type closingKey struct{}

// closingOf returns that channel, nil outside of NewServer's servers.
func closingOf(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(closingKey{}).(<-chan struct{})
	return c
}

package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"ringflow/flowengine/record"
)

// events streams an execution's journal as server-sent events (HTML Living
// Standard §9.2): GET /v1/executions/{flow_execution_id}/events. The id of an
// event is its number in the journal, so that a client that was cut off goes
// on where it was; one that names an unknown event gets all of the journal,
// after last_event_id_unknown. The stream ends with the journal; a client that connects
// again is answered 204, which ends its retries. With Accept: application/json the
// response is a page.
func (a *api) events(req *request) (any, error) {
	if prefersJSON(req.Request) {
		return a.journalPage(req)
	}
	if err := ofPages(req); err != nil {
		return nil, err
	}
	id := req.execution()
	release, err := a.acquireStream(req.Account)
	if err != nil {
		return nil, err
	}
	defer release()
	changed, stop := a.config.Executions.Watch(id)
	defer stop()
	h, last, known, err := a.journalFrom(req, id, req.Header.Get("Last-Event-ID"))
	if err != nil {
		return nil, err
	}
	if !h.FinishedAt.IsZero() && len(h.Events) == 0 {
		req.answer.WriteHeader(http.StatusNoContent)
		return nil, nil
	}
	s := a.newStream(req)
	defer s.close()
	if req.Method == http.MethodHead {
		return nil, nil
	}
	if !known && s.sendLastEventUnknown(req.Header.Get("Last-Event-ID")) != nil {
		return nil, nil
	}
	return nil, a.follow(s, h, last, changed)
}

// journalFrom reads the journal from the event on that a client had last. known is
// false if it has no such event: then it is read from its beginning.
func (a *api) journalFrom(req *request, id record.ExecutionID, text string) (h record.History, last int, known bool, err error) {
	after := func(seq int) (record.History, error) {
		return a.config.Executions.HistoryAfter(req.Context(), req.Account, id, seq)
	}
	if last, err = strconv.Atoi(cmp.Or(text, "0")); err == nil && last > 0 {
		if h, err = after(last - 1); err != nil {
			return h, 0, false, err
		}
		if len(h.Events) > 0 && h.Events[0].Seq == last {
			h.Events = h.Events[1:]
			return h, last, true, nil
		}
	}
	known = err == nil && last == 0
	h, err = after(0)
	return h, 0, known, err
}

// follow writes what is new until the execution or the stream ends. It reads
// each part of the journal once.
func (a *api) follow(s *stream, h record.History, last int, changed <-chan struct{}) error {
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

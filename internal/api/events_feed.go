package api

import (
	"context"
	"errors"
	"net/http"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// EventFeed follows the events of all executions in the order in which they were
// written. It is satisfied by store.Store, which documents the methods.
type EventFeed interface {
	CursorAfter(ctx context.Context, account, after string) (record.Cursor, error)
	OldestCursor(ctx context.Context) (record.Cursor, error)
	Events(ctx context.Context, account, flowID string, m record.Cursor) ([]record.FeedEvent, record.Cursor, error)
	EventsOfAccounts(ctx context.Context, m record.Cursor, wanted func(account string) bool) ([]record.FeedEvent, record.Cursor, error)
	WatchAll() (changed <-chan struct{}, stop func())
}

func feedRoutes() []route {
	read := []string{auth.ScopeFlowsRead}
	parameters := append([]parameter{{name: "Last-Event-ID", in: "header", doc: "Of streams: the id of the last event received, EXECUTION.NUMBER, at most a day old. Without it, what happens from now on is sent.", sample: ""}},
		eventPageParameters("the id of an event, EXECUTION.NUMBER, at most a day old. Without it, the pages begin a day ago.")...)
	answers := []content{{status: 200, sample: eventList}, {status: 200, media: eventStream, sample: streamed{}}}
	return []route{{
		method: http.MethodGet, path: "/v1/events", scopes: read, parameters: parameters,
		handle:  func(a *api, req *request) (any, error) { return a.streamFeed(req, "") },
		summary: "Follow the events of all executions of the account as server-sent events, each once, in the order of the record. With Accept: application/json, list those of the last day.",
		answers: answers, errors: []int{400, 429},
	}, {
		method: http.MethodGet, path: "/v1/flows/{flow_id}/events", scopes: read, handle: ofFlow((*api).flowEvents), parameters: parameters,
		summary: "Follow the events of all executions of a flow. With Accept: application/json, list those of the last day.",
		answers: answers, errors: []int{400, 404, 429},
	}}
}

// flowEvents streams the events of a flow: GET /v1/flows/{flow_id}/events.
func (a *api) flowEvents(req *request, flowID string) (any, error) {
	found, err := a.config.Versions.FlowVersions(req.Context(), req.Account, flowID)
	if err != nil {
		return nil, err
	}
	return a.streamFeed(req, found[0].FlowID)
}

// streamFeed streams what is written until the client disconnects or the server closes.
func (a *api) streamFeed(req *request, flowID string) (any, error) {
	if prefersJSON(req.Request) {
		return a.feedPage(req, flowID)
	}
	if err := ofPages(req); err != nil {
		return nil, err
	}
	release, err := a.acquireStream(req.Account)
	if err != nil {
		return nil, err
	}
	defer release()
	ctx := req.Context()
	subscriber, err := a.broadcaster.subscribe(ctx, req.Account, flowID)
	if err != nil {
		return nil, err
	}
	defer a.broadcaster.unsubscribe(subscriber)
	last := req.Header.Get("Last-Event-ID")
	at, err := a.config.EventFeed.CursorAfter(ctx, req.Account, last)
	unknown := errors.Is(err, record.ErrBadCursor)
	if unknown { // an EventSource never retries after an error status
		at, err = a.config.EventFeed.OldestCursor(ctx)
	}
	if err != nil {
		return nil, err
	}
	s := a.newStream(req)
	defer s.close()
	if s.comment("from here on") != nil || req.Method == http.MethodHead || unknown && s.sendLastEventUnknown(last) != nil {
		return nil, nil
	}
	for more := true; ; {
		if more {
			if at, err = a.replay(s, flowID, at); err != nil {
				return nil, err
			}
		}
		if !s.await(subscriber.changed) {
			return nil, nil
		}
		var events []record.FeedEvent
		var upTo int64
		if events, upTo, more = subscriber.pull(at.Row); upTo > at.Row {
			at = record.Cursor{Row: upTo}
		}
		if err := s.sendAll(events); err != nil {
			return nil, nil //nolint:nilerr // the client has gone
		}
	}
}

// replay sends what the record has after a cursor, and returns the cursor after it.
func (a *api) replay(s *stream, flowID string, at record.Cursor) (record.Cursor, error) {
	for {
		events, next, err := a.config.EventFeed.Events(s.req.Context(), s.req.Account, flowID, at)
		if err != nil || next == at {
			return at, err
		}
		if at = next; s.sendAll(events) != nil || s.ended() {
			return at, nil
		}
	}
}

// sendAll sends events of several executions.
func (s *stream) sendAll(events []record.FeedEvent) error {
	if len(events) == 0 {
		return nil
	}
	for _, e := range events {
		if err := s.event(feedEventID(e.Execution, e.Event.Seq), streamEvent{e.Execution, e.FlowID, e.Event}); err != nil {
			return err
		}
	}
	return s.control.Flush()
}

package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"ringflow/flowengine/record"
)

// eventList is the sample of a page of events.
var eventList = list{name: "events", items: []streamEvent{},
	doc: "The cursor of the next page; null at the end of what there is. The id of any event is a cursor too, to ask later for what came after it."}

// eventPageParameters select a page of events, not of a stream.
func eventPageParameters(cursor string) []parameter {
	all := pageParameters()
	all[0].doc = "Of pages: " + lower(all[0].doc)
	all[1].doc = "Of pages: the next of the answer before, or " + cursor
	return all
}

func lower(text string) string { return string(text[0]|0x20) + text[1:] }

// ofPages refuses parameters of pages in a request for a stream.
func ofPages(r *http.Request) error {
	for _, p := range pageParameters() {
		if r.URL.Query().Has(p.name) {
			return badParameter(p.name, "has a meaning only for pages: send Accept: application/json")
		}
	}
	return nil
}

// journalPage shows a part of an execution's journal, from its beginning on.
func (a *api) journalPage(w http.ResponseWriter, req *request) error {
	query := req.URL.Query()
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	last := 0
	if cursor := query.Get("cursor"); cursor != "" {
		if last, err = strconv.Atoi(cursor); err != nil || last < 0 {
			return badParameter("cursor", "must be the number of an event")
		}
	}
	h, err := a.config.Executions.HistoryAfter(req.Context(), req.Account, record.ExecutionID(req.PathValue("flow_execution_id")), last)
	if err != nil {
		return err
	}
	var all []streamEvent
	for _, e := range h.Events {
		all = append(all, streamEvent{h.ID, h.FlowID, e})
	}
	showEvents(w, all, limit, func(e streamEvent) string { return strconv.Itoa(e.Seq) })
	return nil
}

// feedPage shows a page of the events of the account, or of one flow, from a day ago on.
func (a *api) feedPage(w http.ResponseWriter, req *request, flowID string) error {
	query, ctx := req.URL.Query(), req.Context()
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	var at record.Cursor
	if cursor := query.Get("cursor"); cursor == "" {
		at, err = a.config.EventFeed.OldestCursor(ctx)
	} else if at, err = a.config.EventFeed.CursorAfter(ctx, req.Account, cursor); errors.Is(err, record.ErrBadCursor) {
		return badParameter("cursor", "must be the id of an event of the account that is at most a day old")
	}
	var all []streamEvent
	for more := err == nil; more && len(all) <= limit; {
		var events []record.FeedEvent
		before := at
		if events, at, err = a.config.EventFeed.Events(ctx, req.Account, flowID, at); err != nil {
			break
		}
		for _, e := range events {
			all = append(all, streamEvent{e.Execution, e.FlowID, e.Event})
		}
		more = at != before
	}
	if err != nil {
		return err
	}
	showEvents(w, all, limit, func(e streamEvent) string { return feedEventID(e.FlowExecutionID, e.Seq) })
	return nil
}

// feedEventID names an event among those of all executions.
func feedEventID(x record.ExecutionID, seq int) string { return fmt.Sprintf("%s.%d", x, seq) }

func showEvents(w http.ResponseWriter, all []streamEvent, limit int, id func(streamEvent) string) {
	page, next := pageOf(all, limit, id)
	w.Header().Set("Vary", "Accept")
	_ = writeJSON(w, http.StatusOK, listOf("events", page, next, func(e streamEvent) streamEvent {
		e.At = shownTime(e.At)
		return e
	}))
}

package api

import (
	"errors"
	"fmt"
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
func ofPages(req *request) error {
	for _, p := range pageParameters() {
		if req.query.Has(p.name) {
			return badParameter(p.name, "has a meaning only for pages: send Accept: application/json")
		}
	}
	return nil
}

// journalPage shows a part of an execution's journal, from its beginning on.
func (a *api) journalPage(req *request) (any, error) {
	last, err := 0, error(nil)
	if cursor := req.query.Get("cursor"); cursor != "" {
		if last, err = strconv.Atoi(cursor); err != nil || last < 0 {
			return nil, badParameter("cursor", "must be the number of an event")
		}
	}
	h, err := a.config.Executions.HistoryAfter(req.Context(), req.Account, req.execution(), last)
	if err != nil {
		return nil, err
	}
	var all []streamEvent
	for _, e := range h.Events {
		all = append(all, streamEvent{h.ID, h.FlowID, e})
	}
	return showEvents(req, all, func(e streamEvent) string { return strconv.Itoa(e.Seq) }), nil
}

// feedPage shows a page of the events of the account, or of one flow, from a day ago on.
func (a *api) feedPage(req *request, flowID string) (any, error) {
	ctx := req.Context()
	var at record.Cursor
	var err error
	if cursor := req.query.Get("cursor"); cursor == "" {
		at, err = a.config.EventFeed.OldestCursor(ctx)
	} else if at, err = a.config.EventFeed.CursorAfter(ctx, req.Account, cursor); errors.Is(err, record.ErrBadCursor) {
		return nil, badParameter("cursor", "must be the id of an event of the account that is at most a day old")
	}
	var all []streamEvent
	for more := err == nil; more && len(all) <= req.number("limit"); {
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
		return nil, err
	}
	return showEvents(req, all, func(e streamEvent) string { return feedEventID(e.FlowExecutionID, e.Seq) }), nil
}

// feedEventID names an event among those of all executions.
func feedEventID(x record.ExecutionID, seq int) string { return fmt.Sprintf("%s.%d", x, seq) }

func showEvents(req *request, all []streamEvent, id func(streamEvent) string) list {
	page, next := pageOf(req, all, id)
	req.answer.Header().Set("Vary", "Accept")
	return listOf("events", page, next, func(e streamEvent) streamEvent {
		e.At = shownTime(e.At)
		return e
	})
}

package api

import (
	"errors"
	"net/url"
	"time"

	"ringflow/flowengine/record"
)

// The parameters that say when an interaction is to begin. They stand in the
// query because every name in the body is an argument of the flow.
const (
	paramStartAt = "start_at"
	paramHours   = "calling_hours"
	paramZone    = "time_zone"
)

func timingParameters() []parameter {
	return []parameter{
		{name: paramStartAt, in: "query", doc: "When to begin (RFC 3339), at most 30 days ahead. A time of the last 5 minutes means at once, one before them is refused. By default at once.", sample: time.Time{}},
		{name: paramHours, in: "query", doc: "Between which times of day to begin, such as 09:00-17:30; outside of them, also if the server was down in between, it waits for the next. 21:00-02:00 goes over midnight.", sample: ""},
		{name: paramZone, in: "query", doc: "The time zone of calling_hours, such as Europe/Berlin; without them it is refused. By default UTC.", sample: ""},
	}
}

// maxAhead is how far ahead a start may lie.
const maxAhead = 30 * 24 * time.Hour

// maxPast is how far a start may lie in the past, for clocks that differ and delayed
// requests. An earlier one is a mistake, such as a wrong year or zone, and refused.
const maxPast = 5 * time.Minute

// timing returns the part of a query that says when to begin, in one form.
func timing(query url.Values) string {
	return url.Values{paramStartAt: query[paramStartAt], paramHours: query[paramHours], paramZone: query[paramZone]}.Encode()
}

// startTimeOf returns when a request wants to begin, the zero time for at once, and
// in which part of the day it may.
func startTimeOf(req *request, now time.Time) (at time.Time, in record.CallingHours, err error) {
	query := req.query
	if query.Has(paramStartAt) {
		if rule := (parameter{sample: at}).check(query.Get(paramStartAt)); rule != "" { // an empty one is refused too, not started at once
			return at, in, badParameter(paramStartAt, rule)
		}
		if at = req.time(paramStartAt); at.IsZero() { // it would mean at once
			return at, in, pastStart(now)
		}
		if at.Sub(now) > maxAhead {
			return at, in, badParameter(paramStartAt, "must not lie more than 30 days ahead")
		}
	}
	in = record.CallingHours{Hours: query.Get(paramHours), Zone: query.Get(paramZone)}
	switch err := in.Check(); {
	case in.Hours == "" && query.Has(paramHours):
		return at, in, badParameter(paramHours, record.ErrBadHours.Error())
	case errors.Is(err, record.ErrBadZone):
		return at, in, badParameter(paramZone, err.Error())
	case err != nil:
		return at, in, badParameter(paramHours, err.Error())
	}
	if in.Hours == "" && query.Has(paramZone) {
		return at, in, badParameter(paramZone, "has a meaning only with "+paramHours+"; "+paramStartAt+" names its own zone")
	}
	return at, in, nil
}

// checkNotPast refuses a start in the past. It is not asked of a repeated request, which
// gets its first response however late.
func checkNotPast(at, now time.Time) error {
	if at.IsZero() || now.Sub(at) <= maxPast {
		return nil
	}
	return pastStart(now)
}

func pastStart(now time.Time) error {
	return badParameter(paramStartAt, "lies in the past: it is "+now.UTC().Format(time.RFC3339)+"; leave it out to begin at once")
}

// startAt returns when an execution is to begin, the zero time for at once. One
// whose hours were over before it could begin waits for the next.
func startAt(h record.History) time.Time {
	if h.Status == record.StatusAccepted {
		now := time.Now()
		if next, err := h.NextBegin(now); err == nil && next.After(now) {
			return next
		}
	}
	return h.StartAt
}

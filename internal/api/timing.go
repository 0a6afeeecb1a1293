package api

import (
	"net/url"
	"strings"
	"time"
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
		{name: paramStartAt, in: "query", doc: "When to begin (RFC 3339), at most 30 days ahead. By default at once.", sample: ""},
		{name: paramHours, in: "query", doc: "Between which times of day to begin, such as 09:00-17:30; outside of them it waits for the next day's. 21:00-02:00 goes over midnight.", sample: ""},
		{name: paramZone, in: "query", doc: "The time zone of calling_hours, such as Europe/Berlin. By default UTC.", sample: ""},
	}
}

// maxAhead is how far ahead a start may lie.
const maxAhead = 30 * 24 * time.Hour

// timing returns the part of a query that says when to begin, in one form.
func timing(query url.Values) string {
	return url.Values{paramStartAt: query[paramStartAt], paramHours: query[paramHours], paramZone: query[paramZone]}.Encode()
}

// beginOf returns when a request wants to begin, the zero time for at once.
func beginOf(query url.Values, now time.Time) (time.Time, error) {
	var at time.Time
	if text := query.Get(paramStartAt); text != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, text); err != nil {
			return at, badParameter(paramStartAt, "must be a time in RFC 3339, such as 2026-11-22T09:00:00+01:00")
		}
		if at.Sub(now) > maxAhead {
			return at, badParameter(paramStartAt, "must not lie more than 30 days ahead")
		}
	}
	zone, err := time.LoadLocation(query.Get(paramZone)) // of "" it is UTC
	if err != nil || query.Get(paramZone) == "Local" {
		return at, badParameter(paramZone, "must be a name of the IANA time zone database, such as Europe/Berlin")
	}
	text := query.Get(paramHours)
	if text == "" {
		return at, nil
	}
	hours, ok := parseHours(text)
	if !ok {
		return at, badParameter(paramHours, "must be two different times of day, such as 09:00-17:30")
	}
	wanted := at
	if wanted.Before(now) {
		wanted = now
	}
	if begin := hours.next(wanted.In(zone)); begin.After(now) {
		return begin, nil
	}
	return time.Time{}, nil
}

// hours are a part of every day, from one minute of it up to another. Where to
// is not after from, the part goes over midnight.
type hours struct{ from, to int }

// parseHours reads hh:mm-hh:mm. 24:00 is the end of the day.
func parseHours(text string) (hours, bool) {
	first, second, ok := strings.Cut(text, "-")
	from, okFrom := parseMinute(first)
	to, okTo := parseMinute(second)
	return hours{from, to}, ok && okFrom && okTo && from != to && from < minutesPerDay
}

const minutesPerDay = 24 * 60

func parseMinute(text string) (int, bool) {
	if text == "24:00" {
		return minutesPerDay, true
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil && len(text) == len("15:04")
}

// next returns the first moment, from t on, that lies in the hours on the wall
// clock of t's zone. The clock decides, also on days when it is put forward or
// back; where the first minute does not exist, the first that does counts.
func (h hours) next(t time.Time) time.Time {
	if h.hold(t) {
		return t
	}
	for day := range 2 {
		begin := first(time.Date(t.Year(), t.Month(), t.Day()+day, h.from/60, h.from%60, 0, 0, t.Location()))
		if !begin.Before(t) {
			return begin
		}
	}
	return t // not reached: the next day's hours begin later than now
}

// first returns the first of the moments at which the wall clock shows what it
// shows at t: when it is put back, by an hour or half of one, there are two.
func first(t time.Time) time.Time {
	for _, back := range []time.Duration{time.Hour, 30 * time.Minute} {
		if earlier := t.Add(-back); earlier.Hour() == t.Hour() && earlier.Minute() == t.Minute() {
			return earlier
		}
	}
	return t
}

// hold reports whether the wall clock at t lies in the hours.
func (h hours) hold(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	if h.from < h.to {
		return h.from <= minute && minute < h.to
	}
	return minute >= h.from || minute < h.to
}

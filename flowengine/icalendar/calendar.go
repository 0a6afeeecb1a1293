package icalendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Calendar is what iCalendar files say about when something is. It is immutable;
// any goroutine may use it. The zero Calendar has no events.
type Calendar struct {
	events []*event
	viewer zone
}

// Limits of a calendar, which bound the work of finding out what is on.
const (
	maxEvents = 10000
	maxSeries = 200    // rules without a COUNT, EXRULE included: each is asked whenever the calendar is
	maxSpans  = 100000 // dates of all events
	maxNever  = 3      // rules that never hold: to find that out takes longest
)

// Read reads a text with one iCalendar file or several, one after the other. Times
// without a zone, and days, are those of the zone given.
//
// An event that cannot be placed in time is left out, and a line that is no property
// is read with the one before it: the problems say so, in the order of the text. It
// returns an error if the text is no calendar, if none of its events can be placed,
// or if they are more than a call may wait for.
func Read(text string, in *time.Location) (Calendar, []Problem, error) {
	lines, problems := contentLines(text)
	parts, err := components(lines)
	if err != nil {
		return Calendar{}, nil, fmt.Errorf("read calendar: %w", err)
	}
	viewer := location{in}
	r := &reader{viewer: viewer, calendar: Calendar{viewer: viewer}, problems: problems}
	found := false
	for _, part := range parts {
		if part.kind != "VCALENDAR" {
			continue
		}
		found = true
		if err := r.read(part); err != nil {
			return Calendar{}, nil, err
		}
	}
	switch {
	case !found:
		return Calendar{}, nil, errors.New("read calendar: there is no BEGIN:VCALENDAR")
	case len(r.calendar.events) == 0 && r.refused != nil:
		return Calendar{}, nil, errors.New(r.refused.String())
	}
	c := r.calendar
	c.join()
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return c, r.problems, nil
}

// reader reads the calendars of a text, and counts what has a limit over all of them,
// also in events that are left out.
type reader struct {
	viewer   zone  // of times without a zone, and of days
	zones    zones // of the calendar being read
	calendar Calendar
	problems []Problem
	refused  *Problem // the first event that was

	events, series, spans, never int
}

// read reads the events of one VCALENDAR.
func (r *reader) read(file *component) error {
	r.zones = zones{}
	for _, part := range file.parts {
		if part.kind != "VTIMEZONE" {
			continue
		}
		id := part.text("TZID")
		z, err := readObservances(part)
		if err == nil {
			r.zones[strings.ToLower(strings.Trim(id, `"`))] = z
			continue
		}
		if errors.Is(err, errNeverHolds) && r.neverAgain() {
			return fmt.Errorf("time zone %q, %w, as others of the calendar", clipped(id), err)
		}
		r.problems = append(r.problems, Problem{Line: part.line, What: fmt.Sprintf("the time zone %q cannot be read: %v", clipped(id), err)})
	}
	for _, part := range file.parts {
		if part.kind != "VEVENT" {
			continue
		}
		if r.events++; r.events > maxEvents {
			return fmt.Errorf("the calendar has more than %d events", maxEvents)
		}
		e, err := r.event(part)
		fail := func(format string, args ...any) error {
			return fmt.Errorf("event %q, line %d: %s", clipped(e.name), e.line, fmt.Sprintf(format, args...))
		}
		switch r.spans += len(e.spans); {
		case r.series > maxSeries:
			return fail("more than %d rules repeat events of the calendar, or leave some out", maxSeries)
		case r.spans > maxSpans:
			return fail("the events of the calendar have more than %d dates", maxSpans)
		case errors.Is(err, errNeverHolds) && r.neverAgain():
			return fail("RRULE: it never holds, as others of the calendar")
		case err == nil || errors.Is(err, errNeverHolds): // then DTSTART stands alone
			r.calendar.events = append(r.calendar.events, e)
		default:
			p := Problem{Line: part.line, Event: clipped(e.name), What: err.Error()}
			r.refused = cmp.Or(r.refused, &p)
			r.problems = append(r.problems, p)
		}
	}
	return nil
}

// neverAgain counts a rule that never holds, and reports whether there are too many.
func (r *reader) neverAgain() bool {
	r.never++
	return r.never > maxNever
}

// join has events that stand for others of a series take their place.
func (c *Calendar) join() {
	series := map[string][]*event{} // by UID, those that stand for no other
	for _, e := range c.events {
		if e.replaces == nil && e.uid != "" {
			series[e.uid] = append(series[e.uid], e)
		}
	}
	var onwards []*event
	for _, e := range c.events {
		switch {
		case e.replaces == nil:
		case e.onwards:
			onwards = append(onwards, e)
		default:
			for _, s := range series[e.uid] {
				s.exclude(*e.replaces)
			}
		}
	}
	slices.SortStableFunc(onwards, func(a, b *event) int {
		return a.replaces.instant(c.viewer).Compare(b.replaces.instant(c.viewer))
	})
	for _, e := range onwards {
		for _, s := range series[e.uid] {
			if part := s.cut(e); part != nil {
				series[e.uid] = append(series[e.uid], part)
				c.events = append(c.events, part)
			}
		}
	}
	for _, e := range c.events {
		if e.cancelled {
			e.spans, e.rule = nil, nil
		}
		e.spans = slices.DeleteFunc(e.spans, func(s span) bool { return !e.has(s.wall) })
		if e.moved != 0 {
			for i, s := range e.spans {
				wall := s.wall.Add(e.moved)
				e.spans[i].begin, e.spans[i].end = e.zone.instant(wall), e.length.after(wall, e.zone)
			}
		}
	}
	c.events = slices.DeleteFunc(c.events, func(e *event) bool { return len(e.spans) == 0 && e.rule == nil })
}

// cut ends the series before the start that another event stands for, and returns
// what comes of the rest: the same series, moved as that start was, and as long as
// the event. An event with a rule of its own is the rest itself.
func (e *event) cut(by *event) (rest *event) {
	at, begin := e.startOf(*by.replaces), by.begin.in(e.zone)
	if e.days {
		begin = e.dayOf(by.begin)
	}
	if at.Before(e.from) || !e.before.IsZero() && !at.Before(e.before) {
		return nil // another part of the series has that start
	}
	part := *e
	part.from, part.before, part.moved, part.length = at, e.before, begin.Sub(at), by.length
	e.before = at
	if by.cancelled || by.rule != nil {
		return nil
	}
	part.spans = slices.Clone(e.spans)
	part.cancelled = false
	return &part
}

// On reports whether an event of the calendar is on at the time. Days are those of
// the zone that the calendar was read in.
func (c Calendar) On(at time.Time) bool {
	if len(c.events) == 0 {
		return false
	}
	today := c.viewer.wall(at).Truncate(24 * time.Hour)
	for _, e := range c.events {
		when := at
		if e.days {
			when = today
		}
		if e.on(when) {
			return true
		}
	}
	return false
}

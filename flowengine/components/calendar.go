package components

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
)

// calendar is what an iCalendar file (RFC 5545) says about when something is.
// It is immutable.
type calendar []calendarEvent

// calendarEvent is an event, or a series of them. Those that last whole days are
// kept in UTC, as dates without a place, so that no clock that changes moves them.
type calendarEvent struct {
	wholeDays bool
	length    time.Duration
	starts    []time.Time    // DTSTART and each RDATE
	rule      *rrule.RRule   // nil if nothing repeats
	excluded  map[int64]bool // by Unix time: EXDATE, and what another event replaces
	uid       string
	replaces  time.Time // the start that this event replaces in its series, zero if none
}

// Limits of a calendar, which bound the work of finding out what is today.
const (
	maxEvents     = 500
	firstYear     = 1900
	lastYear      = 2100
	maxEventDates = 1000
)

// readCalendar reads an iCalendar file. Times without a zone are those of zone.
func readCalendar(text string, zone *time.Location) (calendar, error) {
	// Files are written with CRLF, and authors paste them without.
	text = strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), "\n", "\r\n") + "\r\n"
	file, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	events := file.Events()
	if len(events) > maxEvents {
		return nil, fmt.Errorf("the calendar has %d events, and %d are allowed", len(events), maxEvents)
	}
	var out calendar
	for i := range events {
		e, err := readEvent(&events[i], zone)
		if err != nil {
			name, _ := events[i].Props.Text(ical.PropSummary)
			return nil, fmt.Errorf("event %d (%s): %w", i+1, name, err)
		}
		if status, err := events[i].Status(); err != nil || status != ical.EventCancelled || !e.replaces.IsZero() {
			e.cancel(status == ical.EventCancelled)
			out = append(out, e)
		}
	}
	for _, e := range out {
		for i := range out {
			if series := &out[i]; !e.replaces.IsZero() && series.uid == e.uid && series.replaces.IsZero() {
				series.excluded[e.replaces.Unix()] = true
			}
		}
	}
	return out, nil
}

// cancel empties an event that is called off; it still replaces what it replaces.
func (e *calendarEvent) cancel(off bool) {
	if off {
		e.starts, e.rule = nil, nil
	}
}

func readEvent(event *ical.Event, zone *time.Location) (calendarEvent, error) {
	e := calendarEvent{excluded: map[int64]bool{}}
	begin := event.Props.Get(ical.PropDateTimeStart)
	if begin == nil {
		return e, errors.New("it has no DTSTART")
	}
	if e.wholeDays = begin.ValueType() == ical.ValueDate || len(begin.Value) == len("20060102"); e.wholeDays {
		zone = time.UTC
	}
	start, err := event.DateTimeStart(zone)
	if err != nil {
		return e, fmt.Errorf("DTSTART: %w", err)
	}
	end, err := event.DateTimeEnd(zone)
	if err != nil {
		return e, fmt.Errorf("DTEND: %w", err)
	}
	if e.length = end.Sub(start); e.wholeDays && e.length <= 0 {
		e.length = 24 * time.Hour
	}
	if start.Year() < firstYear || e.length < 0 {
		return e, fmt.Errorf("it begins before %d, or ends before it begins", firstYear)
	}
	e.uid, _ = event.Props.Text(ical.PropUID)
	more, err := times(event.Props, ical.PropRecurrenceDates, zone)
	if err != nil {
		return e, err
	}
	e.starts = append([]time.Time{start}, more...)
	not, err := times(event.Props, ical.PropExceptionDates, zone)
	if err != nil {
		return e, err
	}
	for _, t := range not {
		e.excluded[t.Unix()] = true
	}
	replaced, err := times(event.Props, ical.PropRecurrenceID, zone)
	if err != nil {
		return e, err
	}
	if len(replaced) == 1 {
		e.replaces = replaced[0]
	}
	e.rule, err = repeats(event.Props, start)
	return e, err
}

// repeats reads the rule of a series, nil if there is none. It is cut off far in
// the future, so that one that never holds is not searched for ever.
func repeats(props ical.Props, start time.Time) (*rrule.RRule, error) {
	option, err := props.RecurrenceRule()
	if err != nil {
		return nil, fmt.Errorf("RRULE: %w", err)
	}
	if option == nil {
		return nil, nil
	}
	if option.Freq > rrule.DAILY {
		return nil, errors.New("RRULE: it repeats more often than daily")
	}
	option.Dtstart = start
	if far := time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC); option.Until.IsZero() || option.Until.After(far) {
		option.Until = far
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, fmt.Errorf("RRULE: %w", err)
	}
	return rule, nil
}

// times reads every date of a property, which may stand several times and hold
// several with commas between them.
func times(props ical.Props, name string, zone *time.Location) ([]time.Time, error) {
	var out []time.Time
	for _, p := range props.Values(name) {
		for _, value := range strings.Split(p.Value, ",") {
			one := p
			one.Value = strings.TrimSpace(value)
			t, err := one.DateTime(zone)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if out = append(out, t); len(out) > maxEventDates {
				return nil, fmt.Errorf("%s: there are more than %d dates", name, maxEventDates)
			}
		}
	}
	return out, nil
}

// covers reports whether an event of the calendar is on now, its date being that
// of the zone.
func (c calendar) covers(now time.Time, zone *time.Location) bool {
	wall := now.In(zone)
	today := time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)
	for i := range c {
		at := now
		if c[i].wholeDays {
			at = today
		}
		if c[i].on(at) {
			return true
		}
	}
	return false
}

// on reports whether the event, or one of the series, has begun and not ended.
func (e *calendarEvent) on(at time.Time) bool {
	starts := e.starts
	if e.rule != nil {
		starts = append(e.rule.Between(at.Add(-e.length), at, true), starts...)
	}
	for _, s := range starts {
		if !s.After(at) && at.Before(s.Add(e.length)) && !e.excluded[s.Unix()] {
			return true
		}
	}
	return false
}

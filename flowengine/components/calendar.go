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
	rule      *rrule.ROption // nil if nothing repeats
	excluded  map[int64]bool // by Unix time: EXDATE, and what another event replaces
	uid       string
	replaces  time.Time // the start that this event replaces in its series, zero if none
}

// Limits of a calendar, which bound the work of finding out what is today.
const (
	maxEvents     = 500
	maxSeries     = 100 // of the events
	maxNever      = 3   // of the series: to find out that one never holds takes longest
	firstYear     = 1900
	lastYear      = 2100
	maxEventDates = 1000
	maxRepeated   = 366 * 24 * time.Hour // length of an event that repeats
	countedYears  = 20                   // in which a series that ends after a count must be over
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
	series, never := 0, 0
	for i := range events {
		e, err := readEvent(&events[i], zone)
		if errors.Is(err, errNeverHolds) {
			if never++; never <= maxNever {
				err = nil
			}
		}
		if err != nil {
			name, _ := events[i].Props.Text(ical.PropSummary)
			return nil, fmt.Errorf("event %d (%s): %w", i+1, name, err)
		}
		if events[i].Props.Get(ical.PropRecurrenceRule) != nil {
			if series++; series > maxSeries {
				return nil, fmt.Errorf("more than %d events of the calendar repeat", maxSeries)
			}
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

// errNeverHolds is returned with an event whose series has no dates; it stands
// for DTSTART alone.
var errNeverHolds = errors.New("RRULE: it never holds, as others of the calendar")

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
	return e, e.repeat(event.Props, start)
}

// repeat reads the rule of a series, if there is one. A series that is over after
// a count becomes the dates that it has.
func (e *calendarEvent) repeat(props ical.Props, start time.Time) error {
	option, err := props.RecurrenceRule()
	switch {
	case err != nil:
		return fmt.Errorf("RRULE: %w", err)
	case option == nil:
		return nil
	case option.Freq > rrule.DAILY || max(len(option.Byhour), len(option.Byminute), len(option.Bysecond)) > 1:
		return errors.New("RRULE: it repeats more often than daily")
	case e.length > maxRepeated:
		return errors.New("RRULE: what repeats lasts for more than a year")
	case option.Count > maxEventDates:
		return fmt.Errorf("RRULE: COUNT is %d, and at most %d is allowed", option.Count, maxEventDates)
	}
	end := time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)
	if option.Count > 0 {
		end = start.AddDate(countedYears, 0, 0)
		if option.Freq == rrule.YEARLY {
			end = start.AddDate(5*countedYears, 0, 0)
		}
	}
	if option.Dtstart = start; option.Until.IsZero() || option.Until.After(end) {
		option.Until = end
	}
	rule, err := rrule.NewRRule(*option)
	switch {
	case err != nil:
		return fmt.Errorf("RRULE: %w", err)
	case rule.After(start, true).IsZero():
		return errNeverHolds
	case option.Count > 0:
		e.starts = append(e.starts, rule.All()...)
	default:
		e.rule = option
	}
	return nil
}

// near moves the begin of a series that has no count close to a time, without
// changing any date after that: to go through decades for each call takes long.
// It moves by whole periods, and by four years at once where the length of a
// month or a year plays a part; between firstYear and lastYear each four years
// that begin with a date that exists are alike.
func near(o rrule.ROption, at time.Time) rrule.ROption {
	every := max(1, o.Interval)
	move := map[rrule.Frequency]func(n int) time.Time{
		rrule.DAILY:   func(n int) time.Time { return o.Dtstart.AddDate(0, 0, n*every) },
		rrule.WEEKLY:  func(n int) time.Time { return o.Dtstart.AddDate(0, 0, n*7*every) },
		rrule.MONTHLY: func(n int) time.Time { return o.Dtstart.AddDate(0, n*48*every, 0) },
		rrule.YEARLY:  func(n int) time.Time { return o.Dtstart.AddDate(n*4*every, 0, 0) },
	}[o.Freq]
	length := map[rrule.Frequency]int{rrule.DAILY: 1, rrule.WEEKLY: 7, rrule.MONTHLY: 1461, rrule.YEARLY: 1461}[o.Freq] * every // days
	for n := int(at.Sub(o.Dtstart)/(24*time.Hour)-1) / length; n > 0; n-- {
		// Where the clock is put forward, its time may not exist on the new date.
		if moved := move(n); moved.Hour() == o.Dtstart.Hour() && moved.Minute() == o.Dtstart.Minute() {
			o.Dtstart = moved
			break
		}
	}
	return o
}

// repeated returns the starts of the series from a time up to another.
func (e *calendarEvent) repeated(from, to time.Time) []time.Time {
	o := near(*e.rule, from)
	if o.Until.After(to) {
		o.Until = to
	}
	rule, err := rrule.NewRRule(o)
	if err != nil {
		return nil // not reached: it was made when the calendar was read
	}
	return rule.Between(from, to, true)
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
		starts = append(e.repeated(at.Add(-e.length), at), starts...)
	}
	for _, s := range starts {
		if !s.After(at) && at.Before(s.Add(e.length)) && !e.excluded[s.Unix()] {
			return true
		}
	}
	return false
}

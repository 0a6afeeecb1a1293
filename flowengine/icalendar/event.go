package icalendar

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// event is a VEVENT: when it is, or when each of a series is. An event of whole days
// has no place: its clock is UTC, and so is that which it is compared with.
type event struct {
	line      int
	name, uid string
	cancelled bool
	days      bool // it lasts whole days
	zone      zone
	floating  zone // of its times that name none
	begin     moment
	length    length
	spans     []span
	rule      *series
	except    []*series      // EXRULE (RFC 2445 §4.8.5.2)
	notAt     map[int64]bool // instants at which none of the series begins
	notOn     map[int64]bool // days on which none of it begins, as its clock shows them

	replaces *moment // the start of a series that this event stands for
	onwards  bool    // and for all that follow (RANGE=THISANDFUTURE)

	// The part of the series that this event has, as its clock shows it: the starts
	// from one time to before another, each moved.
	from, before time.Time
	moved        time.Duration
}

// span is one time at which an event is on: from begin to before end.
type span struct {
	wall       time.Time // its begin, as the clock of the event shows it
	begin, end time.Time
}

func (r *reader) event(c *component) (*event, error) {
	e := &event{
		line: c.line, name: unescaped(c.text("SUMMARY")), uid: c.text("UID"), cancelled: strings.EqualFold(c.text("STATUS"), "CANCELLED"),
		notAt: map[int64]bool{}, notOn: map[int64]bool{},
	}
	if e.name == "" {
		e.name = e.uid
	}
	begin, there := c.find("DTSTART")
	if !there {
		return e, errors.New("it has no DTSTART")
	}
	var err error
	if e.begin, err = r.moment(begin, begin.value, r.viewer); err != nil {
		return e, fmt.Errorf("DTSTART: %w", err)
	}
	e.zone, e.floating = e.begin.zone, e.begin.zone
	if e.days = e.begin.date; e.days {
		e.zone, e.floating = utcZone, r.viewer
	}
	if y := e.begin.wall.Year(); y < firstYear || y > lastYear {
		return e, fmt.Errorf("DTSTART: it begins in %d, and %d to %d are read", y, firstYear, lastYear)
	}
	if e.length, err = r.length(c, e); err != nil {
		return e, err
	}
	e.add(e.begin.wall, e.length)
	for _, read := range []func(*component, *event) error{r.repeat, r.moreDates, r.exceptions, r.replaced} {
		if err := read(c, e); err != nil {
			return e, err
		}
	}
	return e, nil
}

// moment reads a value of a property, whose TZID says whose clock it is.
func (r *reader) moment(l line, value string, floating zone) (moment, error) {
	if id := l.params["TZID"]; id != "" {
		m, err := parseMoment(value, nil)
		if err != nil || m.date || m.zone != nil {
			return m, err // a date has no zone, and Z goes before TZID
		}
		z, err := r.zones.lookup(id)
		m.zone = z
		return m, err
	}
	return parseMoment(value, floating)
}

// length reads DTEND or DURATION.
func (r *reader) length(c *component, e *event) (length, error) {
	if l, there := c.find("DURATION"); there {
		d, err := parseLength(l.value)
		if err != nil {
			return d, fmt.Errorf("DURATION: %w", err)
		}
		if e.days { // half a day of a day is a day
			d = length{days: max(1, d.days+int((d.exact+24*time.Hour-1)/(24*time.Hour)))}
		}
		return d, nil
	}
	l, there := c.find("DTEND")
	switch {
	case !there && e.days:
		return length{days: 1}, nil
	case !there:
		return length{}, nil
	}
	end, err := r.moment(l, l.value, e.floating)
	if err != nil {
		return length{}, fmt.Errorf("DTEND: %w", err)
	}
	d := end.instant(e.zone).Sub(e.begin.instant(e.zone))
	if e.days {
		if d = e.dayOf(end).Sub(e.begin.wall); d <= 0 {
			d = 24 * time.Hour
		}
	}
	if d < 0 || d > maxLength {
		return length{}, fmt.Errorf("DTEND: %q is before the begin, or a hundred years after it", clipped(l.value))
	}
	if e.days {
		return length{days: int(d / (24 * time.Hour))}, nil
	}
	return length{exact: d}, nil
}

// dayOf is the day that a moment means in an event of whole days. Midnight in UTC
// is the day that it names, every other time in UTC the day of the viewer.
func (e *event) dayOf(m moment) time.Time {
	wall := m.wall
	if !m.date && m.zone == zone(utcZone) && !wall.Equal(wall.Truncate(24*time.Hour)) {
		wall = m.in(e.floating)
	}
	return wall.Truncate(24 * time.Hour)
}

// startOf is the start of one of the series that a moment means, as its clock shows it:
// a date means the time of the others on that day.
func (e *event) startOf(m moment) time.Time {
	switch {
	case e.days:
		return e.dayOf(m)
	case m.date:
		return m.wall.Add(e.begin.wall.Sub(e.begin.wall.Truncate(24 * time.Hour)))
	}
	return m.in(e.zone)
}

func (e *event) add(wall time.Time, l length) {
	e.spans = append(e.spans, span{wall: wall, begin: e.zone.instant(wall), end: l.after(wall, e.zone)})
}

// repeat reads RRULE and EXRULE. A series that is over after a count becomes the
// dates that it has.
func (r *reader) repeat(c *component, e *event) error {
	for _, name := range []string{"RRULE", "EXRULE"} {
		for _, l := range c.all(name) {
			s, err := readSeries(l.value, e.begin, e.floating)
			switch {
			case err == nil && e.length.most() > maxRepeated+24*time.Hour:
				return fmt.Errorf("%s: what repeats lasts for more than a year", name)
			case name == "EXRULE" && errors.Is(err, errNeverHolds) && r.never < maxNever:
				r.never++
			case err != nil:
				return fmt.Errorf("%s: %w", name, err)
			case name == "EXRULE":
				r.series++
				e.except = append(e.except, s)
			case s.option.Count > 0 || e.rule != nil:
				for wall := range starts(s.rule) {
					if len(e.spans) > maxDates {
						return fmt.Errorf("%s: a second rule has more than %d dates", name, maxDates)
					}
					e.add(wall, e.length)
				}
			default:
				r.series++
				e.rule = s
			}
		}
	}
	return nil
}

// dates reads every value of a property that lists dates.
func (r *reader) dates(c *component, e *event, name string, read func(l line, value string) error) error {
	for _, l := range c.all(name) {
		for _, v := range l.values() {
			if err := read(l, v); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if len(e.spans) > maxDates || len(e.notAt)+len(e.notOn) > maxDates {
				return fmt.Errorf("%s: there are more than %d dates", name, maxDates)
			}
		}
	}
	return nil
}

// moreDates reads RDATE: dates, times, and periods with a length of their own.
func (r *reader) moreDates(c *component, e *event) error {
	return r.dates(c, e, "RDATE", func(l line, value string) error {
		begin, end, period := strings.Cut(value, "/")
		m, err := r.moment(l, begin, e.floating)
		if err != nil {
			return err
		}
		long := e.length
		if period && !e.days {
			if long, err = r.period(l, end, m, e); err != nil {
				return err
			}
		}
		e.add(e.startOf(m), long)
		return nil
	})
}

// period is the length of a period that began: its end is a time or a duration.
func (r *reader) period(l line, end string, begin moment, e *event) (length, error) {
	if strings.HasPrefix(strings.ToUpper(end), "P") || strings.HasPrefix(end, "+") {
		return parseLength(end)
	}
	m, err := r.moment(l, end, e.zone)
	if err != nil {
		return length{}, err
	}
	d := m.instant(e.zone).Sub(begin.instant(e.zone))
	if d < 0 || d > maxLength {
		return length{}, fmt.Errorf("%q is before the begin of its period, or a hundred years after it", clipped(end))
	}
	return length{exact: d}, nil
}

func (r *reader) exceptions(c *component, e *event) error {
	return r.dates(c, e, "EXDATE", func(l line, value string) error {
		m, err := r.moment(l, value, e.floating)
		if err == nil {
			e.exclude(m)
		}
		return err
	})
}

// exclude takes one of the series out: a date in a series of times is every time of
// that day, a time in a series of days its day.
func (e *event) exclude(m moment) {
	switch {
	case e.days:
		e.notOn[e.dayOf(m).Unix()] = true
	case m.date:
		e.notOn[m.wall.Unix()] = true
	default:
		e.notAt[m.instant(e.zone).Unix()] = true
	}
}

func (r *reader) replaced(c *component, e *event) error {
	l, there := c.find("RECURRENCE-ID")
	if !there {
		return nil
	}
	m, err := r.moment(l, l.value, e.floating)
	if err != nil {
		return fmt.Errorf("RECURRENCE-ID: %w", err)
	}
	e.replaces, e.onwards = &m, strings.EqualFold(l.params["RANGE"], "THISANDFUTURE")
	return nil
}

// has reports whether a start, as the clock shows it, is one of this part of the
// series, and was not taken out.
func (e *event) has(wall time.Time) bool {
	if wall.Before(e.from) || !e.before.IsZero() && !wall.Before(e.before) {
		return false
	}
	for _, w := range []time.Time{wall, wall.Add(e.moved)} {
		if e.notOn[w.Truncate(24*time.Hour).Unix()] || e.notAt[e.zone.instant(w).Unix()] {
			return false
		}
	}
	for _, s := range e.except {
		if len(s.between(wall, wall)) > 0 {
			return false
		}
	}
	return true
}

// on reports whether the event, or one of the series, has begun and not ended.
func (e *event) on(at time.Time) bool {
	for _, s := range e.spans {
		if !s.begin.After(at) && at.Before(s.end) {
			return true
		}
	}
	if e.rule == nil {
		return false
	}
	const slack = 3 * time.Hour // that a clock is put forward by at most
	wall := e.zone.wall(at).Add(-e.moved)
	for _, w := range e.rule.between(wall.Add(-e.length.most()), wall.Add(slack)) {
		if start := w.Add(e.moved); e.has(w) && !e.zone.instant(start).After(at) && at.Before(e.length.after(start, e.zone)) {
			return true
		}
	}
	return false
}

// unescaped reads a TEXT (RFC 5545 §3.3.11) as one line.
func unescaped(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\;`, `;`, `\,`, `,`, `\n`, ` `, `\N`, ` `).Replace(s)
}

package icalendar

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/teambition/rrule-go"
)

// observances is a zone that a file describes itself (RFC 5545 §3.6.5).
type observances []observance

// observance is a time from which on a clock stands at an offset, and the years in
// which it comes again.
type observance struct {
	from, to time.Duration // offsets ahead of UTC, before it and from it on
	onsets   []time.Time   // as the clock shows them before
	rule     *rrule.ROption
}

// maxObservances bounds what a file may say of one zone.
const maxObservances = 200

func readObservances(c *component) (observances, error) {
	var out observances
	for i := range c.parts {
		part := &c.parts[i]
		if part.kind != "STANDARD" && part.kind != "DAYLIGHT" {
			continue
		}
		o, err := readObservance(part)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", part.line, err)
		}
		if out = append(out, o); len(out) > maxObservances {
			return nil, fmt.Errorf("line %d: more than %d observances of a time zone", part.line, maxObservances)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("line %d: the time zone has neither STANDARD nor DAYLIGHT", c.line)
	}
	return out, nil
}

func readObservance(c *component) (o observance, err error) {
	if o.from, err = parseOffset(c.text("TZOFFSETFROM")); err != nil {
		return o, err
	}
	if o.to, err = parseOffset(c.text("TZOFFSETTO")); err != nil {
		return o, err
	}
	begin, err := parseMoment(c.text("DTSTART"), utcZone)
	if err != nil {
		return o, err
	}
	o.onsets = []time.Time{begin.wall}
	for _, l := range c.all("RDATE") {
		for _, v := range l.values() {
			m, err := parseMoment(v, utcZone)
			if err != nil {
				return o, err
			}
			o.onsets = append(o.onsets, m.wall)
		}
	}
	if l, there := c.find("RRULE"); there {
		option, until, err := parseRule(l.value, utcZone)
		if err != nil {
			return o, err
		}
		option.Dtstart, option.Until = begin.wall, time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)
		if until != nil { // in UTC, of a clock that stood at from
			option.Until = until.wall.Add(o.from)
		}
		if option.Freq != rrule.YEARLY || option.Count > 0 {
			return o, fmt.Errorf("a time zone changes by the rule %q, and only yearly ones are read", clipped(l.value))
		}
		o.rule = option
	}
	return o, nil
}

var offset = regexp.MustCompile(`^([+-])(\d\d):?(\d\d)(\d\d)?$`)

// parseOffset reads +0200 or -034500.
func parseOffset(value string) (time.Duration, error) {
	m := offset.FindStringSubmatch(value)
	if m == nil {
		return 0, fmt.Errorf("%q is no offset from UTC: write +0200", clipped(value))
	}
	n := func(i int) time.Duration { v, _ := strconv.Atoi(m[i]); return time.Duration(v) }
	d := n(2)*time.Hour + n(3)*time.Minute + n(4)*time.Second
	if m[1] == "-" {
		d = -d
	}
	return d, nil
}

// latest is the last onset up to a clock's time, zero if there is none.
func (o observance) latest(wall time.Time) (last time.Time) {
	for _, t := range o.onsets {
		if !t.After(wall) && t.After(last) {
			last = t
		}
	}
	if o.rule == nil {
		return last
	}
	option := *o.rule
	if years := wall.Year() - 2 - option.Dtstart.Year(); years > 0 {
		option.Dtstart = option.Dtstart.AddDate(years-years%max(1, option.Interval), 0, 0)
	}
	rule, err := rrule.NewRRule(option)
	if err != nil {
		return last
	}
	if t := rule.Before(wall, true); t.After(last) {
		return t
	}
	return last
}

// offsetAt is the offset when the clock shows the time; before every onset, that
// which the first observance comes from.
func (z observances) offsetAt(wall time.Time) time.Duration {
	var last, first time.Time
	at := time.Duration(0)
	for _, o := range z {
		if begin := o.onsets[0]; first.IsZero() || begin.Before(first) {
			first = begin
			if last.IsZero() {
				at = o.from
			}
		}
		if t := o.latest(wall); t.After(last) {
			last, at = t, o.to
		}
	}
	return at
}

func (z observances) instant(wall time.Time) time.Time { return wall.Add(-z.offsetAt(wall)) }

func (z observances) wall(at time.Time) time.Time {
	for _, o := range z {
		if wall := at.UTC().Add(o.to); z.offsetAt(wall) == o.to {
			return wall
		}
	}
	return at.UTC().Add(z.offsetAt(at.UTC()))
}

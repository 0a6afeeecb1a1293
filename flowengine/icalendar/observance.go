package icalendar

import (
	"fmt"
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// observances is a zone that a file describes itself (RFC 5545 §3.6.5).
type observances []observance

// observance is an offset at which a clock stands, and the times from which on it does.
type observance struct {
	from, to time.Duration // offsets ahead of UTC, before an onset and from it on
	onsets   []time.Time   // in order, as the clock shows them before; at least one
}

// maxObservances bounds what a file may say of one zone, maxOnsets how often one of
// its observances may begin by its rule.
const (
	maxObservances = 200
	maxOnsets      = 1000
)

func readObservances(c *component) (observances, error) {
	var out observances
	for _, part := range c.parts {
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
		if err := o.repeat(l.value, begin.wall); err != nil {
			return o, err
		}
	}
	slices.SortFunc(o.onsets, time.Time.Compare)
	return o, nil
}

// repeat adds the onsets of a rule, up to lastYear and from shortly before firstYear on:
// files have zones that begin in 1601.
func (o *observance) repeat(value string, begin time.Time) error {
	option, until, err := parseRule(value, utcZone)
	if err != nil {
		return err
	}
	if option.Freq != rrule.YEARLY || option.Count > 0 || max(len(option.Byhour), len(option.Byminute), len(option.Bysecond)) > 1 {
		return fmt.Errorf("a time zone changes by the rule %q, and only yearly ones are read", clipped(value))
	}
	option.Dtstart, option.Until = begin, time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)
	if until != nil { // in UTC, of a clock that stood at from
		if last := until.wall.Add(o.from); last.Before(option.Until) {
			option.Until = last
		}
	}
	if years := firstYear - 2 - begin.Year(); years > 0 {
		option.Dtstart = begin.AddDate(years-years%max(1, option.Interval), 0, 0)
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return err
	}
	next := rule.Iterator()
	for n := 0; ; n++ {
		onset, more := next()
		switch {
		case !more && n == 0 && !option.Until.Before(option.Dtstart):
			return fmt.Errorf("a time zone changes by the rule %q: %w", clipped(value), errNeverHolds)
		case !more:
			return nil
		case n == maxOnsets:
			return fmt.Errorf("a time zone changes by the rule %q more than %d times", clipped(value), maxOnsets)
		}
		o.onsets = append(o.onsets, onset)
	}
}

// parseOffset reads +0200 or -034500.
func parseOffset(value string) (time.Duration, error) {
	for _, layout := range []string{"-0700", "-070000", "-07:00"} {
		if t, err := time.Parse(layout, value); err == nil {
			_, seconds := t.Zone()
			return time.Duration(seconds) * time.Second, nil
		}
	}
	return 0, fmt.Errorf("%q is no offset from UTC: write +0200", clipped(value))
}

// latest is the last onset up to a clock's time, zero if there is none.
func (o observance) latest(wall time.Time) time.Time {
	after, there := slices.BinarySearchFunc(o.onsets, wall, time.Time.Compare)
	switch {
	case there:
		return wall
	case after == 0:
		return time.Time{}
	}
	return o.onsets[after-1]
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

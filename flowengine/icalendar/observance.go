package icalendar

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/teambition/rrule-go"
)

// observances is a zone that a file describes itself (RFC 5545 §3.6.5): its onsets in
// order, at least one.
type observances []onset

// onset is when a clock is put from one offset ahead of UTC to another.
type onset struct {
	at       time.Time // as the clock shows it before
	from, to time.Duration
}

// instant is when the onset is.
func (o onset) instant() time.Time { return o.at.Add(-o.from) }

// maxObservances bounds what a file may say of one zone, maxOnsets how often one of
// its observances may begin by its rule.
const (
	maxObservances = 200
	maxOnsets      = 1000
)

func readObservances(c *component) (observances, error) {
	var out observances
	n := 0
	for _, part := range c.parts {
		if part.kind != "STANDARD" && part.kind != "DAYLIGHT" {
			continue
		}
		onsets, err := readObservance(part)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", part.line, err)
		}
		out = append(out, onsets...)
		if n++; n > maxObservances {
			return nil, fmt.Errorf("line %d: more than %d observances of a time zone", part.line, maxObservances)
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("line %d: the time zone has neither STANDARD nor DAYLIGHT", c.line)
	}
	slices.SortStableFunc(out, func(a, b onset) int { return a.at.Compare(b.at) })
	return slices.CompactFunc(out, func(a, b onset) bool { return a.at.Equal(b.at) }), nil
}

func readObservance(c *component) (onsets []onset, err error) {
	var o onset
	if o.from, err = parseOffset(c.text("TZOFFSETFROM")); err != nil {
		return nil, err
	}
	if o.to, err = parseOffset(c.text("TZOFFSETTO")); err != nil {
		return nil, err
	}
	dates := []string{c.text("DTSTART")}
	for _, l := range c.all("RDATE") {
		dates = append(dates, l.values()...)
	}
	for _, date := range dates {
		m, err := parseMoment(date, utcZone)
		if err != nil {
			return nil, err
		}
		onsets = append(onsets, onset{m.wall, o.from, o.to})
	}
	if l, there := c.find("RRULE"); there {
		repeated, err := onsets[0].repeat(l.value)
		if err != nil {
			return nil, err
		}
		onsets = append(onsets, repeated...)
	}
	return onsets, nil
}

// repeat returns the onsets of a rule, up to lastYear and from shortly before firstYear on:
// files have zones that begin in 1601.
func (o onset) repeat(value string) (onsets []onset, err error) {
	option, until, err := parseRule(value, utcZone)
	if err != nil {
		return nil, err
	}
	if option.Freq != rrule.YEARLY || option.Count > 0 || max(len(option.Byhour), len(option.Byminute), len(option.Bysecond)) > 1 {
		return nil, fmt.Errorf("a time zone changes by the rule %q, and only yearly ones are read", clipped(value))
	}
	option.Dtstart, option.Until = o.at, time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)
	if until != nil { // in UTC, of a clock that stood at from
		if last := until.wall.Add(o.from); last.Before(option.Until) {
			option.Until = last
		}
	}
	if years := firstYear - 2 - o.at.Year(); years > 0 {
		option.Dtstart = o.at.AddDate(years-years%max(1, option.Interval), 0, 0)
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, err
	}
	for at := range starts(rule) {
		if len(onsets) == maxOnsets {
			return nil, fmt.Errorf("a time zone changes by the rule %q more than %d times", clipped(value), maxOnsets)
		}
		onsets = append(onsets, onset{at, o.from, o.to})
	}
	if len(onsets) == 0 && !option.Until.Before(option.Dtstart) {
		return nil, fmt.Errorf("a time zone changes by the rule %q: %w", clipped(value), errNeverHolds)
	}
	return onsets, nil
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

func (z observances) instant(wall time.Time) time.Time {
	return wall.Add(-z.offsetAt(wall, func(o onset) time.Time { return o.at }))
}

func (z observances) wall(at time.Time) time.Time {
	return at.UTC().Add(z.offsetAt(at, onset.instant))
}

// offsetAt is the offset from the last onset up to a time on; before every onset, that
// which the first comes from.
func (z observances) offsetAt(t time.Time, when func(onset) time.Time) time.Duration {
	n := sort.Search(len(z), func(i int) bool { return when(z[i]).After(t) })
	if n == 0 {
		return z[0].from
	}
	return z[n-1].to
}

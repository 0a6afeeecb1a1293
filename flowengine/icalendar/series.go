package icalendar

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

const (
	firstYear    = 1900
	lastYear     = 2100
	maxDates     = 1000
	maxRepeated  = 366 * 24 * time.Hour // length of an event that repeats
	countedYears = 20                   // in which a series that ends after a count must be over
)

// parseRule reads a recurrence rule (RFC 5545 §3.3.10). UNTIL is returned apart, in
// the zone given if it names none: the library takes every UNTIL for UTC.
func parseRule(value string, z zone) (*rrule.ROption, *moment, error) {
	var parts []string
	var until *moment
	for _, part := range strings.Split(strings.ToUpper(value), ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case v == "", name == "RSCALE" && v == "GREGORIAN", name == "SKIP" && v == "OMIT", strings.HasPrefix(name, "X-"):
		case name == "UNTIL":
			m, err := parseMoment(v, z)
			if err != nil {
				return nil, nil, fmt.Errorf("UNTIL: %w", err)
			}
			until = &m
		default:
			parts = append(parts, name+"="+v)
		}
	}
	option, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err != nil {
		return nil, nil, err
	}
	return option, until, nil
}

// series is a rule, expanded as a clock shows it: where a clock stands at an instant
// is for the zone to say.
type series struct {
	option rrule.ROption
	rule   *rrule.RRule // of the option
}

// errNeverHolds is returned with a series that has no dates.
var errNeverHolds = errors.New("it never holds")

// readSeries reads a rule for an event that begins at a clock's time.
func readSeries(value string, begin moment, z zone) (*series, error) {
	option, until, err := parseRule(value, z)
	switch {
	case err != nil:
		return nil, err
	case option.Freq > rrule.DAILY || max(len(option.Byhour), len(option.Byminute), len(option.Bysecond)) > 1:
		return nil, errors.New("it repeats more often than daily")
	case option.Count > maxDates:
		return nil, fmt.Errorf("COUNT is %d, and at most %d is allowed", option.Count, maxDates)
	}
	end := time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)
	if option.Count > 0 {
		end = begin.wall.AddDate(countedYears, 0, 0)
		if option.Freq == rrule.YEARLY {
			end = begin.wall.AddDate(5*countedYears, 0, 0)
		}
	}
	option.Dtstart, option.Until = begin.wall, end
	if until != nil {
		if last := untilOf(*until, begin, z); last.Before(end) {
			option.Until = last
		}
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, err
	}
	if option.Until.Before(begin.wall) || rule.After(begin.wall, true).IsZero() {
		return nil, errNeverHolds
	}
	return &series{*option, rule}, nil
}

// untilOf is the last time at which a series may begin, as its clock shows it. A
// date stands for its whole day; so does a time in a series of whole days.
func untilOf(until, begin moment, z zone) time.Time {
	switch {
	case until.date:
		return until.wall.Add(24*time.Hour - time.Second)
	case begin.date:
		return until.wall // 20260223T000000Z means the day that it names
	default:
		return until.in(z)
	}
}

// between returns the starts from one time of the clock to another, both included.
func (s *series) between(from, to time.Time) []time.Time {
	o := s.option
	if o.Count == 0 {
		o = near(o, from)
	}
	if o.Until.After(to) {
		o.Until = to
	}
	if o.Until.Before(from) {
		return nil
	}
	rule, err := rrule.NewRRule(o)
	if err != nil {
		return nil // not reached: it was made when the calendar was read
	}
	return rule.Between(from, to, true)
}

// starts yields every start of a rule in order.
func starts(rule *rrule.RRule) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		next := rule.Iterator()
		for start, more := next(); more && yield(start); start, more = next() {
		}
	}
}

// near moves the begin of a series that has no count close to a time, without
// changing any date after that: to go through decades for each call takes long.
// It moves by whole periods, and by four years at once where the length of a
// month or a year plays a part; between firstYear and lastYear each four years
// that begin with a date that exists are alike.
func near(o rrule.ROption, at time.Time) rrule.ROption {
	every := max(1, o.Interval)
	step := map[rrule.Frequency]struct{ months, days, length int }{
		rrule.DAILY: {0, 1, 1}, rrule.WEEKLY: {0, 7, 7}, rrule.MONTHLY: {48, 0, 1461}, rrule.YEARLY: {48, 0, 1461},
	}[o.Freq]
	if n := int(at.Sub(o.Dtstart)/(24*time.Hour)-1) / (step.length * every) * every; n > 0 {
		o.Dtstart = o.Dtstart.AddDate(0, n*step.months, n*step.days)
	}
	return o
}

package icalendar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// moment is a value of type DATE or DATE-TIME (RFC 5545 §3.3.4, §3.3.5): what a
// clock shows, kept as if it stood in UTC, and the zone whose clock it is.
type moment struct {
	date bool // a whole day
	wall time.Time
	zone zone // nil for a date
}

// instant is the time of the moment; a date begins at midnight of the zone given.
func (m moment) instant(z zone) time.Time {
	if m.zone != nil {
		z = m.zone
	}
	return z.instant(m.wall)
}

// in is what a clock of the zone shows at the moment; a date has no clock.
func (m moment) in(z zone) time.Time {
	if m.date {
		return m.wall
	}
	return z.wall(m.zone.instant(m.wall))
}

// parseMoment reads 20260404, 20260404T120000 or 20260404T120000Z. What names no
// zone stands in floating.
func parseMoment(value string, floating zone) (moment, error) {
	value = strings.ToUpper(value)
	if wall, err := time.Parse("20060102", value); err == nil {
		return moment{date: true, wall: wall}, nil
	}
	text, utc := strings.CutSuffix(value, "Z")
	wall, err := time.Parse("20060102T150405", text)
	if err != nil {
		if wall, err = time.Parse("20060102T1504", text); err != nil {
			return moment{}, fmt.Errorf("%q is no date: 20260404, 20260404T120000 or 20260404T120000Z", clipped(value))
		}
	}
	if utc {
		floating = utcZone
	}
	return moment{wall: wall, zone: floating}, nil
}

// length is how long something lasts: days as the clock goes, then exact time
// (RFC 5545 §3.3.6).
type length struct {
	days  int
	exact time.Duration
}

// maxLength bounds a length, and what a sum of its parts may come to.
const maxLength = 100 * 366 * 24 * time.Hour

var duration = regexp.MustCompile(`^([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$`)

// parseLength reads P1W, P1DT2H or PT30M. Days and weeks are nominal: they end at
// the same time of the clock, also when it was put forward.
func parseLength(value string) (length, error) {
	m := duration.FindStringSubmatch(strings.ToUpper(value))
	if m == nil || strings.Join(m[2:], "") == "" {
		return length{}, fmt.Errorf("%q is no duration: write P1D or PT1H30M", clipped(value))
	}
	n := func(i int) time.Duration { v, _ := strconv.Atoi(m[i]); return time.Duration(v) }
	l := length{days: int(n(2)*7 + n(3)), exact: n(4)*time.Hour + n(5)*time.Minute + n(6)*time.Second}
	if m[1] == "-" || l.exact+time.Duration(l.days)*24*time.Hour > maxLength {
		return length{}, fmt.Errorf("duration %q is negative, or more than a hundred years", clipped(value))
	}
	return l, nil
}

// after is when something ends that begins at a clock's time.
func (l length) after(wall time.Time, z zone) time.Time {
	return z.instant(wall.AddDate(0, 0, l.days)).Add(l.exact)
}

// most is a bound of the length: no clock goes back by more than a day.
func (l length) most() time.Duration { return time.Duration(l.days+1)*24*time.Hour + l.exact }

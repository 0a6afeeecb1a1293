package record

import (
	"errors"
	"strings"
	"time"
)

// CallingHours are the part of every day in which an execution may begin. The
// zero value is any time.
type CallingHours struct {
	// Hours is hh:mm-hh:mm, such as 09:00-17:30. 24:00 is the end of the day, and
	// 21:00-02:00 goes over midnight.
	Hours string
	// Zone is the name of a time zone, such as Europe/Berlin; empty is UTC.
	Zone string
}

// Errors of CallingHours.Check.
var (
	ErrBadHours = errors.New("must be two different times of day, such as 09:00-17:30")
	ErrBadZone  = errors.New("must be a name of the IANA time zone database, such as Europe/Berlin")
)

// Check returns ErrBadZone or ErrBadHours if they cannot be parsed.
func (c CallingHours) Check() error {
	_, _, err := c.parse()
	return err
}

// Next returns the first moment, from t on, that lies in the hours on the wall
// clock of their zone. The clock decides, also on days when it is put forward or
// back: where it skips the first minute, the first one that it shows counts.
func (c CallingHours) Next(t time.Time) (time.Time, error) {
	if c.Hours == "" {
		return t, nil
	}
	h, zone, err := c.parse()
	if err != nil {
		return t, err
	}
	return h.next(t.In(zone)), nil
}

func (c CallingHours) parse() (hours, *time.Location, error) {
	zone, err := time.LoadLocation(c.Zone) // of "" it is UTC
	if err != nil || c.Zone == "Local" {
		return hours{}, nil, ErrBadZone
	}
	if c.Hours == "" {
		return hours{}, zone, nil
	}
	const form = "09:00-17:30"
	first, second, _ := strings.Cut(c.Hours, "-")
	from, okFrom := MinuteOfDay(first)
	to, okTo := MinuteOfDay(second)
	if len(c.Hours) != len(form) || !okFrom || !okTo || from == to || from == MinutesPerDay {
		return hours{}, nil, ErrBadHours
	}
	return hours{from, to}, zone, nil
}

// hours are a part of every day, from one minute of it up to another. Where to
// is not after from, the part goes over midnight.
type hours struct{ from, to int }

// MinutesPerDay is the minute of the day that 24:00 is.
const MinutesPerDay = 24 * 60

// MinuteOfDay reads a time of day such as 09:00, or 9:00; 24:00 is the end of the day.
func MinuteOfDay(text string) (minute int, ok bool) {
	if text == "24:00" {
		return MinutesPerDay, true
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil
}

// next goes from one change of the zone's clock to the next: in between, it
// shows each minute once a day.
func (h hours) next(t time.Time) time.Time {
	for !h.hold(t) {
		begin := t.Add(h.ahead(t))
		_, change := t.ZoneBounds()
		if change.IsZero() || begin.Before(change) {
			return begin
		}
		t = change
	}
	return t
}

// ahead returns for how long, from t on, an unchanged clock takes until it shows the
// first minute.
func (h hours) ahead(t time.Time) time.Duration {
	const day = MinutesPerDay * time.Minute
	shown := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
	return (time.Duration(h.from)*time.Minute - shown + day) % day
}

// hold reports whether the wall clock at t lies in the hours.
func (h hours) hold(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	if h.from < h.to {
		return h.from <= minute && minute < h.to
	}
	return minute >= h.from || minute < h.to
}

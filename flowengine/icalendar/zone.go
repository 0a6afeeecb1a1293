package icalendar

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
)

// zone is a place's clock. What a clock shows is written as a time in UTC.
type zone interface {
	// instant is when the clock shows the time. Of two such instants, as the clock
	// is put back, it is the first; a time that is left out, as it is put forward, is
	// read by the offset before that (RFC 5545 §3.3.5).
	instant(wall time.Time) time.Time
	// wall is what the clock shows at the instant.
	wall(at time.Time) time.Time
}

// location is a zone of the tz database.
type location struct{ *time.Location }

var utcZone = location{time.UTC}

func (l location) wall(at time.Time) time.Time { return at.UTC().Add(l.offset(at)) }

func (l location) instant(wall time.Time) time.Time {
	// No two changes of a clock are nearer to each other than this.
	const apart = 26 * time.Hour
	before, after := wall.Add(-l.offset(wall.Add(-apart))), wall.Add(-l.offset(wall.Add(apart)))
	if !l.wall(before).Equal(wall) && l.wall(after).Equal(wall) {
		return after
	}
	return before
}

// offset is how far the clock is ahead of UTC.
func (l location) offset(at time.Time) time.Duration {
	_, offset := at.In(l.Location).Zone()
	return time.Duration(offset) * time.Second
}

// windowsZones are the names that Windows, and so Outlook and Exchange, have for zones,
// in lower case, each on a line with the zone of the tz database.
//
//go:embed windows_zones.txt
var windowsZones string

// zones are the zones that a file may name, by TZID.
type zones map[string]zone

// lookup finds the zone of a TZID: in the tz database, among the names that Windows
// has, in the file, and last by the end of a name that is a path.
func (z zones) lookup(id string) (zone, error) {
	id = strings.Trim(strings.TrimSpace(id), `"`)
	if l, ok := tz(id); ok {
		return l, nil
	}
	if _, after, ok := strings.Cut(windowsZones, "\n"+strings.ToLower(id)+"\t"); ok {
		name, _, _ := strings.Cut(after, "\n")
		if l, ok := tz(name); ok {
			return l, nil
		}
	}
	if own, ok := z[strings.ToLower(id)]; ok {
		return own, nil
	}
	for _, tail, found := strings.Cut(id, "/"); found; _, tail, found = strings.Cut(tail, "/") {
		if l, ok := tz(tail); ok {
			return l, nil
		}
	}
	return nil, fmt.Errorf("the time zone %q is neither of the tz database, nor of Windows, nor described in the file", clipped(id))
}

// tz finds a zone of the tz database. The empty name and Local are none of it: Go
// takes them for UTC and for the zone of the machine.
func tz(name string) (location, bool) {
	switch strings.ToLower(name) {
	case "utc", "gmt", "z":
		return utcZone, true
	case "", "local":
		return location{}, false
	}
	l, err := time.LoadLocation(name)
	return location{l}, err == nil
}

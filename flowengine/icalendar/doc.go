// Package icalendar reads iCalendar files (RFC 5545) as calendar programs write
// them, and says whether one of their events is on.
//
// It deliberately knows nothing of flows, and of a file only what says when its
// events are: no alarms, people or places.
//
// Read it in this order: line.go and component.go (what a file holds), zone.go
// and observance.go (where its clocks stand), value.go (dates and durations), event.go
// and series.go (one event), calendar.go (all of them).
package icalendar

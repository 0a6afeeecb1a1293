#!/usr/bin/env bash
# go-ical ends an event of one day an hour late where the clock is put forward.
#
# emersion/go-ical v0.0.0-20250329121855-f41e73efc392, Event.DateTimeEnd of an event
# that begins on 28 March 2026 at noon in Berlin and has DURATION:P1D: it answers
# 13:00 of the next day, 24 hours later. RFC 5545 §3.3.6 has days as nominal: the
# event ends at noon. One with DTEND at noon, which means the same, ends at noon.
#
# Output seen: "DURATION 2026-03-29T13:00:00+02:00, DTEND 2026-03-29T12:00:00+02:00"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata"

	"github.com/emersion/go-ical"
)

func main() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	end := func(how string) string {
		text := strings.Join([]string{
			"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z",
			"DTSTART;TZID=Europe/Berlin:20260328T120000", how, "END:VEVENT", "END:VCALENDAR", "",
		}, "\r\n")
		file, err := ical.NewDecoder(strings.NewReader(text)).Decode()
		if err != nil {
			panic(err)
		}
		event := file.Events()[0]
		at, err := event.DateTimeEnd(berlin)
		if err != nil {
			panic(err)
		}
		return at.Format(time.RFC3339)
	}
	fmt.Printf("DURATION %s, DTEND %s\n", end("DURATION:P1D"), end("DTEND;TZID=Europe/Berlin:20260329T120000"))
}
GO
cat > go.mod <<'GO'
module finding

go 1.24

require (
	github.com/emersion/go-ical v0.0.0-20250329121855-f41e73efc392
	github.com/teambition/rrule-go v1.8.2
)
GO
go mod tidy >/dev/null 2>&1
seen=$(go run .)
echo "go-ical f41e73efc392: $seen"
[ "$seen" = "DURATION 2026-03-29T13:00:00+02:00, DTEND 2026-03-29T12:00:00+02:00" ]

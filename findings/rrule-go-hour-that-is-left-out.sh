#!/usr/bin/env bash
# rrule-go puts a daily event an hour too early, in America and not in Europe, on
# the day on which the clock is put forward.
#
# teambition/rrule-go v1.8.2 on Go 1.26: FREQ=DAILY at 02:30, a time that the day
# of the change leaves out. RFC 5545 §3.3.5 reads such a time by the offset before
# the gap, which is 03:30 of summer time. In Europe/Berlin the series has 03:30; in
# America/New_York it has 01:30 of winter time: an hour before every other day's,
# and two before what is meant. The series is built with time.Date, of whose two
# possible answers Go's documentation promises neither.
#
# Output seen: "Berlin 03:30 CEST, New York 01:30 EST"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"time"
	_ "time/tzdata"

	"github.com/teambition/rrule-go"
)

func second(zone string, month time.Month, day int) string {
	place, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	rule, err := rrule.NewRRule(rrule.ROption{Freq: rrule.DAILY, Count: 3, Dtstart: time.Date(2026, month, day, 2, 30, 0, 0, place)})
	if err != nil {
		panic(err)
	}
	return rule.All()[1].Format("15:04 MST")
}

func main() {
	fmt.Printf("Berlin %s, New York %s\n", second("Europe/Berlin", time.March, 28), second("America/New_York", time.March, 7))
}
GO
cat > go.mod <<'GO'
module finding

go 1.24

require github.com/teambition/rrule-go v1.8.2
GO
go mod tidy >/dev/null 2>&1
seen=$(go run .)
echo "rrule-go v1.8.2: $seen"
[ "$seen" = "Berlin 03:30 CEST, New York 01:30 EST" ]

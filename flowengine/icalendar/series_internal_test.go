package icalendar

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
)

const head = "UID:1\nDTSTAMP:20200101T000000Z\n"

func read(text string, zone *time.Location) (Calendar, error) {
	c, _, err := Read(text, zone)
	return c, err
}

func calendarOf(event string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\n" + event + "\nEND:VEVENT\nEND:VCALENDAR\n"
}

// What a calendar says must be found out in time for a call, whoever wrote it.
func TestHostileCalendarsAreRefused(t *testing.T) {
	var sixty []string
	for i := range 60 {
		sixty = append(sixty, fmt.Sprint(i))
	}
	all := strings.Join(sixty, ",")
	for event, want := range map[string]string{
		head + "DTSTART:20250101T000000Z\nDTEND:21250101T000000Z\nRRULE:FREQ=DAILY;BYMINUTE=" + all + ";BYSECOND=" + all: "more often than daily",
		head + "DTSTART:20250101T000000Z\nDTEND:21250101T000000Z\nRRULE:FREQ=DAILY":                                      "more than a year",
		head + "DTSTART:19000101T000000Z\nRRULE:FREQ=DAILY;COUNT=1001":                                                   "at most 1000",
	} {
		if _, err := read(calendarOf(event), time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", event, err, want)
		}
	}
	const event = head + "DTSTART:20200101T000000Z\nRRULE:"
	for rule, most := range map[string]int{"FREQ=DAILY": maxSeries, "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30": maxNever} {
		one := event + rule
		if _, err := read(calendarOf(strings.Repeat(one+"\nEND:VEVENT\nBEGIN:VEVENT\n", most)+one), time.UTC); err == nil {
			t.Errorf("%d series of %s were taken", most+1, rule)
		}
		if _, err := read(calendarOf(strings.Repeat(one+"\nEND:VEVENT\nBEGIN:VEVENT\n", most-1)+one), time.UTC); err != nil {
			t.Errorf("%d series of %s: %v", most, rule, err)
		}
	}
	c, err := read(calendarOf(head+"DTSTART:20250101T090000Z\nDTEND:20250101T100000Z\nRRULE:FREQ=WEEKLY;COUNT=3"), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[int]bool{1: true, 8: true, 15: true, 22: false, 2: false} {
		if got := c.On(time.Date(2025, 1, day, 9, 30, 0, 0, time.UTC)); got != want {
			t.Errorf("three weeks from 1 January, on the %d: %v", day, got)
		}
	}
}

// TestNearChangesNoDate compares series whose begin was moved with those that
// are gone through from their begin.
func TestNearChangesNoDate(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := []func(o *rrule.ROption){
		func(*rrule.ROption) {},
		func(o *rrule.ROption) { o.Byweekday = []rrule.Weekday{rrule.MO, rrule.FR} },
		func(o *rrule.ROption) { o.Bymonthday = []int{-1, 31} },
		func(o *rrule.ROption) { o.Bymonth = []int{2, 3} },
		func(o *rrule.ROption) {
			o.Byweekday, o.Bysetpos, o.Wkst = []rrule.Weekday{rrule.SU, rrule.TU}, []int{1}, rrule.SU
		},
		func(o *rrule.ROption) { // the second Monday
			o.Freq = min(o.Freq, rrule.MONTHLY)
			o.Byweekday = []rrule.Weekday{rrule.MO.Nth(2)}
		},
	}
	for range 100 {
		o := rrule.ROption{
			Freq: rrule.Frequency(random.IntN(4)), Interval: 1 + random.IntN(5), Until: time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC),
			Dtstart: time.Date(firstYear+random.IntN(110), time.Month(1+random.IntN(12)), 1+random.IntN(31), random.IntN(24), random.IntN(60), 0, 0, time.UTC),
		}
		parts[random.IntN(len(parts))](&o)
		from := time.Date(2015+random.IntN(15), time.Month(1+random.IntN(12)), 1+random.IntN(28), random.IntN(24), 0, 0, 0, time.UTC)
		to := from.Add(time.Duration(random.IntN(366*24)) * time.Hour)
		rule, err := rrule.NewRRule(o)
		if err != nil {
			t.Fatal(err)
		}
		s := series{option: o}
		if want, got := rule.Between(from, to, true), s.between(from, to); !slices.EqualFunc(want, got, time.Time.Equal) {
			t.Errorf("%s from %s: from %s to %s it is %v, want %v", o.String(), o.Dtstart, from, to, got, want)
		}
	}
}

package icalendar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"ringflow/flowengine/icalendar"
)

func in(t *testing.T, zone string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// file is a calendar with one event of these lines, or several divided by "--".
func file(lines ...string) string {
	text := strings.ReplaceAll(strings.Join(lines, "\n"), "\n--\n", "\nEND:VEVENT\nBEGIN:VEVENT\n")
	return "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\nBEGIN:VEVENT\n" + text + "\nEND:VEVENT\nEND:VCALENDAR\n"
}

// inside puts lines before the first event.
func inside(text string, lines ...string) string {
	return strings.Replace(text, "BEGIN:VEVENT\n", strings.Join(lines, "\n")+"\nBEGIN:VEVENT\n", 1)
}

const berlin = "Europe/Berlin"

var weekly = []string{"UID:1", "DTSTART;TZID=Europe/Berlin:20260105T100000", "DTEND;TZID=Europe/Berlin:20260105T110000", "RRULE:FREQ=WEEKLY"}

func with(lines []string, more ...string) string {
	return file(append(append([]string{}, lines...), more...)...)
}

// customZone is a zone as Exchange writes one that it has no name for: Berlin's clock.
var customZone = []string{
	"BEGIN:VTIMEZONE", "TZID:Customized Time Zone", "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
	"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
	"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE",
}

func TestOn(t *testing.T) {
	days := []string{"UID:1", "DTSTART;VALUE=DATE:20260216", "DTEND;VALUE=DATE:20260217", "RRULE:FREQ=DAILY;UNTIL=20260223"}
	onwards := func(more ...string) string {
		return with(weekly, append([]string{"--", "UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260119T100000"}, more...)...)
	}
	later := onwards("DTSTART;TZID=Europe/Berlin:20260120T150000", "DTEND;TZID=Europe/Berlin:20260120T170000") // a day and five hours later, twice as long
	for _, c := range []struct {
		name, text, zone string
		on, off          []string // instants
	}{
		{"several calendars in a text", file("DTSTART;VALUE=DATE:20261026") + file("DTSTART;VALUE=DATE:20261208"), "Europe/Vienna",
			[]string{"2026-10-25T23:00:00Z", "2026-10-26T22:59:59Z", "2026-12-08T12:00:00Z"}, []string{"2026-10-26T23:00:00Z", "2026-12-09T12:00:00Z"}},
		{"byte order mark", "\ufeff" + file("DTSTART:20260404T120000Z", "DTEND:20260404T130000Z"), berlin,
			[]string{"2026-04-04T12:00:00Z"}, []string{"2026-04-04T13:00:00Z"}},
		{"byte order marks of joined files", "\ufeff" + file("DTSTART:20260404T120000Z", "DTEND:20260404T130000Z") + "\ufeff" + file("DTSTART:20260405T120000Z", "DTEND:20260405T130000Z"), berlin,
			[]string{"2026-04-04T12:30:00Z", "2026-04-05T12:30:00Z"}, nil},
		{"CR line ends", strings.ReplaceAll(file("DTSTART:20260404T120000Z", "DTEND:20260404T130000Z"), "\n", "\r"), berlin, []string{"2026-04-04T12:30:00Z"}, nil},
		{"folded lines", strings.ReplaceAll(file("DTSTART:20260404T120000Z", "DTEND:20260404T130000Z"), "T12", "\n T1\n\t2"), berlin, []string{"2026-04-04T12:30:00Z"}, nil},
		{"a description broken in two", file("DESCRIPTION:One", "and two: with a colon", "", "three", "DTSTART:20260404T120000Z", "DTEND:20260404T130000Z"), berlin, []string{"2026-04-04T12:30:00Z"}, nil},
		{"lower case", strings.ToLower(file("DTSTART:20260404T120000Z", "DTEND:20260404T130000Z")), berlin, []string{"2026-04-04T12:30:00Z"}, nil},

		{"zone of Windows", file("DTSTART;TZID=W. Europe Standard Time:20260925T140000", "DURATION:PT1H"), "UTC", []string{"2026-09-25T12:30:00Z"}, []string{"2026-09-25T14:30:00Z"}},
		{"zone of Windows, quoted, in another spelling", file(`DTSTART;TZID="romance standard time":20260418T140000`, "DURATION:PT1H"), "UTC", []string{"2026-04-18T12:30:00Z"}, nil},
		{"zone of Windows in winter", file("DTSTART;TZID=Pacific Standard Time:20260118T140000", "DURATION:PT1H"), "UTC", []string{"2026-01-18T22:30:00Z"}, nil},
		{"zone of the file in summer", inside(file("DTSTART;TZID=Customized Time Zone:20260418T140000", "DURATION:PT1H"), customZone...), "UTC", []string{"2026-04-18T12:30:00Z"}, []string{"2026-04-18T13:30:00Z"}},
		{"zone of the file in winter", inside(file("DTSTART;TZID=Customized Time Zone:20260118T140000", "DURATION:PT1H"), customZone...), "UTC", []string{"2026-01-18T13:30:00Z"}, []string{"2026-01-18T12:30:00Z"}},
		{"series over both", inside(file("DTSTART;TZID=Customized Time Zone:20260105T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY"), customZone...), "UTC",
			[]string{"2026-03-28T09:30:00Z", "2026-03-29T08:30:00Z", "2026-10-24T08:30:00Z", "2026-10-25T09:30:00Z", "2036-07-01T08:30:00Z"}, []string{"2026-03-29T09:30:00Z", "2026-10-25T08:30:00Z"}},
		{"a zone that a file of Windows' names differs on", inside(file("DTSTART;TZID=Tokyo Standard Time:20260418T140000", "DURATION:PT1H"), strings.Split(strings.ReplaceAll(strings.Join(customZone, "\n"), "Customized Time Zone", "Tokyo Standard Time"), "\n")...), "UTC", []string{"2026-04-18T05:30:00Z"}, nil},
		{"the tail of a path", file("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260112T100000", "DURATION:PT1H"), "UTC", []string{"2026-01-12T09:30:00Z"}, nil},
		{"the tail of another", file("DTSTART;TZID=/citadel.org/20190914_1/America/Argentina/Ushuaia:20260112T100000", "DURATION:PT1H"), "UTC", []string{"2026-01-12T13:30:00Z"}, nil},
		{"floating", file("DTSTART:20260112T100000", "DURATION:PT1H"), "America/New_York", []string{"2026-01-12T15:30:00Z"}, []string{"2026-01-12T10:30:00Z"}},

		{"EXDATE in UTC of days", with(days, "EXDATE:20260217T230000Z"), berlin, []string{"2026-02-17T12:00:00Z", "2026-02-19T12:00:00Z"}, []string{"2026-02-18T12:00:00Z"}},
		{"EXDATE at midnight in UTC of days", with(days, "EXDATE:20260218T000000Z"), "America/New_York", []string{"2026-02-17T17:00:00Z"}, []string{"2026-02-18T17:00:00Z"}},
		{"EXDATE in a zone of days", with(days, "EXDATE;TZID=Europe/Berlin:20260218T000000"), berlin, []string{"2026-02-17T12:00:00Z"}, []string{"2026-02-18T12:00:00Z"}},
		{"EXDATE as a date of times", with(weekly, "EXDATE:20260112", "EXDATE;VALUE=DATE:20260119,20260126"), berlin, []string{"2026-01-05T09:30:00Z", "2026-02-02T09:30:00Z"}, []string{"2026-01-12T09:30:00Z", "2026-01-19T09:30:00Z", "2026-01-26T09:30:00Z"}},
		{"EXDATE with a comma at its end", with(weekly, "EXDATE;TZID=Europe/Berlin:20260112T100000,"), berlin, []string{"2026-01-19T09:30:00Z"}, []string{"2026-01-12T09:30:00Z"}},
		{"empty properties", with(weekly, "EXDATE;TZID=Europe/Berlin:", "RDATE:", "EXRULE:", "DURATION:", "RECURRENCE-ID:", "STATUS:"), berlin, []string{"2026-01-19T09:30:00Z"}, nil},
		{"RECURRENCE-ID as a date of times", with(weekly, "--", "UID:1", "RECURRENCE-ID;VALUE=DATE:20260112", "DTSTART;TZID=Europe/Berlin:20260112T150000", "DURATION:PT1H"), berlin, []string{"2026-01-12T14:30:00Z", "2026-01-19T09:30:00Z"}, []string{"2026-01-12T09:30:00Z"}},
		{"RECURRENCE-ID with a time of days", with(days, "--", "UID:1", "RECURRENCE-ID;TZID=Europe/Berlin:20260218T000000", "DTSTART;VALUE=DATE:20260301"), berlin, []string{"2026-03-01T12:00:00Z", "2026-02-17T12:00:00Z"}, []string{"2026-02-18T12:00:00Z"}},
		{"one called off", with(weekly, "--", "UID:1", "RECURRENCE-ID;TZID=Europe/Berlin:20260112T100000", "DTSTART;TZID=Europe/Berlin:20260112T100000", "DURATION:PT1H", "STATUS:cancelled"), berlin, []string{"2026-01-19T09:30:00Z"}, []string{"2026-01-12T09:30:00Z"}},

		{"UNTIL as a date, of UTC", file("DTSTART:20260624T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260629"), berlin, []string{"2026-06-29T10:30:00Z"}, []string{"2026-06-30T10:30:00Z"}},
		{"UNTIL as a date, local", file("DTSTART;TZID=America/New_York:20260624T220000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260629"), berlin, []string{"2026-06-30T02:30:00Z"}, []string{"2026-07-01T02:30:00Z"}},
		{"UNTIL floating, local", file("DTSTART;TZID=America/New_York:20260624T220000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260629T220000"), berlin, []string{"2026-06-30T02:30:00Z"}, []string{"2026-07-01T02:30:00Z"}},
		{"UNTIL in UTC", file("DTSTART;TZID=America/New_York:20260624T220000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260630T020000Z"), berlin, []string{"2026-06-30T02:30:00Z"}, []string{"2026-07-01T02:30:00Z"}},
		{"UNTIL in UTC of days", file("DTSTART;VALUE=DATE:20260624", "RRULE:FREQ=DAILY;UNTIL=20260629T000000Z"), "America/New_York", []string{"2026-06-29T12:00:00Z"}, []string{"2026-06-30T12:00:00Z"}},
		{"RRULE with a semicolon at its end and Gregorian said", file("DTSTART:20260624T100000Z", "DURATION:PT1H", "RRULE:RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT;"), berlin, []string{"2026-06-29T10:30:00Z"}, nil},
		{"two rules", file("DTSTART:20260105T100000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260301", "RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20260301"), berlin, []string{"2026-01-12T10:30:00Z", "2026-01-08T10:30:00Z"}, []string{"2026-01-09T10:30:00Z"}},
		{"EXRULE", file("DTSTART:20260105T090000Z", "DTEND:20260105T100000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO", "EXRULE:FREQ=MONTHLY;BYDAY=1MO"), berlin, []string{"2026-01-12T09:30:00Z", "2026-02-09T09:30:00Z"}, []string{"2026-01-05T09:30:00Z", "2026-02-02T09:30:00Z"}},
		{"EXRULE with an end", file("DTSTART:20260105T090000Z", "DTEND:20260105T100000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO", "EXRULE:FREQ=MONTHLY;BYDAY=1MO;UNTIL=20260201"), berlin, []string{"2026-02-02T09:30:00Z"}, []string{"2026-01-05T09:30:00Z"}},
		{"RDATE periods", file("DTSTART:20260101T120000Z", "DTEND:20260101T130000Z", "RDATE;VALUE=PERIOD:20260404T120000Z/PT2H,20260405T120000Z/20260405T150000Z"), berlin, []string{"2026-04-04T13:30:00Z", "2026-04-05T14:30:00Z", "2026-01-01T12:30:00Z"}, []string{"2026-04-04T14:30:00Z", "2026-04-05T15:30:00Z"}},
		{"RDATE as a date of times", file("DTSTART;TZID=Europe/Berlin:20260101T120000", "DURATION:PT1H", "RDATE;VALUE=DATE:20260704"), "UTC", []string{"2026-07-04T10:30:00Z"}, []string{"2026-07-04T11:30:00Z"}},
		{"RDATE with a time of days", file("DTSTART;VALUE=DATE:20260101", "RDATE;TZID=Europe/Berlin:20260704T000000"), berlin, []string{"2026-07-04T10:30:00Z"}, []string{"2026-07-05T10:30:00Z"}},
		{"COUNT", file("DTSTART;TZID=Europe/Berlin:20260105T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20260112T100000"), berlin, []string{"2026-01-05T09:30:00Z", "2026-01-19T09:30:00Z"}, []string{"2026-01-12T09:30:00Z", "2026-01-26T09:30:00Z"}},

		{"from one on, moved", later, berlin, []string{"2026-01-12T09:30:00Z", "2026-01-20T15:30:00Z", "2026-01-27T14:30:00Z", "2026-07-07T14:30:00Z"}, []string{"2026-01-19T09:30:00Z", "2026-01-26T09:30:00Z", "2026-07-06T08:30:00Z"}},
		{"from one on, with an exception by the old time", strings.Replace(later, "RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20260126T100000", 1), berlin, []string{"2026-01-20T15:30:00Z", "2026-02-03T14:30:00Z"}, []string{"2026-01-27T14:30:00Z"}},
		{"from one on, called off", onwards("DTSTART;TZID=Europe/Berlin:20260119T100000", "DTEND;TZID=Europe/Berlin:20260119T110000", "STATUS:CANCELLED"), berlin, []string{"2026-01-12T09:30:00Z"}, []string{"2026-01-19T09:30:00Z", "2026-02-02T09:30:00Z"}},
		{"from one on, with a rule of its own", onwards("DTSTART;TZID=Europe/Berlin:20260119T150000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;INTERVAL=2"), berlin, []string{"2026-01-12T09:30:00Z", "2026-01-19T14:30:00Z", "2026-02-02T14:30:00Z"}, []string{"2026-01-19T09:30:00Z", "2026-01-26T14:30:00Z", "2026-01-26T09:30:00Z"}},
		{"from one on, twice", with(weekly, "--", "UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260202T090000Z", "DTSTART:20260202T150000Z", "DURATION:PT1H", "--",
			"UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260119T090000Z", "DTSTART:20260119T120000Z", "DURATION:PT1H"), berlin,
			[]string{"2026-01-12T09:30:00Z", "2026-01-19T12:30:00Z", "2026-01-26T12:30:00Z", "2026-02-02T15:30:00Z", "2026-02-09T15:30:00Z"}, []string{"2026-01-26T09:30:00Z", "2026-02-02T12:30:00Z", "2026-02-09T12:30:00Z"}},
		{"from one on, of days", with(days, "--", "UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260220", "DTSTART;VALUE=DATE:20260320"), berlin,
			[]string{"2026-02-19T12:00:00Z", "2026-03-20T12:00:00Z", "2026-03-23T12:00:00Z"}, []string{"2026-02-20T12:00:00Z", "2026-03-24T12:00:00Z"}},

		{"a nominal day where the clock is put forward", file("DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:P1D"), berlin, []string{"2026-03-29T09:59:59Z"}, []string{"2026-03-29T10:00:00Z"}},
		{"twenty-four hours there", file("DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:PT24H"), berlin, []string{"2026-03-29T10:59:59Z"}, []string{"2026-03-29T11:00:00Z"}},
		{"a week where it is put back", file("DTSTART;TZID=Europe/Berlin:20261019T120000", "DURATION:P1W"), berlin, []string{"2026-10-26T10:59:59Z"}, []string{"2026-10-26T11:00:00Z"}},
		{"a time that is left out", file("DTSTART;TZID=Europe/Berlin:20260329T023000", "DURATION:PT1H"), berlin, []string{"2026-03-29T01:30:00Z", "2026-03-29T02:29:59Z"}, []string{"2026-03-29T00:45:00Z", "2026-03-29T02:30:00Z"}},
		{"a series at that time", file("DTSTART;TZID=America/New_York:20260301T023000", "DURATION:PT1H", "RRULE:FREQ=DAILY"), berlin, []string{"2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z", "2026-03-07T07:45:00Z"}, []string{"2026-03-08T06:45:00Z", "2026-03-09T07:45:00Z"}},
		{"a time that comes twice", file("DTSTART;TZID=Europe/Berlin:20261025T023000", "DURATION:PT30M"), berlin, []string{"2026-10-25T00:30:00Z"}, []string{"2026-10-25T01:30:00Z"}},
		{"a clock that is put forward by half an hour", file("DTSTART;TZID=Australia/Lord_Howe:20261004T021500", "DURATION:PT10M"), berlin, []string{"2026-10-03T15:45:00Z"}, []string{"2026-10-03T15:15:00Z"}},
		{"a duration of days with a time", file("DTSTART;VALUE=DATE:20260404", "DURATION:P1DT12H"), berlin, []string{"2026-04-05T12:00:00Z"}, []string{"2026-04-06T12:00:00Z"}},
		{"a day that ends when it begins", file("DTSTART;VALUE=DATE:20260404", "DTEND;VALUE=DATE:20260404"), berlin, []string{"2026-04-04T12:00:00Z"}, []string{"2026-04-05T12:00:00Z"}},
		{"a time that ends on a date", file("DTSTART;TZID=Europe/Berlin:20260404T120000", "DTEND;VALUE=DATE:20260405"), berlin, []string{"2026-04-04T21:59:59Z"}, []string{"2026-04-04T22:00:00Z"}},
		{"an event called off", file("DTSTART:20260404T120000Z", "DTEND:20260404T130000Z", "STATUS:CANCELLED"), berlin, nil, []string{"2026-04-04T12:30:00Z"}},
		{"an alarm and a task beside it", inside(file("DTSTART:20260404T120000Z", "DTEND:20260404T130000Z", "BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:PT9H", "END:VALARM"), "BEGIN:VTODO", "DTSTART:20260405T120000Z", "END:VTODO"), berlin,
			[]string{"2026-04-04T12:30:00Z"}, []string{"2026-04-04T13:30:00Z", "2026-04-05T12:00:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			calendar, _, err := icalendar.Read(c.text, in(t, c.zone))
			if err != nil {
				t.Fatal(err)
			}
			for want, instants := range map[bool][]string{true: c.on, false: c.off} {
				for _, s := range instants {
					at, err := time.Parse(time.RFC3339, s)
					if err != nil {
						t.Fatal(err)
					}
					if got := calendar.On(at); got != want {
						t.Errorf("at %s it is on: %t, want %t", s, got, want)
					}
				}
			}
		})
	}
}

// What cannot be read is told by name and line, and keeps nothing else from being read.
func TestProblems(t *testing.T) {
	const good = "SUMMARY:Good\nDTSTART;VALUE=DATE:20260404"
	for name, c := range map[string]struct {
		event string
		want  []string // in the problem; none: there is none
	}{
		"a zone of nobody's":       {"SUMMARY:Talks\\, and tea\nDTSTART;TZID=Somewhere:20260404T100000", []string{`event "Talks, and tea", line 8`, `the time zone "Somewhere" is neither`}},
		"Go's own zone":            {"SUMMARY:x\nDTSTART;TZID=Local:20260404T100000", []string{`"Local" is neither`}},
		"a path that climbs":       {"SUMMARY:x\nDTSTART;TZID=../../etc/passwd:20260404T100000", []string{`is neither`}},
		"no begin":                 {"SUMMARY:Lunch", []string{`"Lunch"`, "it has no DTSTART"}},
		"an empty begin":           {"SUMMARY:Lunch\nDTSTART:", []string{"it has no DTSTART"}},
		"no date":                  {"UID:u7\nDTSTART:tomorrow", []string{`event "u7"`, `DTSTART: "TOMORROW" is no date`}},
		"a date that is none":      {"UID:u7\nDTSTART:20260230", []string{"is no date"}},
		"it ends before it begins": {"UID:u7\nDTSTART:20260404T100000Z\nDTEND:20260404T090000Z", []string{"DTEND", "before the begin"}},
		"no duration":              {"UID:u7\nDTSTART:20260404T100000Z\nDURATION:1 hour", []string{"DURATION", "write P1D or PT1H30M"}},
		"a duration of nothing":    {"UID:u7\nDTSTART:20260404T100000Z\nDURATION:P", []string{"DURATION"}},
		"hourly":                   {"UID:u7\nDTSTART:20260404T100000Z\nRRULE:FREQ=HOURLY", []string{"RRULE: it repeats more often than daily"}},
		"another calendar's rule":  {"UID:u7\nDTSTART:20260404T100000Z\nRRULE:RSCALE=HEBREW;FREQ=YEARLY", []string{"RRULE"}},
		"before anybody's time":    {"UID:u7\nDTSTART:16010101T000000Z", []string{"it begins in 1601"}},
		"an exception of a word":   {"UID:u7\nDTSTART:20260404T100000Z\nEXDATE:never", []string{"EXDATE"}},
		"a line that is none":      {"UID:u7\nDTSTART:20260404T100000Z\nDESCRIPTION:one\ntwo", []string{"line 12", `"two" is no property`}},
		"nothing":                  {"UID:u7\nDTSTART:20260404T100000Z", nil},
	} {
		t.Run(name, func(t *testing.T) {
			text := "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + good + "\nEND:VEVENT\n\n\nBEGIN:VEVENT\n" + c.event + "\nEND:VEVENT\nEND:VCALENDAR"
			calendar, problems, err := icalendar.Read(text, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			if !calendar.On(time.Date(2026, 4, 4, 9, 0, 0, 0, time.UTC)) {
				t.Error("the good event is not on")
			}
			if (len(problems) == 1) != (c.want != nil) {
				t.Fatalf("problems: %v", problems)
			}
			for _, want := range c.want {
				if !strings.Contains(problems[0].String(), want) {
					t.Errorf("the problem is %q, want %q in it", problems[0], want)
				}
			}
		})
	}
}

// zoneOf is a zone in which a clock changes by a rule.
func zoneOf(rule string) []string {
	return []string{"BEGIN:VTIMEZONE", "TZID:Rule", "BEGIN:STANDARD", "DTSTART:20010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "RRULE:" + rule, "END:STANDARD", "END:VTIMEZONE"}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                      {"", "no BEGIN:VCALENDAR"},
		"something else":               {"<html></html>", "no BEGIN:VCALENDAR"},
		"an event alone":               {"BEGIN:VEVENT\nDTSTART:20260404\nEND:VEVENT", "no BEGIN:VCALENDAR"},
		"half a file":                  {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260404", "line 2: BEGIN:VEVENT has no END"},
		"an end too many":              {file("DTSTART:20260404") + "END:VCALENDAR", "closes nothing"},
		"crossed ends":                 {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT", "line 3: END:VCALENDAR closes nothing"},
		"no event of use":              {file("SUMMARY:Lunch", "DTSTART:soon"), `event "Lunch", line 4: DTSTART`},
		"too deep":                     {strings.Repeat("BEGIN:VCALENDAR\n", 20), "8 deep"},
		"too many events":              {file(strings.Split(strings.Repeat("DTSTART:20260404\n--\n", 10000)+"DTSTART:20260404", "\n")...), "more than 10000 events"},
		"too many series":              {file(strings.Split(strings.Repeat("DTSTART:20260404\nRRULE:FREQ=DAILY\n--\n", 200)+"DTSTART:20260404\nRRULE:FREQ=DAILY", "\n")...), "more than 200 rules repeat events"},
		"too many exceptions":          {file("DTSTART:20260404\nRRULE:FREQ=DAILY" + strings.Repeat("\nEXRULE:FREQ=YEARLY", 200)), "more than 200 rules repeat events of the calendar, or leave some out"},
		"too many refused":             {file(strings.Split(strings.Repeat("DTSTART:20260404\nRRULE:FREQ=DAILY\nRRULE:FREQ=DAILY\n--\n", 10000)+"DTSTART:20260404", "\n")...), "more than 100000 dates"},
		"too many dates":               {file(strings.Split(strings.Repeat("DTSTART:20260404\nRRULE:FREQ=DAILY;COUNT=999\n--\n", 9000)+"DTSTART:20260404", "\n")...), "more than 100000 dates"},
		"exceptions that never happen": {file("DTSTART:20260404\nRRULE:FREQ=DAILY" + strings.Repeat("\nEXRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", 10000)), "it never holds"},
		"zones that never change":      {strings.Repeat(inside(file("DTSTART:20260404"), zoneOf("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")...), 1000), "never holds"},
		"too many never happen":        {file(strings.Split(strings.Repeat("DTSTART:20260404\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30\n--\n", 3)+"DTSTART:20260404\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "\n")...), "it never holds"},
	} {
		if _, _, err := icalendar.Read(c.text, time.UTC); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A file of a mebibyte, as a shared calendar of some years has, is read and asked
// in little time.
func TestALargeFile(t *testing.T) {
	var lines []string
	for i := range 4200 {
		at := time.Date(2020, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 12 * time.Hour)
		lines = append(lines, fmt.Sprintf("UID:%d-of-a-calendar-that-many-people-share@example.com\nSUMMARY:Shift %d\nDTSTART;TZID=Romance Standard Time:%s\nDURATION:PT1H\nDESCRIPTION:%s", i, i, at.Format("20060102T150405"), strings.Repeat("as agreed. ", 18)), "--")
	}
	text := file(lines[:len(lines)-1]...)
	if len(text) < 1<<20 {
		t.Fatalf("the file has %d bytes", len(text))
	}
	calendar, problems, err := icalendar.Read(text, time.UTC)
	if err != nil || len(problems) != 0 {
		t.Fatal(err, problems)
	}
	if !calendar.On(time.Date(2025, 7, 1, 6, 30, 0, 0, time.UTC)) || calendar.On(time.Date(2025, 7, 1, 8, 30, 0, 0, time.UTC)) {
		t.Error("a shift of summer 2025 is not where it was")
	}
}

// However much a zone of the file says, its times are placed in little time.
func TestAZoneThatSaysMuch(t *testing.T) {
	zone := []string{"BEGIN:VTIMEZONE", "TZID:Rule"}
	for range 200 {
		zone = append(zone, zoneOf("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10")[2:8]...)
	}
	text := inside(file(strings.Split(strings.Repeat("DTSTART;TZID=Rule:20260404T120000\nDURATION:PT1H\n--\n", 3000)+"DTSTART:20260404", "\n")...), append(zone, "END:VTIMEZONE")...)
	calendar, problems, err := icalendar.Read(text, time.UTC) // an expansion for each time takes minutes
	if err != nil || len(problems) != 0 || !calendar.On(time.Date(2026, 4, 4, 11, 30, 0, 0, time.UTC)) {
		t.Fatal(err, problems)
	}
}

// A line that is folded behind each of its characters is joined once. A test that does
// not end is the failure.
func TestALineThatIsFoldedOften(t *testing.T) {
	const length = 1 << 19
	text := file("DTSTART:20260404T120000Z\nDURATION:PT1H\nDESCRIPTION:" + strings.Repeat("a\n ", length/3) + "b\n" + strings.Repeat("x\n", length/8))
	calendar, problems, err := icalendar.Read(text, time.UTC)
	if err != nil || len(problems) != length/8 || !calendar.On(time.Date(2026, 4, 4, 12, 30, 0, 0, time.UTC)) {
		t.Error(err, len(problems))
	}
}

// FuzzRead holds that no text makes Read or On panic or hang.
func FuzzRead(f *testing.F) {
	f.Add(file(weekly...))
	f.Add(inside(file("DTSTART;TZID=Customized Time Zone:20260418T140000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1"), customZone...))
	f.Add(with(weekly, "--", "UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260119T100000", "DTSTART:20260119T150000Z", "EXRULE:FREQ=DAILY", "RDATE;VALUE=PERIOD:20260404T120000Z/PT2H"))
	f.Fuzz(func(t *testing.T, text string) {
		c, _, err := icalendar.Read(text, time.UTC)
		if err != nil {
			return
		}
		for _, at := range []time.Time{{}, time.Unix(0, 0), time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
			c.On(at)
		}
	})
}

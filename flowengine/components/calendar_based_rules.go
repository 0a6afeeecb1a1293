package components

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/icalendar"
)

// CalendarBasedRules chooses an exit by the date.
var CalendarBasedRules = flowengine.NewComponent(flowfile.Spec{
	Name: "calendar_based_rules", Title: "Calendar-based Rules", Category: flowfile.CategoryDecide,
	Summary: "Leaves by the exit of the first rule that holds today.",
	Doc: "Both dates of a range belong to it. Today is the date in the rule's time zone. A date that applies every year " +
		"may be written without one, as 12-25; 29 February then applies in leap years only.\n\n" +
		"Instead of dates, or beside them, a rule may have a `calendar`, as Outlook, Exchange, Google, Evolution, Nextcloud and other programs " +
		"export it: one file, or several one after the other. It may hold series with exceptions, and zones of the tz database, of Windows " +
		"and of the file itself; a time that names no zone is of the rule's. Nothing may repeat more often than daily, and what repeats " +
		"lasts a year at most. An event that cannot be placed in time is left out, and `flow check` warns of it by name and line.",
	Exits: []flowfile.ExitSpec{
		{Each: "rules", Doc: "The rule is the first that holds today."},
		{Name: exitNoMatch, Title: "No match", Doc: "No rule holds today.", Expected: true},
	},
	OnError:   exitNoMatch,
	Variables: []flowfile.VariableSpec{{Name: "exit_name", Doc: "The exit that the step left by."}},
	Example: `
rules:
  - exit: holiday
    time_zone: Europe/Lisbon
    dates:
      - {from: 12-24, to: 01-01, annually: true}
      - {from: 2026-04-03}`,
}, runCalendarBasedRules)

type calendarBasedRules struct {
	Rules []datesRule `field:"rules" required:"true" min:"1" max:"50" doc:"The rules, in the order in which they are tried."`
}

type datesRule struct {
	Exit     string      `field:"exit" required:"true" is:"exit" doc:"The exit that the step leaves by when the rule holds."`
	TimeZone string      `field:"time_zone" required:"true" is:"time_zone" doc:"The time zone of its dates, such as Europe/Lisbon."`
	Dates    []dateRange `field:"dates" min:"1" max:"400" doc:"The dates."`
	Calendar string      `field:"calendar" max:"1048576" doc:"An iCalendar file (RFC 5545), up to 1 MiB: the rule holds while one of its events is on."`

	zone     *time.Location
	calendar icalendar.Calendar
	problems []icalendar.Problem // of the calendar
}

type dateRange struct {
	From     string `field:"from" required:"true" doc:"The date, or the first one of a range, as 2026-12-24."`
	To       string `field:"to" doc:"The last date of a range."`
	Annually bool   `field:"annually" doc:"It applies every year."`

	from, to int // year·10000 + month·100 + day, the year 0 for every year
}

// Check implements flowfile.Checker.
func (c *calendarBasedRules) Check(report func(field, what, mend string)) {
	for i := range c.Rules {
		r := &c.Rules[i]
		r.zone = zoneOf(r.TimeZone)
		path := fmt.Sprintf("rules[%d]", i)
		if len(r.Dates) == 0 && r.Calendar == "" {
			report(path+".dates", "the rule has neither dates nor a calendar", "give one of them")
		}
		if r.Calendar != "" {
			var err error
			if r.calendar, r.problems, err = icalendar.Read(r.Calendar, r.zone); err != nil {
				report(path+".calendar", err.Error(), "paste the whole file, from BEGIN:VCALENDAR to END:VCALENDAR")
			}
		}
		for j := range r.Dates {
			r.Dates[j].check(fmt.Sprintf("%s.dates[%d]", path, j), report)
		}
	}
}

// Warn implements flowfile.Warner.
func (c *calendarBasedRules) Warn(report func(field, what, mend string)) {
	for i, r := range c.Rules {
		for _, p := range r.problems {
			report(fmt.Sprintf("rules[%d].calendar", i), p.String(), "")
		}
	}
}

func (d *dateRange) check(path string, report func(field, what, mend string)) {
	if d.To == "" {
		d.To = d.From
	}
	mend := "write it as 2026-12-24"
	if d.Annually {
		mend = "write it as 12-24"
	}
	for _, date := range []struct {
		field, text string
		into        *int
	}{{".from", d.From, &d.from}, {".to", d.To, &d.to}} {
		text := date.text
		if d.Annually && len(text) == len("12-24") { // the year may be left out, and does not count
			text = "2000-" + text // a leap year
		}
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			report(path+date.field, fmt.Sprintf("%q is no date", date.text), mend)
			return
		}
		*date.into = number(t, d.Annually)
	}
	if !d.Annually && d.to < d.from {
		report(path+".to", "the range ends before it begins", "")
	}
}

func number(t time.Time, annually bool) int {
	n := int(t.Month())*100 + t.Day()
	if !annually {
		n += t.Year() * 10000
	}
	return n
}

func runCalendarBasedRules(_ context.Context, t *flowengine.StepContext, c *calendarBasedRules) (flowfile.Exit, error) {
	now := time.Now()
	exit := exitNoMatch
	if i := slices.IndexFunc(c.Rules, func(r datesRule) bool { return r.holds(now) }); i >= 0 {
		exit = flowfile.Exit(c.Rules[i].Exit)
	}
	t.Set("exit_name", string(exit))
	return exit, nil
}

func (r datesRule) holds(now time.Time) bool {
	return r.calendar.On(now) || slices.ContainsFunc(r.Dates, func(d dateRange) bool {
		today := number(now.In(r.zone), d.Annually)
		if d.Annually && d.to < d.from { // over the turn of the year
			return today >= d.from || today <= d.to
		}
		return d.from <= today && today <= d.to
	})
}

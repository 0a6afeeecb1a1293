package components

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// TimeBasedRules chooses an exit by weekday and time of day.
var TimeBasedRules = flowengine.NewComponent(flowfile.Spec{
	Name: "time_based_rules", Title: "Time-based Rules", Category: flowfile.CategoryDecide,
	Summary: "Leaves by the exit of the first rule whose hours it is now.",
	Doc: "A range begins with its first minute and ends before its last. One that ends earlier than it begins runs into " +
		"the next day: Friday 21:00 to 02:00 ends on Saturday. The hours are those on the wall of the time zone, also on " +
		"the days when its clock changes.",
	Exits: []flowfile.ExitSpec{
		{Each: "rules", Doc: "The rule is the first whose hours it is."},
		{Name: exitNoMatch, Title: "No match", Doc: "It is outside all hours.", Expected: true},
	},
	OnError: exitNoMatch,
	Variables: []flowfile.VariableSpec{
		{Name: "exit_name", Doc: "The exit that the step left by."},
		{Name: "business_hours", Doc: "inside or outside, as the rule says; outside without a match."},
	},
	Example: `
rules:
  - exit: open
    time_zone: America/New_York
    ranges:
      - {days: [monday, tuesday, wednesday, thursday, friday], from: "09:00", to: "17:30"}
      - {days: [friday], from: "21:00", to: "02:00"}
    business_hours: inside`,
}, runTimeBasedRules)

type timeBasedRules struct {
	Rules []hoursRule `field:"rules" required:"true" min:"1" max:"50" doc:"The rules, in the order in which they are tried."`
}

type hoursRule struct {
	Exit          string       `field:"exit" required:"true" is:"exit" doc:"The exit that the step leaves by when the rule holds."`
	TimeZone      string       `field:"time_zone" required:"true" is:"time_zone" doc:"The time zone of its hours, such as Europe/Lisbon."`
	Ranges        []hoursRange `field:"ranges" required:"true" min:"1" max:"50" doc:"The hours."`
	BusinessHours string       `field:"business_hours" choices:"inside,outside" default:"inside" doc:"What reports call these hours."`

	zone *time.Location
}

type hoursRange struct {
	Days []string `field:"days" required:"true" min:"1" max:"7" choices:"monday,tuesday,wednesday,thursday,friday,saturday,sunday" doc:"The days on which the range begins."`
	From string   `field:"from" required:"true" doc:"Its first minute, as 09:00."`
	To   string   `field:"to" required:"true" doc:"The minute before which it ends, up to 24:00."`

	from, to int // minutes of the day
}

// Check implements flowfile.Checker.
func (c *timeBasedRules) Check(report func(field, what, mend string)) {
	for i := range c.Rules {
		r := &c.Rules[i]
		r.zone = zoneOf(r.TimeZone)
		for j := range r.Ranges {
			path := fmt.Sprintf("rules[%d].ranges[%d]", i, j)
			h := &r.Ranges[j]
			var fromOK, toOK bool
			if h.from, fromOK = record.MinuteOfDay(h.From); !fromOK || h.from == record.MinutesPerDay {
				report(path+".from", fmt.Sprintf("%q is no time of day", h.From), "write it as 09:00")
			}
			if h.to, toOK = record.MinuteOfDay(h.To); !toOK {
				report(path+".to", fmt.Sprintf("%q is no time of day", h.To), "write it as 17:30")
			}
			if fromOK && toOK && h.from == h.to {
				report(path+".to", "the range ends when it begins", "write 00:00 to 24:00 for the whole day")
			}
		}
	}
}

// zoneOf returns a time zone, which was tried when the field was read; of a wrong
// one nothing runs.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

func runTimeBasedRules(_ context.Context, t *flowengine.StepContext, c *timeBasedRules) (flowfile.Exit, error) {
	now := time.Now()
	exit, hours := exitNoMatch, "outside"
	if i := slices.IndexFunc(c.Rules, func(r hoursRule) bool { return r.holds(now) }); i >= 0 {
		exit, hours = flowfile.Exit(c.Rules[i].Exit), c.Rules[i].BusinessHours
	}
	t.Set("exit_name", string(exit))
	t.Set("business_hours", hours)
	t.SetDetail(hours + " business hours")
	return exit, nil
}

func (r hoursRule) holds(now time.Time) bool {
	wall := now.In(r.zone)
	minute := wall.Hour()*60 + wall.Minute()
	return slices.ContainsFunc(r.Ranges, func(h hoursRange) bool {
		today, yesterday := h.on(wall.Weekday()), h.on((wall.Weekday()+6)%7)
		if h.from < h.to {
			return today && minute >= h.from && minute < h.to
		}
		return today && minute >= h.from || yesterday && minute < h.to
	})
}

// on reports whether the range begins on the day.
func (h hoursRange) on(day time.Weekday) bool {
	return slices.Contains(h.Days, strings.ToLower(day.String()))
}

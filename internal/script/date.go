package script

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dateOptions are those of Intl.DateTimeFormat (ECMA-402 §11.1.2) that are known
// here.
type dateOptions struct {
	TimeZone  string `json:"timeZone"`
	Weekday   string `json:"weekday"`
	Year      string `json:"year"`
	Month     string `json:"month"`
	Day       string `json:"day"`
	Hour      string `json:"hour"`
	Minute    string `json:"minute"`
	Second    string `json:"second"`
	Hour12    *bool  `json:"hour12"`
	HourCycle string `json:"hourCycle"`
	DateStyle string `json:"dateStyle"`
	TimeStyle string `json:"timeStyle"`
}

// forCall asks for the parts that a call writes of itself, if its options ask for none: "any"
// for a date and a time, "date", "time", or "format" for a date as Intl has it (ECMA-402
// §11.1.1, §19.4).
func (o dateOptions) forCall(call string) (dateOptions, error) {
	switch {
	case call == "date" && o.TimeStyle != "":
		return o, errors.New("timeStyle makes no date")
	case call == "time" && o.DateStyle != "":
		return o, errors.New("dateStyle makes no time")
	case o.styled(), call != "time" && o.hasDate(), call != "date" && o.hasTime():
		return o, nil
	}
	if call != "time" {
		o.Year, o.Month, o.Day = "numeric", "numeric", "numeric"
	}
	if call == "any" || call == "time" {
		o.Hour, o.Minute, o.Second = "numeric", "numeric", "numeric"
	}
	return o, nil
}

func (o dateOptions) styled() bool  { return o.DateStyle+o.TimeStyle != "" }
func (o dateOptions) hasDate() bool { return o.Weekday+o.Year+o.Month+o.Day != "" }
func (o dateOptions) hasTime() bool { return o.Hour+o.Minute+o.Second != "" }

// short are the letters of the options in the keys of patterns.
var short = map[string]string{"numeric": "n", "2-digit": "2", "long": "l", "short": "s"}

// keys are those of the patterns of the date and of the time, "" for none.
func (o dateOptions) keys() (date, clock string, err error) {
	if o.styled() {
		if o.hasDate() || o.hasTime() {
			return "", "", fmt.Errorf("dateStyle and timeStyle do not go together with parts")
		}
		if o.DateStyle != "" {
			date = "S" + o.DateStyle
		}
		if o.TimeStyle != "" {
			clock = "S" + o.TimeStyle
		}
		return date, clock, nil
	}
	for _, part := range [4]struct{ letter, value string }{{"w", o.Weekday}, {"y", o.Year}, {"M", o.Month}, {"d", o.Day}} {
		if part.value == "" {
			continue
		}
		if short[part.value] == "" {
			return "", "", fmt.Errorf("%q is not known here: there are numeric, 2-digit, long and short", part.value)
		}
		date += part.letter + short[part.value]
	}
	if o.Hour == "" && o.Minute+o.Second != "" {
		return "", "", fmt.Errorf("minutes and seconds without an hour are not known here")
	}
	if o.Hour == "" {
		return date, "", nil
	}
	for _, part := range [3]struct{ letter, value string }{{"h", o.Hour}, {"m", o.Minute}, {"s", o.Second}} {
		if part.value != "" {
			clock += part.letter + short[part.value]
		}
	}
	switch {
	case o.Hour12 != nil && *o.Hour12, o.Hour12 == nil && o.HourCycle == "h12":
		clock += "12"
	case o.Hour12 != nil, o.HourCycle == "h23":
		clock += "24"
	case o.HourCycle != "":
		return "", "", fmt.Errorf("hourCycle %q is not known here: there are h12 and h23", o.HourCycle)
	}
	return date, clock, nil
}

// formatDate writes a moment in the manner of a locale, in the zone that the
// options name, or the one of the server.
func formatDate(at time.Time, tag string, o dateOptions) (string, error) {
	all, l, err := findLocale(tag)
	if err != nil {
		return "", err
	}
	zone := time.Local
	if o.TimeZone != "" {
		if zone, err = time.LoadLocation(o.TimeZone); err != nil || o.TimeZone == "Local" {
			return "", fmt.Errorf("invalid time zone specified: %s", o.TimeZone)
		}
	}
	date, clock, err := o.keys()
	if err != nil {
		return "", err
	}
	pattern := "{T}"
	for key, from := range map[string]map[string]int{date: l.Dates, clock: l.Times} {
		if _, known := from[key]; key != "" && !known {
			return "", fmt.Errorf("dates in this form are not known here for locale %q: ask for the parts one by one", tag)
		}
	}
	switch {
	case date != "" && clock != "":
		joint, known := l.Joints[date]
		if !known {
			return "", fmt.Errorf("dates and times together in this form are not known here for locale %q: ask for one after the other", tag)
		}
		pattern = strings.NewReplacer("{D}", all.Patterns[l.Dates[date]], "{T}", all.Patterns[l.Times[clock]]).Replace(all.Patterns[joint])
	case date != "":
		pattern = all.Patterns[l.Dates[date]]
	default:
		pattern = all.Patterns[l.Times[clock]]
	}
	return all.write(at.In(zone), pattern), nil
}

var field = regexp.MustCompile(`\{([A-Za-z]+?)(\d*)\}`)

// layouts are the fields of patterns that package time has, as it has them.
var layouts = map[string]string{"M": "1", "MM": "01", "d": "2", "dd": "02", "h": "3", "hh": "03", "HH": "15", "m": "4", "mm": "04", "s": "5", "ss": "05"}

// write fills a pattern.
func (all *locales) write(t time.Time, pattern string) string {
	return field.ReplaceAllStringFunc(pattern, func(s string) string {
		m := field.FindStringSubmatch(s)
		names, _ := strconv.Atoi(m[2])
		switch m[1] {
		case "y":
			return strconv.Itoa(t.Year())
		case "yy":
			return fmt.Sprintf("%02d", t.Year()%100)
		case "B":
			return all.Names[names][t.Month()-1]
		case "E":
			return all.Names[names][t.Weekday()]
		case "H":
			return strconv.Itoa(t.Hour())
		case "a":
			return all.Names[names][t.Hour()/12]
		}
		if layout := layouts[m[1]]; layout != "" {
			return t.Format(layout)
		}
		return s
	})
}

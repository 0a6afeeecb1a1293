package script

import (
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

// any reports whether some part is requested.
func (o dateOptions) any() bool {
	return o.DateStyle+o.TimeStyle+o.Weekday+o.Year+o.Month+o.Day+o.Hour+o.Minute+o.Second != ""
}

// withDefaults asks for a date, a time or both where nothing is requested.
func (o dateOptions) withDefaults(date, clock bool) dateOptions {
	requested := o.DateStyle+o.TimeStyle != "" || date && o.Weekday+o.Year+o.Month+o.Day != "" || clock && o.Hour+o.Minute+o.Second != ""
	if requested {
		return o
	}
	if date {
		o.Year, o.Month, o.Day = "numeric", "numeric", "numeric"
	}
	if clock {
		o.Hour, o.Minute, o.Second = "numeric", "numeric", "numeric"
	}
	return o
}

// short are the letters of the options in the keys of patterns.
var short = map[string]string{"numeric": "n", "2-digit": "2", "long": "l", "short": "s"}

// keys are those of the patterns of the date and of the time, "" for none.
func (o dateOptions) keys() (date, clock string, err error) {
	if o.DateStyle+o.TimeStyle != "" {
		if o.Weekday+o.Year+o.Month+o.Day+o.Hour+o.Minute+o.Second != "" {
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

// write fills a pattern.
func (all *locales) write(t time.Time, pattern string) string {
	two := func(n int) string { return fmt.Sprintf("%02d", n) }
	return field.ReplaceAllStringFunc(pattern, func(s string) string {
		m := field.FindStringSubmatch(s)
		names, _ := strconv.Atoi(m[2])
		twelve := (t.Hour()+11)%12 + 1
		switch m[1] {
		case "y":
			return strconv.Itoa(t.Year())
		case "yy":
			return two(t.Year() % 100)
		case "M":
			return strconv.Itoa(int(t.Month()))
		case "MM":
			return two(int(t.Month()))
		case "B":
			return all.Names[names][t.Month()-1]
		case "d":
			return strconv.Itoa(t.Day())
		case "dd":
			return two(t.Day())
		case "E":
			return all.Names[names][t.Weekday()]
		case "h":
			return strconv.Itoa(twelve)
		case "hh":
			return two(twelve)
		case "H":
			return strconv.Itoa(t.Hour())
		case "HH":
			return two(t.Hour())
		case "m":
			return strconv.Itoa(t.Minute())
		case "mm":
			return two(t.Minute())
		case "s":
			return strconv.Itoa(t.Second())
		case "ss":
			return two(t.Second())
		case "a":
			return all.Names[names][t.Hour()/12]
		}
		return s
	})
}

package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// reportJobForm is what a report is asked for by.
type reportJobForm struct {
	Name     string   `json:"name,omitempty" doc:"What to call it."`
	TimeZone string   `json:"timezone,omitempty" doc:"The time zone of a span without one, such as Europe/Berlin. By default UTC. The report itself is in UTC."`
	Format   string   `json:"format" doc:"json, csv, or json_bulk, which has an entry on each line."`
	Timespan timespan `json:"timespan"`
}

type timespan struct {
	From string `json:"from" doc:"Executions accepted at this time or later, such as 2026-11-22T00:00:00Z, or 2026-11-22 00:00:00 in the time zone."`
	To   string `json:"to" doc:"Executions accepted before this time; one that ends in 59 seconds includes that second, as 23:59:59 does. Later than now is now."`
}

// reportJobOf reads and judges what is asked for.
func reportJobOf(req *request) (reportJobForm, error) {
	var form reportJobForm
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return form, bodyError(err)
	}
	if err := json.Unmarshal(body, &form); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) && kind.Field != "" {
			return form, badFields(flowfile.FieldError{Name: kind.Field, Description: "must be text, is a JSON " + kind.Value})
		}
		return form, badBody(`a JSON object is needed, such as {"format":"csv","timespan":{"from":"2026-11-22T00:00:00Z","to":"2026-11-23T00:00:00Z"}}`)
	}
	var wrong []flowfile.FieldError
	add := func(name, rule string) { wrong = append(wrong, flowfile.FieldError{Name: name, Description: rule}) }
	if len(form.Name) > maxJobName {
		add("name", fmt.Sprintf("must not be longer than %d bytes", maxJobName))
	}
	form.Format, form.TimeZone = strings.ToLower(form.Format), cmp.Or(form.TimeZone, "UTC")
	if !slices.Contains(formats, form.Format) {
		add("format", "must be json, json_bulk or csv")
	}
	if zone, err := time.LoadLocation(form.TimeZone); err != nil || form.TimeZone == "Local" {
		add("timezone", "must be a time zone of the IANA database, such as Europe/Berlin")
	} else {
		from, fromErr := parseTime(form.Timespan.From, zone)
		to, toErr := parseTime(form.Timespan.To, zone)
		switch {
		case fromErr != nil:
			add("timespan.from", fromErr.Error())
		case toErr != nil:
			add("timespan.to", toErr.Error())
		case to.Before(from):
			add("timespan.to", "must not be before timespan.from")
		}
	}
	if wrong != nil {
		return form, badFields(wrong...)
	}
	return form, nil
}

func badFields(fields ...flowfile.FieldError) *httpError {
	return &httpError{status: http.StatusBadRequest, code: codeArgument, message: "bad argument",
		description: "at least one member has a value that cannot be used", fields: fields}
}

// timeLayouts are the forms in which clients write a time; those without a zone are
// in that of the job.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05", time.DateOnly}

// parseTime reads a time.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	for _, form := range timeLayouts {
		if strings.HasSuffix(form, "MST") && !strings.HasSuffix(text, " UTC") {
			continue // other abbreviations mean different things to different people
		}
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("must be a time such as 2026-11-22T00:00:00Z, or 2026-11-22 00:00:00 in the time zone of the job")
}

// filter is what the job asks for, as far as it had happened when it was asked:
// the file is the same whenever it is fetched.
func (f reportJobForm) filter(created time.Time) (record.Filter, error) {
	zone, err := time.LoadLocation(f.TimeZone)
	if err != nil {
		return record.Filter{}, err
	}
	from, fromErr := parseTime(f.Timespan.From, zone)
	to, toErr := parseTime(f.Timespan.To, zone)
	if to.Second() == 59 && to.Nanosecond() == 0 {
		to = to.Add(time.Second)
	}
	if to.After(created) {
		to = created
	}
	return record.Filter{From: from, To: to}, errors.Join(fromErr, toErr)
}

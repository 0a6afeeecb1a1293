package api_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
)

func TestWhenAnInteractionBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where it is midnight of 2000-01-01 in UTC, a Saturday
		for _, c := range []struct {
			startAt, hours, zone string
			want                 string // empty: at once
		}{
			{"", "", "", ""},
			{"2000-01-01T08:00:00+01:00", "", "", "2000-01-01T07:00:00Z"},
			{"1999-12-31T23:55:00Z", "", "", "1999-12-31T23:55:00Z"},
			{"1999-12-31T23:54:59Z", "", "", "400 start_at"},
			{"0001-01-01T00:00:00Z", "", "", "400 start_at"}, // Go's zero time is a time like others
			{"", "09:00-17:30", "", "2000-01-01T09:00:00Z"},
			{"", "00:00-01:00", "", ""},
			{"", "22:00-02:00", "", ""},
			{"", "22:00-00:00", "", "2000-01-01T22:00:00Z"},
			{"", "09:00-17:00", "America/New_York", "2000-01-01T14:00:00Z"}, // there it is 19:00 of the day before
			{"", "18:00-24:00", "America/New_York", ""},
			{"2000-01-03T16:59:00Z", "09:00-17:00", "", "2000-01-03T16:59:00Z"},
			{"2000-01-03T17:00:00Z", "09:00-17:00", "", "2000-01-04T09:00:00Z"},
			{"1999-12-31T23:59:00Z", "09:00-17:00", "", "2000-01-01T09:00:00Z"},
			{"1999-01-01T12:00:00Z", "09:00-17:00", "", "400 start_at"},
			{"2000-01-31T23:00:00Z", "", "", "400 start_at"},
			{"tomorrow", "", "", "400 start_at"},
			{"", "9-17", "", "400 calling_hours"},
			{"", "9:00-17:00", "", "400 calling_hours"},
			{"", "09:00-09:00", "", "400 calling_hours"},
			{"", "24:00-09:00", "", "400 calling_hours"},
			{"", "09:00-25:00", "", "400 calling_hours"},
			{"", "09:00", "", "400 calling_hours"},
			{"", "09:00-17:00", "Mars/Olympus", "400 time_zone"},
			{"", "09:00-17:00", "Local", "400 time_zone"},
			{"", "09:00-17:00", "../../etc/passwd", "400 time_zone"},
			{"", "", "Mars", "400 time_zone"},
			{"", "", "Europe/Berlin", "400 time_zone"},
			{"2000-01-03T16:59:00Z", "", "Europe/Berlin", "400 time_zone"},
		} {
			w := newWorld(t, nil)
			query := url.Values{}
			for name, value := range map[string]string{"start_at": c.startAt, "calling_hours": c.hours, "time_zone": c.zone} {
				if value != "" {
					query.Set(name, value)
				}
			}
			answer := w.do("POST", "/flows/installation-help/interactions?"+query.Encode(), "starter", good)
			if name, refused := strings.CutPrefix(c.want, "400 "); refused {
				if answer.Code != 400 || !strings.Contains(answer.Body.String(), `"name":"`+name+`"`) {
					t.Errorf("%+v: %d %s", c, answer.Code, answer.Body)
				}
				continue
			}
			got := ""
			if answer.Code != 202 {
				t.Errorf("%+v: %d %s", c, answer.Code, answer.Body)
			} else {
				got = begins(t, w.started[0])
			}
			if got != c.want {
				t.Errorf("%+v begins at %s", c, got)
			}
		}
	})
}

// A program that fills in nothing, or two values, must not have somebody called at
// once, or at the wrong one of two times.
func TestParametersThatSayNothingOrTwoThingsStartNothing(t *testing.T) {
	w := newWorld(t, nil)
	for query, name := range map[string]string{
		"start_at=":      "start_at",
		"calling_hours=": "calling_hours",
		"time_zone=":     "time_zone",
		"start_at=2000-01-01T08:00:00Z&start_at=2000-01-02T08:00:00Z": "start_at",
		"calling_hours=09:00-17:00&calling_hours=":                    "calling_hours",
		"calling_hours=09:00-17:00&time_zone=UTC&time_zone=UTC":       "time_zone",
	} {
		answer := w.do("POST", "/flows/installation-help/interactions?"+query, "starter", good)
		if answer.Code != 400 || !strings.Contains(answer.Body.String(), `"name":"`+name+`"`) {
			t.Errorf("%s: %d %s", query, answer.Code, answer.Body)
		}
	}
	if answer := w.do("GET", "/v1/executions?limit=2&limit=3", "reader", ""); answer.Code != 400 || !strings.Contains(answer.Body.String(), "more than once") {
		t.Errorf("two limits: %d %s", answer.Code, answer.Body)
	}
	if len(w.started) != 0 {
		t.Errorf("%d were started", len(w.started))
	}
}

// begins returns when what a trigger starts is to begin, "" for at once.
func begins(t *testing.T, trigger flowengine.Trigger) string {
	t.Helper()
	x := record.Execution{StartAt: trigger.StartAt, CallingHours: trigger.CallingHours}
	next, err := x.NextBegin(time.Now())
	must(t, err)
	if next.After(time.Now()) {
		return next.UTC().Format(time.RFC3339)
	}
	if x.StartAt.IsZero() {
		return ""
	}
	return x.StartAt.UTC().Format(time.RFC3339)
}

// Who looks at an execution that waits sees in which hours it may begin, and when
// that is next: what it was accepted for may lie behind.
func TestAWaitingExecutionShowsWhenItMayBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where it is midnight of 2000-01-01 in UTC
		w := newWorld(t, nil)
		w.waiting = record.Execution{StartAt: time.Now().Add(-20 * time.Hour), CallingHours: record.CallingHours{Hours: "09:00-17:30", Zone: "Europe/Berlin"}}
		for _, path := range []string{"/v1/executions/execution-3", "/v1/executions"} {
			answer := w.do("GET", path, "reader", "").Body.String()
			for _, want := range []string{`"start_at":"2000-01-01T08:00:00Z"`, `"calling_hours":"09:00-17:30"`, `"time_zone":"Europe/Berlin"`} {
				if !strings.Contains(answer, want) {
					t.Errorf("%s lacks %s: %s", path, want, answer)
				}
			}
		}
	})
}

// That an execution has ended is said of none that has not.
func TestACancelThatFindsNobodyToTell(t *testing.T) {
	w := newWorld(t, nil)
	w.waiting = record.Execution{StartAt: time.Now()}
	for id, status := range map[string]int{"execution-1": 202, "execution-2": 409, "execution-3": 503, "execution-4": 404} {
		if answer := w.do("POST", "/v1/executions/"+id+"/cancel", "acceptance", ""); answer.Code != status {
			t.Errorf("%s: %d %s", id, answer.Code, answer.Body)
		}
	}
}

// A key stands for the time too.
func TestIdempotencyKeyCoversTheTime(t *testing.T) {
	w := newWorld(t, nil)
	const path = "/flows/installation-help/interactions"
	at := "?start_at=" + url.QueryEscape(time.Now().Add(time.Hour).Format(time.RFC3339))
	for query, status := range map[string]int{"": 409, at: 202, at + "&calling_hours=09:00-17:00": 409, at + "&other=x": 400} {
		w.do("POST", path+at, "starter", good, "Idempotency-Key", "k")
		if answer := w.do("POST", path+query, "starter", good, "Idempotency-Key", "k"); answer.Code != status {
			t.Errorf("%q: %d %s", query, answer.Code, answer.Body)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A repeat that was on its way for long asks for nothing new: it gets the first
// answer. With another key the same request would call somebody far too late.
func TestARepeatOfAStartThatLiesBehindGetsItsFirstAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		path := "/flows/installation-help/interactions?start_at=" + url.QueryEscape(time.Now().Add(time.Minute).Format(time.RFC3339))
		first := w.do("POST", path, "starter", good, "Idempotency-Key", "k")
		time.Sleep(time.Hour) // in the bubble
		repeat := w.do("POST", path, "starter", good, "Idempotency-Key", "k")
		if first.Code != 202 || repeat.Code != 202 || first.Body.String() != repeat.Body.String() {
			t.Errorf("%d %s, then %d %s", first.Code, first.Body, repeat.Code, repeat.Body)
		}
		for _, headers := range [][]string{{"Idempotency-Key", "another"}, nil} {
			if answer := w.do("POST", path, "starter", good, headers...); answer.Code != 400 || !strings.Contains(answer.Body.String(), "it is 2000-01-01T01:00:00Z") {
				t.Errorf("%q: %d %s", headers, answer.Code, answer.Body)
			}
		}
		if len(w.started) != 1 {
			t.Errorf("%d were started", len(w.started))
		}
	})
}

package api_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

const (
	jobsPath  = "/data/reports/studio_flow_execution/jobs"
	filesPath = "/data/reports/studio_flow_execution/files"
)

// jobs keeps report jobs in memory, in the order in which they came.
type jobs struct {
	mu     sync.Mutex
	stored []record.ReportJob
}

func (s *jobs) AddReportJob(_ context.Context, j record.ReportJob) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored = append(s.stored, j)
	return nil
}

func (s *jobs) ReportJob(_ context.Context, account, id string) (record.ReportJob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.stored {
		if j.ID == id && j.Account == account {
			return j, nil
		}
	}
	return record.ReportJob{}, record.ErrNoReportJob
}

func (s *jobs) ReportJobs(_ context.Context, account string, skip, limit int) (out []record.ReportJob, total int, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.stored) - 1; i >= 0; i-- {
		if s.stored[i].Account != account {
			continue
		}
		if total++; total > skip && len(out) < limit {
			out = append(out, s.stored[i])
		}
	}
	return out, total, nil
}

func (s *jobs) DeleteReportJob(_ context.Context, account, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, j := range s.stored {
		if j.ID == id && j.Account == account {
			s.stored = append(s.stored[:i], s.stored[i+1:]...)
			return nil
		}
	}
	return record.ErrNoReportJob
}

// job is what the answers about a job hold.
type job struct {
	Job struct {
		ID, Name, TimeZone, Status, Format string
		Timespan                           struct{ From, To string }
	}
	Links struct{ Self, Files struct{ Href string } } `json:"_links"`
}

func (w *world) ask(body string) (j job) {
	w.t.Helper()
	answer := w.do("POST", jobsPath, "reporter", body)
	if err := json.Unmarshal(answer.Body.Bytes(), &j); err != nil || answer.Code != http.StatusAccepted || j.Job.Status != "created" ||
		answer.Header().Get("Location") != jobsPath+"/"+j.Job.ID || len(j.Job.ID) != 32 {
		w.t.Fatalf("%s: %d %v %s", body, answer.Code, err, answer.Body)
	}
	return j
}

// The steps of the original: ask, look, follow, fetch.
func TestReportJob(t *testing.T) {
	w := newWorld(t, nil)
	for format, kind := range map[string]string{"csv": "text/csv; charset=utf-8", "JSON": "application/json; charset=utf-8", "json_bulk": "application/x-ndjson"} {
		made := w.ask(`{"name":"Nightly","timezone":"Europe/Berlin","format":"` + format + `","timespan":{"from":"2026-01-02 00:00:00","to":"2026-01-02 23:59:59"},"extra":1}`)
		answer := w.do("GET", jobsPath+"/"+made.Job.ID, "reporter", "")
		var done job
		if err := json.Unmarshal(answer.Body.Bytes(), &done); err != nil || answer.Code != http.StatusSeeOther || done.Job.Status != "done" {
			t.Fatalf("%d %v %s", answer.Code, err, answer.Body)
		}
		if done.Job.Name != "Nightly" || done.Job.TimeZone != "Europe/Berlin" || done.Job.Format != strings.ToLower(format) || done.Job.Timespan.To != "2026-01-02 23:59:59" {
			t.Errorf("%+v", done)
		}
		file := answer.Header().Get("Location")
		if link, err := url.Parse(done.Links.Files.Href); err != nil || link.Path != file || link.Host != "example.com" || link.Scheme != "http" || file != filesPath+"/"+made.Job.ID {
			t.Errorf("the file is at %s, the link says %s", file, done.Links.Files.Href)
		}
		report := w.do("GET", file, "reporter", "")
		if report.Code != http.StatusOK || report.Header().Get("Content-Type") != kind {
			t.Errorf("%d %s", report.Code, report.Header())
		}
		if lines := strings.Split(report.Body.String(), "\n"); format == "json_bulk" {
			if len(lines) != 4 || lines[3] != "" {
				t.Errorf("%d lines: %q", len(lines), lines)
			}
			for i, line := range lines[:min(3, len(lines))] {
				var row map[string]any
				if err := json.Unmarshal([]byte(line), &row); err != nil || row["flow_id"] != "play" || len(row) < 40 {
					t.Errorf("line %d: %v %s", i+1, err, line)
				}
			}
		} else if format == "csv" {
			if rows, err := csv.NewReader(report.Body).ReadAll(); err != nil || len(rows) != 4 || rows[0][0] != "Call_SID" {
				t.Errorf("%v %v", err, rows)
			}
		} else if !strings.Contains(report.Body.String(), `"total":3`) {
			t.Errorf("%s", report.Body)
		}
		from, to := time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC), time.Date(2026, 1, 2, 23, 0, 0, 0, time.UTC)
		if !w.filter.From.Equal(from) || !w.filter.To.Equal(to) {
			t.Errorf("the filter was %+v", w.filter)
		}
	}
}

// What a job covers is settled when it is asked for.
func TestReportJobDoesNotGrow(t *testing.T) {
	w := newWorld(t, nil)
	before := time.Now()
	made := w.ask(`{"format":"json","timespan":{"from":"2026-01-01","to":"2999-01-01"}}`)
	after := time.Now()
	<-time.After(5 * time.Millisecond)
	w.do("GET", filesPath+"/"+made.Job.ID, "reporter", "")
	if w.filter.To.Before(before.Round(0)) || w.filter.To.After(after.Round(0)) {
		t.Errorf("it covers all until %s, was asked for between %s and %s", w.filter.To, before, after)
	}
}

func TestReportJobTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-29T00:00:00Z": "2026-03-29T00:00:00Z", "2026-03-29T00:00:00.000Z": "2026-03-29T00:00:00Z",
		"2026-03-29T02:00:00+02:00": "2026-03-29T00:00:00Z", "2026-03-29 00:00:00 UTC": "2026-03-29T00:00:00Z",
		"2026-03-29T00:00:00": "2026-03-28T23:00:00Z", "2026-03-29 12:00:00": "2026-03-29T10:00:00Z", "2026-03-29": "2026-03-28T23:00:00Z",
	} {
		w := newWorld(t, nil)
		made := w.ask(fmt.Sprintf(`{"format":"csv","timezone":"Europe/Berlin","timespan":{"from":%q,"to":%q}}`, text, "2026-06-01"))
		w.do("GET", filesPath+"/"+made.Job.ID, "reporter", "")
		if got := w.filter.From.UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestReportJobRefuses(t *testing.T) {
	w := newWorld(t, nil)
	const span = `"timespan":{"from":"2026-01-01","to":"2026-01-02"}`
	for body, field := range map[string]string{
		"": "", "[]": "", "{": "", `"x"`: "",
		`{` + span + `}`:                                                          "format",
		`{"format":"xlsx",` + span + `}`:                                          "format",
		`{"format":7,` + span + `}`:                                               "format",
		`{"format":"csv"}`:                                                        "timespan.from",
		`{"format":"csv","timespan":{"from":"2026-01-01"}}`:                       "timespan.to",
		`{"format":"csv","timespan":{"from":"monday","to":"now"}}`:                "timespan.from",
		`{"format":"csv","timespan":{"from":"2026-01-01","to":{}}}`:               "timespan.to",
		`{"format":"csv","timespan":{"from":"2026-01-02","to":"2026-01-01"}}`:     "timespan.to",
		`{"format":"csv","timezone":"Mars","timespan":{"from":"2026-01-01"}}`:     "timezone",
		`{"format":"csv","timezone":"Local",` + span + `}`:                        "timezone",
		`{"format":"csv","name":"` + strings.Repeat("x", 256) + `",` + span + `}`: "name",
	} {
		answer := w.do("POST", jobsPath, "reporter", body)
		var got struct {
			Fields []struct{ Name, Description string }
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusBadRequest {
			t.Errorf("%.60s: %d %s", body, answer.Code, answer.Body)
			continue
		}
		if field == "" != (got.Fields == nil) || field != "" && got.Fields[0].Name != field {
			t.Errorf("%.60s: %s, want the field %q", body, answer.Body, field)
		}
	}
	if answer := w.do("POST", jobsPath, "reporter", `{"name":"`+strings.Repeat("x", 70_000)+`"}`); answer.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d", answer.Code)
	}
}

// Each scope lets do its own, and an account sees its own jobs alone.
func TestReportJobIsPrivate(t *testing.T) {
	w := newWorld(t, nil)
	made := w.ask(`{"format":"csv","timespan":{"from":"2026-01-01","to":"2026-01-02"}}`)
	for _, c := range []struct {
		method, path, client string
		want                 int
	}{
		{"POST", jobsPath, "", 401}, {"POST", jobsPath, "reader", 403}, {"GET", jobsPath, "starter", 403},
		{"GET", jobsPath + "/" + made.Job.ID, "other-reporter", 404}, {"GET", filesPath + "/" + made.Job.ID, "other-reporter", 404},
		{"DELETE", filesPath + "/" + made.Job.ID, "other-reporter", 404}, {"GET", jobsPath + "/0", "reporter", 404},
		{"DELETE", filesPath + "/" + made.Job.ID, "reporter", 204}, {"GET", filesPath + "/" + made.Job.ID, "reporter", 404},
		{"GET", "/data/reports/calls/jobs", "reporter", 404},
	} {
		if got := w.do(c.method, c.path, c.client, "").Code; got != c.want {
			t.Errorf("%s %s as %q: %d, want %d", c.method, c.path, c.client, got, c.want)
		}
	}
}

func TestReportJobsList(t *testing.T) {
	w := newWorld(t, nil)
	var ids []string
	for i := range 5 {
		ids = append(ids, w.ask(fmt.Sprintf(`{"name":"%d","format":"csv","timespan":{"from":"2026-01-01","to":"2026-01-02"}}`, i)).Job.ID)
	}
	var list struct {
		Total, Count, Page int
		PerPage            int `json:"per_page"`
		Embedded           struct {
			Jobs []struct{ ID, Name, Status string }
		} `json:"_embedded"`
	}
	answer := w.do("GET", jobsPath+"?page=2&per_page=2", "reporter", "")
	if err := json.Unmarshal(answer.Body.Bytes(), &list); err != nil || list.Total != 5 || list.Count != 2 || list.Page != 2 || list.PerPage != 2 ||
		list.Embedded.Jobs[0].ID != ids[2] || list.Embedded.Jobs[1].Name != "1" || list.Embedded.Jobs[0].Status != "done" {
		t.Errorf("%v %s", err, answer.Body)
	}
	for _, query := range []string{"?page=0", "?page=x", "?per_page=101", "?per_page=-1"} {
		if got := w.do("GET", jobsPath+query, "reporter", "").Code; got != http.StatusBadRequest {
			t.Errorf("%s: %d", query, got)
		}
	}
}

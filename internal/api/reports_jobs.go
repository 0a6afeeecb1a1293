package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// Talkdesk Studio's paths of reports: a job is created, polled until it is done, and
// then its file is fetched.
const (
	jobsPath  = "/data/reports/studio_flow_execution/jobs"
	filesPath = "/data/reports/studio_flow_execution/files"
)

// scopeReportsWrite is Talkdesk Studio's scope for making reports.
const scopeReportsWrite = "data-reports:write"

// Bounds of what a job says.
const (
	maxJobName    = 255
	jobsPerPage   = 20
	maxJobsOfPage = 100
)

// ReportJobs keeps the reports that were asked for. It is satisfied by
// store.Store. All methods answer for one account.
type ReportJobs interface {
	AddReportJob(ctx context.Context, j record.ReportJob) error
	// ReportJob returns record.ErrNoReportJob if the account has none of this id.
	ReportJob(ctx context.Context, account, id string) (record.ReportJob, error)
	// ReportJobs returns the newest first, and how many there are in all.
	ReportJobs(ctx context.Context, account string, skip, limit int) ([]record.ReportJob, int, error)
	// DeleteReportJob returns record.ErrNoReportJob.
	DeleteReportJob(ctx context.Context, account, id string) error
}

func reportJobRoutes() []route {
	read, write := []string{scopeReports}, []string{scopeReportsWrite}
	const job, file = jobsPath + "/{job_id}", filesPath + "/{job_id}"
	where := []header{{name: "Location", doc: "Where to go on.", sample: "", always: true}}
	return []route{{
		method: http.MethodPost, path: jobsPath, scopes: write, handle: (*api).createReportJob,
		summary: "Ask for a report of all executions accepted in a span of time, as Talkdesk Studio's clients do. It is ready at once.",
		body:    &content{sample: reportJobForm{}},
		answers: []content{{status: 202, sample: reportJobAnswer{}, headers: where}}, errors: []int{400, 413},
	}, {
		method: http.MethodGet, path: jobsPath, scopes: read, handle: (*api).reportJobs,
		summary: "List the reports that were asked for in the last 30 days, the newest first.",
		parameters: []parameter{
			{name: "page", in: "query", doc: "Which page, from 1.", sample: 0, limits: object{"minimum": 1, "default": 1}},
			{name: "per_page", in: "query", doc: "How many at most.", sample: 0, limits: object{"minimum": 1, "maximum": maxJobsOfPage, "default": jobsPerPage}},
		},
		answers: []content{{status: 200, sample: reportJobList{}}}, errors: []int{400},
	}, {
		method: http.MethodGet, path: job, scopes: read, handle: (*api).reportJob,
		summary: "Look at a report that was asked for. It is always done, and the answer leads to its file.",
		answers: []content{{status: 303, sample: reportJobAnswer{}, headers: where, doc: "It is done; Location has its file."}}, errors: []int{404},
	}, {
		method: http.MethodGet, path: file, scopes: read, handle: (*api).reportFile,
		summary: "Fetch a report that was asked for, in its format, as often as wanted.",
		answers: []content{{status: 200, sample: reportBody{}}, {status: 200, media: "application/x-ndjson"}, {status: 200, media: "text/csv"}}, errors: []int{404},
	}, {
		method: http.MethodDelete, path: file, scopes: write, handle: (*api).deleteReportFile,
		summary: "Forget a report that was asked for. The executions stay.",
		answers: []content{{status: 204}}, errors: []int{404},
	}}
}

type reportJobAnswer struct {
	Job   reportJobBody  `json:"job"`
	Links reportJobLinks `json:"_links"`
}

type reportJobBody struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	TimeZone string   `json:"timezone"`
	Status   string   `json:"status" enum:"created,done"`
	Format   string   `json:"format" enum:"json,json_bulk,csv"`
	Timespan timespan `json:"timespan"`
}

type reportJobLinks struct {
	Self  reportLink `json:"self"`
	Files reportLink `json:"files"`
}

type reportLink struct {
	Href string `json:"href"`
}

type reportJobList struct {
	Total    int               `json:"total" doc:"On all pages."`
	Count    int               `json:"count" doc:"On this page."`
	Page     int               `json:"page"`
	PerPage  int               `json:"per_page"`
	Embedded reportJobEmbedded `json:"_embedded"`
}

type reportJobEmbedded struct {
	Jobs []reportJobItem `json:"jobs"`
}

type reportJobItem struct {
	reportJobBody
	Links reportJobLinks `json:"_links"`
}

// createReportJob keeps a job: POST /data/reports/studio_flow_execution/jobs.
func (a *api) createReportJob(req *request) (any, error) {
	form, err := reportJobOf(req)
	if err != nil {
		return nil, err
	}
	request, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	var id [16]byte
	rand.Read(id[:])
	j := record.ReportJob{ID: hex.EncodeToString(id[:]), Account: req.Account, Request: request, CreatedAt: time.Now()}
	if err := a.config.ReportJobs.AddReportJob(req.Context(), j); err != nil {
		return nil, err
	}
	req.answer.Header().Set("Location", jobsPath+"/"+j.ID)
	return reportJobAnswer{form.show(j.ID, "created"), linksTo(req, j.ID)}, nil
}

func (f reportJobForm) show(id, status string) reportJobBody {
	return reportJobBody{ID: id, Name: f.Name, TimeZone: f.TimeZone, Status: status, Format: f.Format, Timespan: f.Timespan}
}

// linksTo names a job and its file under the address that the client has used. A
// proxy may say that it was https; that it was not, we would not believe.
func linksTo(req *request, id string) reportJobLinks {
	scheme := "http"
	if req.TLS != nil || strings.EqualFold(req.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	at := func(path string) reportLink {
		return reportLink{(&url.URL{Scheme: scheme, Host: req.Host, Path: path + "/" + id}).String()}
	}
	return reportJobLinks{at(jobsPath), at(filesPath)}
}

// jobNamed finds the job that the path names.
func (a *api) jobNamed(req *request) (record.ReportJob, reportJobForm, error) {
	var form reportJobForm
	j, err := a.config.ReportJobs.ReportJob(req.Context(), req.Account, req.PathValue("job_id"))
	if err == nil {
		err = json.Unmarshal(j.Request, &form)
	}
	return j, form, err
}

// reportJob leads to the file: GET …/jobs/{job_id}.
func (a *api) reportJob(req *request) (any, error) {
	j, form, err := a.jobNamed(req)
	if err != nil {
		return nil, err
	}
	req.answer.Header().Set("Location", filesPath+"/"+j.ID)
	return reportJobAnswer{form.show(j.ID, "done"), linksTo(req, j.ID)}, nil
}

// reportFile streams the report: GET …/files/{job_id}.
func (a *api) reportFile(req *request) (any, error) {
	j, form, err := a.jobNamed(req)
	if err != nil {
		return nil, err
	}
	filter, err := form.filter(j.CreatedAt)
	if err != nil {
		return nil, err
	}
	return nil, a.writeReport(req, selection{Filter: filter}, form.Format)
}

// deleteReportFile forgets a job: DELETE …/files/{job_id}.
func (a *api) deleteReportFile(req *request) (any, error) {
	return nil, a.config.ReportJobs.DeleteReportJob(req.Context(), req.Account, req.PathValue("job_id"))
}

// reportJobs lists jobs: GET …/jobs.
func (a *api) reportJobs(req *request) (any, error) {
	page, perPage := req.number("page"), req.number("per_page")
	found, total, err := a.config.ReportJobs.ReportJobs(req.Context(), req.Account, (page-1)*perPage, perPage)
	if err != nil {
		return nil, err
	}
	list := reportJobList{Total: total, Count: len(found), Page: page, PerPage: perPage, Embedded: reportJobEmbedded{Jobs: []reportJobItem{}}}
	for _, j := range found {
		var form reportJobForm
		if err := json.Unmarshal(j.Request, &form); err != nil {
			return nil, err
		}
		list.Embedded.Jobs = append(list.Embedded.Jobs, reportJobItem{form.show(j.ID, "done"), linksTo(req, j.ID)})
	}
	return list, nil
}

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

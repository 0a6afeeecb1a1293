package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

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

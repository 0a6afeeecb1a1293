package api

import (
	"cmp"
	"net/http"
	"time"

	"ringflow/flowengine/record"
)

// reportPath is the report under Talkdesk Studio's name for it.
const reportPath = "/v1/reports/studio_flow_execution"

func reportRoutes() []route {
	scopes := []string{scopeReports, "flows:read"}
	filter := append(filterParameters(),
		parameter{name: "number", in: "query", doc: "Only executions that called this number or called from it, as the report shows it.", sample: ""},
		parameter{name: "exit", in: "query", doc: "Only steps left by this exit.", sample: ""})
	return []route{{
		method: http.MethodGet, path: reportPath, scopes: scopes, handle: (*api).report,
		summary:    "Report every step of every execution, the oldest first.",
		parameters: append(filter, parameter{name: "format", in: "query", doc: formatsDoc, sample: "", limits: object{"enum": formats, "default": formatJSON}}),
		answers:    []content{{status: 200, sample: reportBody{}}, {status: 200, media: "application/x-ndjson"}, {status: 200, media: "text/csv"}},
		errors:     []int{400, 404},
	}, {
		method: http.MethodGet, path: reportPath + "/totals", scopes: scopes, handle: (*api).totals,
		summary: "Count the steps of the report by day, flow and exit.", parameters: filter,
		answers: []content{{status: 200, sample: totalsBody{}}},
		errors:  []int{400, 404},
	}}
}

// reportBody is the report as JSON. It is written row by row, never held.
type reportBody struct {
	Entries []reportRow `json:"entries"`
	Total   int         `json:"total"`
}

// Formats of the report.
const (
	formatJSON = "json"
	formatCSV  = "csv"
	formatBulk = "json_bulk"
)

// formats are all of them, as a client may name them.
var formats = []string{formatJSON, formatBulk, formatCSV}

const formatsDoc = "json, csv, or json_bulk, which has an entry on each line. In csv a text that a spreadsheet would take for a formula has a ' before it."

// report streams the report: GET /v1/reports/studio_flow_execution.
func (a *api) report(req *request) (any, error) {
	s, err := a.selectionOf(req)
	if err != nil {
		return nil, err
	}
	return nil, a.writeReport(req, s, cmp.Or(req.query.Get("format"), formatJSON))
}

// selection says which rows of the report are wanted.
type selection struct {
	record.Filter
	number, exit string // "": any
}

// selectionOf reads the parameters that select rows.
func (a *api) selectionOf(req *request) (selection, error) {
	filter, err := a.filterOf(req)
	return selection{filter, req.query.Get("number"), req.query.Get("exit")}, err
}

// progressEvery is how often a report that gets on has its time extended.
const progressEvery = time.Second

// eachRow calls yield with the rows of a selection. The row belongs to yield until it
// returns. The connection is kept open as long as executions are looked at, whether or
// not any has such a row.
func (a *api) eachRow(req *request, s selection, yield func(*reportRow) error) error {
	defer req.extend()
	var extended time.Time
	return a.config.Executions.Each(req.Context(), req.Account, s.Filter, func(h record.History) error {
		if now := time.Now(); now.Sub(extended) >= progressEvery {
			extended = now
			req.extend()
		}
		naming, err := a.versionNames(req.Context(), h.VersionID)
		if err != nil {
			return err
		}
		for _, r := range rowsOf(h, naming, a.names.titles) {
			if s.number != "" && s.number != r.Destination && s.number != r.Origin || s.exit != "" && s.exit != r.Exit {
				continue
			}
			if err := yield(&r); err != nil {
				return err
			}
		}
		return nil
	})
}

// totalsBody counts the rows of the report.
type totalsBody struct {
	Totals []totalRow `json:"totals"`
}

type totalRow struct {
	Day      string `json:"day" doc:"In UTC, such as 2026-11-22."`
	FlowID   string `json:"flow_id"`
	FlowName string `json:"flow_name"`
	Exit     string `json:"exit"`
	Count    int    `json:"count"`
}

// totals counts the report: GET /v1/reports/studio_flow_execution/totals.
func (a *api) totals(req *request) (any, error) {
	s, err := a.selectionOf(req)
	if err != nil {
		return nil, err
	}
	body := totalsBody{Totals: []totalRow{}}
	index := make(map[totalRow]int)
	err = a.eachRow(req, s, func(r *reportRow) error {
		key := totalRow{Day: r.Timestamp[:len(time.DateOnly)], FlowID: r.FlowID, FlowName: r.FlowName, Exit: r.Exit}
		i, known := index[key]
		if !known {
			i = len(body.Totals)
			index[key] = i
			body.Totals = append(body.Totals, key)
		}
		body.Totals[i].Count++
		return nil
	})
	return body, err
}

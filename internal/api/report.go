package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"ringflow/flowengine"
)

// reportPath is the report under the original's name for it.
const reportPath = "/v1/reports/studio_flow_execution"

func reportRoutes() []route {
	scopes := []string{scopeReports, "flows:read"}
	filter := append(filterParameters(),
		parameter{name: "number", in: "query", doc: "Only executions that called this number or called from it, as the report shows it.", sample: ""},
		parameter{name: "exit", in: "query", doc: "Only steps left by this exit.", sample: ""})
	return []route{{
		method: http.MethodGet, path: reportPath, scopes: scopes, handle: (*api).report,
		summary:    "Report every step of every execution, the oldest first.",
		parameters: append(filter, parameter{name: "format", in: "query", doc: "json or csv.", sample: "", limits: object{"enum": []string{"json", "csv"}, "default": "json"}}),
		answers:    []content{{status: 200, sample: reportBody{}}, {status: 200, media: "text/csv"}},
		refuses:    []int{400},
	}, {
		method: http.MethodGet, path: reportPath + "/totals", scopes: scopes, handle: (*api).totals,
		summary: "Count the steps of the report by day, flow and exit.", parameters: filter,
		answers: []content{{status: 200, sample: totalsBody{}}},
		refuses: []int{400},
	}}
}

// reportBody is the report as JSON. It is written row by row, never held.
type reportBody struct {
	Entries []reportRow `json:"entries"`
	Total   int         `json:"total"`
}

// report streams the report: GET /v1/reports/studio_flow_execution.
func (a *api) report(w http.ResponseWriter, req *request) error {
	var out rowWriter
	s := &stream{w: w, control: http.NewResponseController(w)}
	switch format := req.URL.Query().Get("format"); format {
	case "", "json":
		out = &jsonRows{w: w}
	case "csv":
		out = &csvRows{header: w.Header(), w: csv.NewWriter(w)}
	default:
		return badParameter("format", "must be json or csv")
	}
	began := false
	err := a.eachRow(req, func(r reportRow) error {
		if !began {
			began = true
			if err := out.begin(w.Header()); err != nil {
				return err
			}
		}
		s.extend()
		return out.row(r)
	})
	if err != nil {
		return err
	}
	if !began {
		if err := out.begin(w.Header()); err != nil {
			return err
		}
	}
	return out.end()
}

// eachRow calls yield with the rows that a request selects.
func (a *api) eachRow(req *request, yield func(reportRow) error) error {
	query := req.URL.Query()
	filter, err := filterOf(query)
	if err != nil {
		return err
	}
	number, exit := query.Get("number"), query.Get("exit")
	return a.config.Executions.Each(req.Context(), req.Account, filter, func(h flowengine.History) error {
		naming, err := a.naming(req.Context(), h.VersionID)
		if err != nil {
			return err
		}
		for _, r := range rowsOf(h, naming, a.names.titles) {
			if number != "" && number != r.Destination && number != r.Origin || exit != "" && exit != r.Exit {
				continue
			}
			if err := yield(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// naming returns the names in a version, which keep being known.
func (a *api) naming(ctx context.Context, versionID string) (naming, error) {
	return a.names.of(versionID, func() (flowengine.Version, error) { return a.config.Versions.Version(ctx, versionID) })
}

// rowWriter writes a report in some format.
type rowWriter interface {
	begin(h http.Header) error
	row(r reportRow) error
	end() error
}

// jsonRows writes a reportBody.
type jsonRows struct {
	w interface{ Write([]byte) (int, error) }
	n int
}

func (j *jsonRows) begin(h http.Header) error {
	h.Set("Content-Type", "application/json; charset=utf-8")
	_, err := j.w.Write([]byte(`{"entries":[`))
	return err
}

func (j *jsonRows) row(r reportRow) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if j.n++; j.n > 1 {
		text = append([]byte(",\n"), text...)
	}
	_, err = j.w.Write(text)
	return err
}

func (j *jsonRows) end() error {
	_, err := fmt.Fprintf(j.w, `],"total":%d}`+"\n", j.n)
	return err
}

// csvRows writes RFC 4180 with the original's titles of columns.
type csvRows struct {
	header http.Header
	w      *csv.Writer
}

func (c *csvRows) begin(h http.Header) error {
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="studio_flow_execution.csv"`)
	var titles []string
	for f := range reflect.TypeFor[reportRow]().Fields() {
		titles = append(titles, f.Tag.Get("csv"))
	}
	return c.w.Write(titles)
}

func (c *csvRows) row(r reportRow) error {
	var cells []string
	for _, v := range reflect.ValueOf(r).Fields() {
		cells = append(cells, cell(v))
	}
	return c.w.Write(cells)
}

// cell writes a value; one that is not there is empty.
func cell(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
		return ""
	case v.Kind() == reflect.Pointer:
		v = v.Elem()
	case v.Kind() == reflect.Map:
		text, err := json.Marshal(v.Interface())
		if err != nil {
			return ""
		}
		return string(text)
	}
	return fmt.Sprint(v.Interface())
}

func (c *csvRows) end() error {
	c.w.Flush()
	return c.w.Error()
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
func (a *api) totals(w http.ResponseWriter, req *request) error {
	body := totalsBody{Totals: []totalRow{}}
	index := make(map[totalRow]int)
	err := a.eachRow(req, func(r reportRow) error {
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
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

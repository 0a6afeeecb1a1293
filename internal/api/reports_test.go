package api_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

const reportPath = "/v1/reports/studio_flow_execution"

func TestReportAsCSV(t *testing.T) {
	w := newWorld(t, nil)
	answer := w.do("GET", reportPath+"?format=csv", "reader", "")
	rows, err := csv.NewReader(answer.Body).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v: %v", err, rows)
	}
	const header = "Call_SID,Flow Execution ID,Interaction ID,Destination Number,Origin Number,Flow Definition Name,Flow Definition ID," +
		"Component Title,Executed Step Name,Exit Name,Time In Step Execution,Step Execution Started Time,Flow Execution Finished Time,Step Execution Order"
	if got := strings.Join(rows[0], ","); !strings.HasPrefix(got, header+",") {
		t.Errorf("the columns are %s", got)
	}
	want := "CAexecution-2,execution-2,interaction-1,+12025550143,+12025550100,Play it,play," +
		"Make Outbound Call,Call them,busy,1.736111111111111e-05,2026-01-02 02:04:05,2026-01-02 02:04:07,0,1500," +
		`486,17,contact,main,200,1100,,PCMA,measured,70,104,1,5,2,0,3,1,1.5,7.25,4.33,finished,,{"digits":"12"},2026-01-02 02:04:05,,`
	if got := strings.Join(rows[2], ","); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := rows[1]; got[0] != "" || got[3] != "" || got[9] != "" || got[12] != "" || got[15] != "" {
		t.Errorf("an execution that has not dialled: %v", got)
	}
}

// What a request had in the place of a number is no formula of a spreadsheet.
func TestReportHoldsNoFormula(t *testing.T) {
	w := newWorld(t, nil)
	for to, want := range map[string]string{
		`=HYPERLINK("http://example.com","call")`: `'=HYPERLINK("http://example.com","call")`,
		"+1+cmd|' /C calc'!A0":                    "'+1+cmd|' /C calc'!A0",
		"-2+3":                                    "'-2+3",
		"@SUM(1)":                                 "'@SUM(1)",
		"\t=1":                                    "'\t=1",
		"+12025550143":                            "+12025550143",
		"-1.5":                                    "-1.5",
		"our customer":                            "our customer",
	} {
		w.each = func(yield func(record.History) error) error {
			at := time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)
			return yield(record.History{
				Execution: record.Execution{ID: "execution-9", FlowID: "play", VersionID: "version-1", Account: "acme"}, Status: record.StatusFinished,
				Events: []record.Event{
					{Seq: 1, At: at, Kind: record.StepEntered, Step: "call", Component: "make_outbound_call"},
					{Seq: 2, At: at, Kind: record.StepLeft, Step: "call", Component: "make_outbound_call", Exit: flowfile.ExitInvalidNumber,
						Undialled: &record.NotDialled{From: "+12025550100", To: to}},
				},
			})
		}
		rows, err := csv.NewReader(w.do("GET", reportPath+"?format=csv", "reader", "").Body).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][3] != want {
			t.Errorf("%q: %q, %v", to, rows, err)
		}
		if answer := w.do("GET", reportPath+"?format=json", "reader", "").Body.String(); strings.Contains(answer, `"destination_number":"'`) {
			t.Errorf("%q in JSON: %s", to, answer)
		}
	}
}

// The rows of an execution that dialled nobody say whom it was to call, and why not.
func TestReportOfANumberThatWasNotDialled(t *testing.T) {
	w := newWorld(t, nil)
	const why = `not a valid telephone number: "our customer" contains 'o'`
	w.each = func(yield func(record.History) error) error {
		at := time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)
		return yield(record.History{
			Execution: record.Execution{ID: "execution-9", FlowID: "play", VersionID: "version-1", Account: "acme"}, Status: record.StatusFinished,
			Events: []record.Event{
				{Seq: 1, At: at, Kind: record.StepEntered, Step: "call", Component: "make_outbound_call"},
				{Seq: 2, At: at, Kind: record.StepLeft, Step: "call", Component: "make_outbound_call", Exit: flowfile.ExitInvalidNumber, Detail: why,
					Undialled: &record.NotDialled{From: "+12025550100", To: "our customer"}},
				{Seq: 3, At: at, Kind: record.StepEntered, Step: "hang_up", Component: "end_flow"},
				{Seq: 4, At: at, Kind: record.StepLeft, Step: "hang_up", Component: "end_flow", Exit: flowfile.ExitOK},
			},
		})
	}
	for query, want := range map[string]int{"": 2, "?number=our+customer": 2, "?exit=invalid_number": 1, "?number=%2B12025550143": 0} {
		var body struct{ Entries []map[string]any }
		answer := w.do("GET", reportPath+query, "reader", "")
		if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil || len(body.Entries) != want {
			t.Fatalf("%s: %v %s", query, err, answer.Body)
		}
		for i, row := range body.Entries {
			detail := any(nil)
			if i == 0 {
				detail = why
			}
			if row["destination_number"] != "our customer" || row["origin_number"] != "+12025550100" || row["call_sid"] != "" || row["detail"] != detail {
				t.Errorf("%s: row %d is %v", query, i, row)
			}
		}
	}
}

func TestReportAsJSON(t *testing.T) {
	w := newWorld(t, nil)
	read := func(query string) (entries []map[string]any) {
		t.Helper()
		var body struct {
			Entries []map[string]any
			Total   int
		}
		answer := w.do("GET", reportPath+query, "reader", "")
		if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil || answer.Code != 200 || body.Total != len(body.Entries) {
			t.Fatalf("%s: %d %v %s", query, answer.Code, err, answer.Body)
		}
		return body.Entries
	}
	if all := read(""); len(all) != 3 || all[1]["studio_flow_executions_aggregated.flow_execution_finished_time"] != "2026-01-02 02:04:07" ||
		all[1]["time_in_step_ms"] != 1500.0 || all[2]["step_execution_order"] != 1.0 || all[1]["sip_code"] != 486.0 || all[2]["sip_code"] != nil {
		t.Errorf("all: %v", all)
	}
	for query, want := range map[string]int{
		"?exit=busy": 1, "?exit=error": 1, "?exit=x": 0,
		"?number=%2B12025550143": 2, "?number=%2B12025550100": 2, "?number=1": 0, "?number=%2B12025550143&exit=busy": 1,
	} {
		if got := read(query); len(got) != want {
			t.Errorf("%s: %d rows, want %d", query, len(got), want)
		}
	}
	read("?flow_id=play&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z")
	if w.filter.FlowID != "play" || !w.filter.From.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || !w.filter.To.Equal(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the filter was %+v", w.filter)
	}
}

// A report that breaks off must not look like a whole one.
func TestBrokenReportIsCut(t *testing.T) {
	for _, format := range []string{"csv", "json"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			w.eachErr = errors.New("disk gone")
			server, listener := api.NewServer(w.handler, nil), newPipes()
			serving := make(chan error)
			go func() { serving <- server.Serve(listener) }()
			conn, token := listener.dial(), w.token("reader")
			go func() {
				_, _ = io.WriteString(conn, "GET "+reportPath+"?format="+format+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+"\r\n\r\n")
			}()
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err == nil && answer.StatusCode == http.StatusOK {
				_, err = io.ReadAll(answer.Body)
			}
			if err == nil && answer.StatusCode != http.StatusInternalServerError {
				t.Errorf("%s: the answer %d looks whole", format, answer.StatusCode)
			}
			_ = conn.Close()
			_ = server.Close()
			<-serving
		})
	}
}

func TestTotals(t *testing.T) {
	w := newWorld(t, nil)
	got := strings.TrimSpace(w.do("GET", reportPath+"/totals", "reader", "").Body.String())
	const want = `{"totals":[{"day":"2026-01-02","flow_id":"play","flow_name":"Play it","exit":"","count":1},` +
		`{"day":"2026-01-02","flow_id":"play","flow_name":"Play it","exit":"busy","count":1},` +
		`{"day":"2026-01-02","flow_id":"play","flow_name":"Play it","exit":"error","count":1}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

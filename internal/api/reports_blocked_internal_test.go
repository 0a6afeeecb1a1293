package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// blockedCall is the journal of a call that the network blocked.
func blockedCall() record.History {
	at := time.Date(2026, 3, 26, 10, 0, 0, 0, time.UTC)
	sip := record.SIPResult{Code: 603, Reason: "Network Blocked", Cause: 21, Trunk: "main", ReasonText: "v=analytics1;url=https://example.com/?a=<b>&\"c\"",
		Location: "TN", Warning: "399 sbc: Look at the portal", CallInfo: "https://example.com/card"}
	left := sip
	left.EndedBy = record.EndedByNetwork
	leg := &record.LegEvent{ID: "1", Party: "contact", From: "+12025550100", To: "+12025550143"}
	gone := *leg
	gone.EndedBy = record.EndedByNetwork
	h := record.History{Execution: record.Execution{ID: "x", FlowID: "f"}, Status: record.StatusFinished, StartedAt: at}
	for _, e := range []record.Event{
		{Kind: record.StepEntered, Step: "call", Component: "make_outbound_call"},
		{Kind: record.LegDialling, Leg: leg},
		{Kind: record.LegEnded, Leg: &gone, SIP: &sip},
		{Kind: record.StepLeft, Step: "call", Component: "make_outbound_call", Exit: flowfile.ExitBusy, SIP: &left, Detail: "the network blocked the call"},
	} {
		e.Seq, e.At = len(h.Events)+1, at.Add(time.Duration(len(h.Events))*time.Second)
		h.Events = append(h.Events, e)
	}
	return h
}

// Every view of a call that the network blocked tells it from a busy one, and whom
// to turn to.
func TestBlockedCallIsToldApart(t *testing.T) {
	h := blockedCall()
	const why = `"reason_text":"v=analytics1;url=https://example.com/?a=\u003cb\u003e\u0026\"c\"","location":"TN","warning":"399 sbc: Look at the portal","call_info":"https://example.com/card"`
	step, err := json.Marshal(showStep(h.Steps()[0]))
	if want := `"sip":{"code":603,"reason":"Network Blocked","cause":21,"trunk":"main","ended_by":"network",` + why + `}`; err != nil || !strings.Contains(string(step), want) {
		t.Errorf("%v: %s\nlacks %s", err, step, want)
	}
	shown, err := json.Marshal(legBodyOf(h.Legs()[0]))
	if want := `"ended_by":"network","sip":{"code":603,"reason":"Network Blocked","cause":21,"trunk":"main",` + why + `}`; err != nil || !strings.Contains(string(shown), want) {
		t.Errorf("%v: %s\nlacks %s", err, shown, want)
	}

	var out bytes.Buffer
	rows := &csvRows{w: csv.NewWriter(&out)}
	rows.begin(http.Header{})
	for _, r := range rowsOf(h, versionNames{}, nil) {
		if err := rows.row(&r); err != nil {
			t.Fatal(err)
		}
	}
	rows.end()
	if err := rows.w.Error(); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(table) != 2 {
		t.Fatalf("%v: %q", err, table)
	}
	for column, want := range map[string]string{
		"Exit Name": "busy", "SIP Code": "603", "Q.850 Cause": "21", "Ended By": "network", "Error": "",
		"SIP Explanation": `Reason: v=analytics1;url=https://example.com/?a=<b>&"c" | Warning: 399 sbc: Look at the portal | Call-Info: https://example.com/card`,
	} {
		if at := slices.Index(table[0], column); at < 0 || table[1][at] != want {
			t.Errorf("column %d, %s: %q, want %q", at, column, table[1][max(at, 0)], want)
		}
	}
	if last := strings.Join(table[0][len(table[0])-2:], ","); last != "SIP Explanation,Detail" {
		t.Errorf("the last columns are %s: a new one moved those that clients know", last)
	}
}

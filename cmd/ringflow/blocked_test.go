package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	api "ringflow/internal/client"
	"ringflow/internal/sim"
)

// Calls that the network blocks, that a person declines, and that a trunk blocks
// under a code of its own: flows, calls, report, trunk and metrics tell them apart.
func TestBlockedCallsAreToldApart(t *testing.T) {
	besideOthers(t)
	const screened = "+12025550144"
	w := newWorld(t)
	const text = "v=analytics1;url=https://redress.example.com;id=7"
	startCarrier(t, w.at(trunkPort), map[string]sim.Behaviour{customer: sim.Blocked(), agent: sim.Declines(), screened: sim.Refuses(480, "Call Screened")})
	config := w.config(trunk{}, 10*time.Second)
	at := fmt.Sprintf("        targets: [%q]\n", w.at(trunkPort))
	w.write("ringflow.yaml", bytes.Replace(must(os.ReadFile(config)), []byte(at), []byte(at+"        exits: {480: blocked}\n"), 1))
	apart := bytes.Replace(must(os.ReadFile(w.path("flows/hangup.yaml"))), []byte("busy: hang_up"), []byte("busy: hang_up, blocked: never_again"), 1)
	w.write("flows/apart.yaml", append(apart, "  never_again: {component: end_flow}\n"...))
	server := w.serve(config)

	for _, c := range []struct {
		flow, number, exit, next, by, explained string
		code                                    int
	}{
		{"hangup", customer, "busy", "hang_up", "network", text, 603},
		{"apart", customer, "blocked", "never_again", "network", text, 603},
		{"apart", agent, "busy", "hang_up", "contact", "", 603},
		{"apart", screened, "blocked", "never_again", "network", "", 480},
	} {
		id := server.mustStart(c.flow, map[string]string{"contact_1": c.number})
		x := server.outcome(id, 20*time.Second)
		s := x.step(t, "call_contact")
		if x.Status != "finished" || s.Exit != c.exit || s.SIP == nil || s.SIP.Code != c.code || s.SIP.EndedBy != c.by || s.SIP.ReasonText != c.explained {
			t.Errorf("%s, %s: %s %+v %+v", c.flow, c.number, x.Status, s, s.SIP)
		}
		x.step(t, c.next)
		call, err := server.api.Call(t.Context(), id)
		if err != nil || len(call.Legs) != 1 || call.Legs[0].EndedBy != c.by || call.Legs[0].SIP.ReasonText != c.explained {
			t.Errorf("%s, %s: %v %+v", c.flow, c.number, err, call.Legs)
		}
		row := reported(t, server, c.flow, c.number)
		if explained := "Reason: " + c.explained; row.Exit != c.exit || *row.EndedBy != c.by || *row.SIPCode != c.code || c.explained != "" && *row.SIPExplanation != explained {
			t.Errorf("%s, %s: the report has %+v", c.flow, c.number, row)
		}
	}
	trunks, err := server.api.Trunks(t.Context(), api.TrunksParams{})
	if err != nil || trunks.Items[0].Last.EndedBy != "network" || *trunks.Items[0].Last.Code != 480 {
		t.Errorf("%v %+v", err, trunks)
	}
	got, err := server.gauges()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		`ringflow_legs_ended_total{exit="busy",party="contact",trunk="carrier"}`:  4,
		`ringflow_legs_blocked_total{code="603",party="contact",trunk="carrier"}`: 2,
		`ringflow_legs_blocked_total{code="480",party="contact",trunk="carrier"}`: 1,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

// reportRow is a row of the report, as far as tests look at it.
type reportRow struct {
	StepName       string  `json:"step_name"`
	Exit           string  `json:"exit"`
	SIPCode        *int    `json:"sip_code"`
	EndedBy        *string `json:"ended_by"`
	SIPExplanation *string `json:"sip_explanation"`
}

// reported returns the row of the step that called, of the last execution that did.
func reported(t *testing.T, server *Server, flow, number string) (row reportRow) {
	t.Helper()
	res, err := server.api.ReportsStudioFlowExecution(t.Context(), api.ReportsStudioFlowExecutionParams{FlowID: flow, Number: number})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var report struct{ Entries []reportRow }
	if err := json.NewDecoder(res.Body).Decode(&report); err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Entries {
		if r.StepName == "call_contact" {
			row = r
		}
	}
	return row
}

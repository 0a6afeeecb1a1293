package api_test

import (
	"context"
	"strings"
	"testing"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

// legs are the legs that are named in it, of acme's execution-1.
type legs map[string]bool

func (x legs) HangUp(account string, execution record.ExecutionID, leg string) (legs int) {
	for id := range x {
		if account == "acme" && execution == "execution-1" && (leg == "" || leg == id) {
			delete(x, id)
			legs++
		}
	}
	return legs
}

// unreadable are executions of which nothing can be read.
type unreadable struct{ api.Executions }

func (unreadable) History(context.Context, string, record.ExecutionID) (record.History, error) {
	return record.History{}, record.ErrUnavailable
}

// A call that lives is hung up although the record cannot be read, or does not know
// of it yet; that of another account is not.
func TestHangUpWithoutTheRecord(t *testing.T) {
	w := newWorld(t, func(c *api.Config) {
		c.Legs, c.Executions = legs{"7": true, "8": true, "9": true}, unreadable{c.Executions}
	})
	for _, c := range []struct {
		path, client string
		code         int
		want         string
	}{
		{"/v1/calls/execution-1/hangup", "stranger", 503, ""},
		{"/v1/calls/execution-2/hangup", "starter", 503, ""},
		{"/v1/calls/execution-1/legs/8/hangup", "starter", 202, `{"hung_up":1}`},
		{"/v1/calls/execution-1/legs/8/hangup", "starter", 503, ""},
		{"/v1/calls/execution-1/hangup", "starter", 202, `{"hung_up":2}`},
		{"/v1/calls/execution-1/hangup", "starter", 503, ""},
	} {
		if answer := w.do("POST", c.path, c.client, ""); answer.Code != c.code || !strings.Contains(answer.Body.String(), c.want) {
			t.Errorf("%s by %s: %d %s, want %d %s", c.path, c.client, answer.Code, answer.Body, c.code, c.want)
		}
	}
}

func TestCalls(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Legs = legs{"7": true, "8": true} })
	w.journal = []record.Event{
		{Seq: 2, Kind: record.LegDialling, Leg: &record.LegEvent{ID: "7", Party: "contact", To: "+12025550143", CallID: "abc"}},
		{Seq: 3, Kind: record.LegRinging, Leg: &record.LegEvent{ID: "7"}, SIP: &record.SIPResult{Code: 180, Reason: "Ringing", Trunk: "main"}},
		{Seq: 4, Kind: record.LegDialling, Leg: &record.LegEvent{ID: "8", Party: "agent"}},
		{Seq: 5, Kind: record.LegAnswered, Leg: &record.LegEvent{ID: "8"}},
		{Seq: 6, Kind: record.LegUnheard, Leg: &record.LegEvent{ID: "8"}, Detail: "no RTP packet has come"},
	}
	const past = `{"flow_execution_id":"execution-2","interaction_id":"interaction-1","flow_id":"play","live":false,"legs":[{"leg_id":"1","party":"contact","from":"+12025550100","to":"+12025550143","sip_call_id":"","state":"ended",` +
		`"dialled_at":"2026-01-02T02:04:05.100006Z","rang_at":"2026-01-02T02:04:05.300006Z","answered_at":null,"ended_at":"2026-01-02T02:04:06.400006Z","ended_by":"contact",` +
		`"audio":{"codec":"PCMA","packets_sent":70,"heard":"measured","quality":{"packets_received":104,"packets_lost":1,"packets_duplicated":5,` +
		`"packets_out_of_order":2,"packets_late":0,"packets_short":3,"loss_percent":1,"jitter_ms":1.5,"jitter_max_ms":7.25,"mos":4.33}}}]}`
	for _, c := range []struct {
		method, path, client string
		code                 int
		want                 string
	}{
		{"GET", "/v1/calls", "reader", 200, past},
		{"GET", "/v1/calls?limit=1", "reader", 200, `"next":"c"`},
		{"GET", "/v1/calls?limit=0", "reader", 400, "limit"},
		{"GET", "/v1/calls?live=perhaps", "reader", 400, "live"},
		{"GET", "/v1/calls?cursor=x", "reader", 400, "cursor"},
		{"GET", "/v1/calls", "stranger", 200, `{"calls":[],"next":null}`},
		{"GET", "/v1/calls/execution-2", "reader", 200, past},
		{"GET", "/v1/calls/execution-1", "reader", 200, `"state":"ringing"`},
		{"GET", "/v1/calls/execution-1", "reader", 200, `"sip":{"code":180,"reason":"Ringing","cause":null,"trunk":"main"}`},
		{"GET", "/v1/calls/execution-1", "reader", 200, `"state":"answered"`},
		{"GET", "/v1/calls/execution-1", "reader", 200, `"unheard":{"at":"0001-01-01T00:00:00Z","detail":"no RTP packet has come"}`},
		{"GET", "/v1/calls/execution-1", "stranger", 404, "call not found"},
		{"GET", "/v1/calls/none", "reader", 404, "call not found"},
		{"POST", "/v1/calls/execution-1/hangup", "stranger", 404, "call not found"},
		{"POST", "/v1/calls/execution-1/hangup", "reader", 403, ""},
		{"POST", "/v1/calls/execution-1/legs/9/hangup", "starter", 404, "leg not found"},
		{"POST", "/v1/calls/execution-2/legs/1/hangup", "starter", 409, "it has ended"},
		{"POST", "/v1/calls/execution-1/legs/8/hangup", "starter", 202, `{"hung_up":1}`},
		{"POST", "/v1/calls/execution-1/hangup", "starter", 202, `{"hung_up":1}`},
		{"POST", "/v1/calls/execution-1/hangup", "starter", 409, "it has ended"},
	} {
		answer := w.do(c.method, c.path, c.client, "")
		if answer.Code != c.code || !strings.Contains(answer.Body.String(), c.want) {
			t.Errorf("%s %s by %s: %d %s, want %d %s", c.method, c.path, c.client, answer.Code, answer.Body, c.code, c.want)
		}
	}
	live := w.do("GET", "/v1/calls?live=true", "reader", "").Body.String()
	if w.filter.Status != record.StatusRunning || strings.Contains(live, "execution-2") || !strings.Contains(live, "execution-1") {
		t.Errorf("live: %s", live)
	}
}

package api_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
	"ringflow/internal/trace"
	"ringflow/sip"
)

// tracesOf are the traces of acme's execution-1.
type tracesOf []trace.Leg

func (x tracesOf) Legs(account, id string, _, _ time.Time) ([]trace.Leg, error) {
	var found []trace.Leg
	for _, l := range x {
		if account == l.Account && (id == string(l.Execution) || id == l.Leg || id == l.CallID) {
			found = append(found, l)
		}
	}
	return found, nil
}

func (x tracesOf) Execution(account, id string) (record.ExecutionID, error) {
	if found, _ := x.Legs(account, id, time.Time{}, time.Time{}); len(found) > 0 {
		return found[0].Execution, nil
	}
	return "", nil
}

// The trace of a call is found by each of its names, by clients of its account that may
// read alone, and says what is kept, what was sent again and what became of each leg.
func TestCallTrace(t *testing.T) {
	invite := trace.Message{At: time.Date(2026, 1, 2, 3, 4, 5, 6007, time.UTC), Sent: true, Transport: sip.UDP, Local: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: netip.MustParseAddrPort("203.0.113.9:5060"),
		Raw: []byte("INVITE sip:x SIP/2.0\r\nCall-ID: abc/1\r\nCSeq: 1 INVITE\r\n\r\n\xff")}
	busy := invite
	busy.Sent, busy.Raw = false, []byte("SIP/2.0 486 Busy Here\r\nCall-ID: abc/1\r\nCSeq: 1 INVITE\r\n\r\n")
	w := newWorld(t, func(c *api.Config) {
		c.Traces = tracesOf{{Facts: trace.Facts{Account: "acme", Execution: "execution-1", Leg: "7", CallID: "abc/1", Trunk: "main"}, Omitted: 2,
			RTP: &trace.RTP{Local: netip.MustParseAddrPort("192.0.2.1:20000")}, Messages: []trace.Message{invite, invite, busy}}}
	})
	w.journal = []record.Event{
		{Seq: 1, Kind: record.StepEntered, Step: "call"},
		{Seq: 2, Kind: record.LegDialling, Leg: &record.LegEvent{ID: "7", Party: "contact", To: "+12025550143", CallID: "abc/1"}},
		{Seq: 3, Kind: record.LegEnded, Leg: &record.LegEvent{ID: "7", EndedBy: "contact"}, SIP: &record.SIPResult{Code: 486, Reason: "Busy Here", Trunk: "main", Cause: 17}},
		{Seq: 4, Kind: record.StepLeft, Step: "call", Exit: "busy"},
		{Seq: 5, Kind: record.StepEntered, Step: "again"},
		{Seq: 6, Kind: record.LegDialling, Leg: &record.LegEvent{ID: "8", Party: "contact"}},
	}
	for _, c := range []struct {
		id, client string
		code       int
	}{
		{"execution-1", "reader", 200}, {"7", "reader", 200}, {"abc%2F1", "reader", 200}, {"8", "reader", 404}, {"nobody", "reader", 404},
		{"execution-1", "starter", 403}, {"execution-1", "stranger", 404}, {"7", "stranger", 404}, {"execution-1", "", 401},
	} {
		for _, form := range []string{"", ".pcap"} {
			path := "/v1/calls/" + c.id + "/trace" + form
			answer := w.do("GET", path, c.client, "")
			if answer.Code != c.code {
				t.Errorf("%s by %q: %d %s, want %d", path, c.client, answer.Code, answer.Body, c.code)
			}
			if c.code != 200 {
				continue
			}
			if form != "" {
				if b := answer.Body.Bytes(); !bytes.HasPrefix(b, []byte("\xd4\xc3\xb2\xa1")) || bytes.Count(b, []byte("INVITE sip:x")) != 2 || !bytes.Contains(b, []byte{0xff}) {
					t.Errorf("%s: the capture is %q", path, b)
				}
				continue
			}
			var got struct {
				Legs []struct {
					LegID    string `json:"leg_id"`
					Cause    string
					Traced   bool
					Omitted  int
					RTP      struct{ Local string }
					Messages []struct {
						Sent, Retransmission bool
						Code                 int
						Method, Text, Remote string
					}
				}
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || len(got.Legs) != 2 {
				t.Fatalf("%s: %v %s", path, err, answer.Body)
			}
			l, other := got.Legs[0], got.Legs[1]
			if l.LegID != "7" || !l.Traced || l.Omitted != 2 || l.RTP.Local != "192.0.2.1:20000" || len(l.Messages) != 3 || other.Traced || len(other.Messages) != 0 {
				t.Fatalf("%s: %s", path, answer.Body)
			}
			if want := "the answer was 486 Busy Here: the party is busy or declined; Q.850 cause 17 (user busy)"; l.Cause != want {
				t.Errorf("the cause is %q, want %q", l.Cause, want)
			}
			if !strings.HasPrefix(other.Cause, "nothing rings yet") {
				t.Errorf("the cause of the other one is %q", other.Cause)
			}
			m := l.Messages
			if m[0].Retransmission || !m[1].Retransmission || m[2].Retransmission || m[2].Code != 486 || m[2].Sent || m[0].Method != "INVITE" || !strings.HasSuffix(m[0].Text, "\r\n\r\n\uFFFD") {
				t.Errorf("the messages are %+v", m)
			}
		}
	}
}

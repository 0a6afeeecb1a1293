package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

// pages fetches all pages of events, and returns the numbers of the events on each.
func (w *world) pages(path, query string) (all []string) {
	w.t.Helper()
	for cursor := ""; ; {
		answer := w.do("GET", path+"?"+query+cursor, "reader", "", "Accept", "application/json")
		var page struct {
			Events []struct {
				Execution string `json:"flow_execution_id"`
				Seq       int
				Kind      string
			}
			Next *string
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || answer.Code != 200 || page.Events == nil || answer.Header().Get("Vary") != "Accept" {
			w.t.Fatalf("%s: %d %s %v", path, answer.Code, answer.Body, answer.Header())
		}
		seqs := ""
		for _, e := range page.Events {
			if e.Kind == "" || e.Execution == "" {
				w.t.Errorf("%+v", e)
			}
			seqs += fmt.Sprint(" ", e.Seq)
		}
		if all = append(all, strings.TrimSpace(seqs)); page.Next == nil {
			return all
		}
		cursor = "&cursor=" + url.QueryEscape(*page.Next)
	}
}

// Whoever wants JSON gets the journal so far in pages, and can ask for what came
// after any event.
func TestPagesOfEvents(t *testing.T) {
	feed := &wire{}
	for seq := 1; seq <= 5; seq++ {
		feed.all = append(feed.all, record.FeedEvent{Execution: "x", FlowID: "play", Account: "acme", Row: int64(seq), Event: record.Event{Seq: seq, Kind: record.KeyPressed, Leg: &record.LegEvent{ID: "1"}, Variables: map[string]string{}}})
	}
	w := newWorld(t, func(c *api.Config) { c.EventFeed = feed })
	const ended, running = "/v1/executions/execution-2/events", "/v1/executions/execution-1/events"
	for _, c := range []struct{ path, query, want string }{
		{ended, "limit=3", "1 2 3|4 5 6|7"},
		{ended, "limit=7", "1 2 3 4 5 6 7"},
		{ended, "", "1 2 3 4 5 6 7"},
		{ended, "cursor=6", "7"},
		{ended, "cursor=7", ""},
		{ended, "cursor=99", ""},
		{running, "", "1"},
	} {
		if got := strings.Join(w.pages(c.path, c.query), "|"); got != c.want {
			t.Errorf("%s?%s: %s, want %s", c.path, c.query, got, c.want)
		}
	}
	for _, c := range []struct {
		path, client string
		status       int
		field        string
	}{
		{ended + "?cursor=x", "reader", 400, "cursor"},
		{ended + "?cursor=-1", "reader", 400, "cursor"},
		{ended + "?limit=0", "reader", 400, "limit"},
		{"/v1/events?cursor=y.9", "reader", 400, "cursor"},
		{"/v1/events?limit=101", "reader", 400, "limit"},
		{"/v1/events?cursor=x.1", "stranger", 400, "cursor"}, // an event of another account
		{ended, "stranger", 404, "execution not found"},
		{"/v1/flows/play/events", "stranger", 404, "flow not found"},
	} {
		if answer := w.do("GET", c.path, c.client, "", "Accept", "application/json"); answer.Code != c.status || !strings.Contains(answer.Body.String(), c.field) {
			t.Errorf("%s by %s: %d %s", c.path, c.client, answer.Code, answer.Body)
		}
	}
	if answer := w.do("GET", ended+"?limit=3", "reader", ""); answer.Code != 400 || !strings.Contains(answer.Body.String(), "send Accept: application/json") {
		t.Errorf("a page of a stream: %d %s", answer.Code, answer.Body)
	}
}

// Pages of what happened in all executions begin a day ago, whatever the record's
// own steps.
func TestPagesOfNews(t *testing.T) {
	feed := &wire{}
	for seq := 1; seq <= 5; seq++ {
		feed.all = append(feed.all, record.FeedEvent{Execution: "x", FlowID: "play", Account: "acme", Row: int64(seq), Event: record.Event{Seq: seq, Kind: record.ExecutionAccepted}})
	}
	w := newWorld(t, func(c *api.Config) { c.EventFeed = feed })
	for _, path := range []string{"/v1/events", "/v1/flows/play/events"} {
		if answer := w.do("GET", path+"?limit=2", "reader", "", "Accept", "application/json"); !strings.Contains(answer.Body.String(), `"next":"x.2"`) {
			t.Errorf("%s: %s", path, answer.Body)
		}
		if got := strings.Join(w.pages(path, "cursor=x.1"), "|"); got != "2 3 4 5" {
			t.Errorf("%s after x.1: %s", path, got)
		}
		if got := strings.Join(w.pages(path, "limit=5"), "|"); got != "1 2 3 4 5" {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// Who is content with a stream gets one.
func TestWhoGetsPages(t *testing.T) {
	w := newWorld(t, nil)
	for accept, want := range map[string]string{
		"":                                    "text/event-stream",
		"*/*":                                 "text/event-stream",
		"text/event-stream":                   "text/event-stream",
		"application/json":                    "application/json",
		"Application/JSON":                    "application/json",
		"application/*":                       "application/json",
		"text/html":                           "text/event-stream",
		"text/*, */*;q=0.1":                   "text/event-stream",
		"application/json, text/event-stream": "text/event-stream",
		"application/json, text/plain, */*":   "text/event-stream",
		"application/json, */*;q=0.5":         "application/json",
		"application/json;q=0.5, text/event-stream":       "text/event-stream",
		"application/json;q=0.9, text/event-stream;q=0.1": "application/json",
		"application/json;q=0":                            "text/event-stream",
		"application/json;charset=utf-8":                  "application/json",
		"application/json;q=x":                            "application/json",
	} {
		answer := w.do("GET", "/v1/executions/execution-2/events", "reader", "", "Accept", accept)
		if got, _, _ := strings.Cut(answer.Header().Get("Content-Type"), ";"); got != want {
			t.Errorf("Accept: %s gets %s, want %s", accept, got, want)
		}
	}
}

// A client whose last event is unknown is told so by an event that it can listen to,
// and hears what there is. To be refused would end an EventSource for good.
func TestAnUnknownLastEvent(t *testing.T) {
	w := newWorld(t, nil)
	for _, last := range []string{"x", "-1", "8", "99999999999999999999", "execution-2.3", strings.Repeat("9", 300)} {
		answer := w.do("GET", "/v1/executions/execution-2/events", "reader", "", "Last-Event-ID", last)
		text := answer.Body.String()
		notice, rest, _ := strings.Cut(text, "\n\n")
		kind, data, _ := strings.Cut(notice, "\n")
		var unknown map[string]string
		if err := json.Unmarshal([]byte(strings.TrimPrefix(data, "data: ")), &unknown); err != nil || answer.Code != 200 || kind != "event: last_event_id_unknown" || unknown["last_event_id"] != last[:min(len(last), 200)] {
			t.Errorf("%.30s: %d %s (%v)", last, answer.Code, notice, err)
		}
		if n := strings.Count(rest, "id: "); n != 7 || !strings.HasPrefix(rest, "id: 1\n") {
			t.Errorf("%.30s: then %d events: %s", last, n, rest)
		}
	}
	for _, last := range []string{"", "0", "3"} {
		if text := w.do("GET", "/v1/executions/execution-2/events", "reader", "", "Last-Event-ID", last).Body.String(); strings.Contains(text, "unknown") {
			t.Errorf("%q: %s", last, text)
		}
	}
}

// The same of the streams of many executions: they go on from what is left of the
// last day.
func TestAnUnknownLastEventOfMany(t *testing.T) {
	for _, path := range []string{"/v1/events", "/v1/flows/play/events"} {
		synctest.Test(t, func(t *testing.T) {
			feed := &wire{batches: make(chan []record.FeedEvent, 1), changed: make(chan struct{}, 1)}
			feed.all = []record.FeedEvent{
				{Execution: "x", FlowID: "play", Account: "acme", Row: 1, Event: record.Event{Seq: 1, Kind: record.KeyPressed}},
				{Execution: "x", FlowID: "play", Account: "acme", Row: 2, Event: record.Event{Seq: 2, Kind: record.KeyPressed}},
			}
			s := newStreaming(t, func(c *api.Config) { c.EventFeed = feed })
			conn, answer := s.resume(path, "reader", "y.9")
			heard := make(chan string)
			go func() {
				all, _ := io.ReadAll(answer.Body)
				heard <- string(all)
			}()
			synctest.Wait()
			feed.happen(3)
			synctest.Wait()
			shut := s.shutdown()
			all := <-heard
			<-shut
			if answer.StatusCode != 200 || !strings.Contains(all, "\n\nevent: last_event_id_unknown\ndata: {\"kind\":\"last_event_id_unknown\",\"last_event_id\":\"y.9\"") || idsOf(all) != "x.1 x.2 x.3" {
				t.Errorf("%s: %d %s", path, answer.StatusCode, all)
			}
			_ = conn.Close()
			s.close()
		})
	}
}

// How long a stream lived is not what anybody waited for an answer.
func TestStreamsAreNotMeasured(t *testing.T) {
	w := newWorld(t, nil)
	w.do("GET", "/v1/executions/execution-2/events", "reader", "")
	w.do("GET", "/v1/executions/execution-2/events", "reader", "", "Accept", "application/json")
	w.do("GET", "/v1/executions/none/events", "reader", "")
	text := w.do("GET", "/metrics", "", "").Body.String()
	for _, want := range []string{
		`ringflow_http_request_seconds_count{route="/v1/executions/{flow_execution_id}/events"} 2`,
		`ringflow_http_requests_total{method="GET",route="/v1/executions/{flow_execution_id}/events",status="200"} 2`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/client"
)

// event is one as the server writes it.
func event(id int) string {
	return fmt.Sprintf("id: %d\nevent: e%d\ndata: {\"seq\":%d,\"kind\":\"e%d\"}\n\n", id, id, id, id)
}

func TestFollowGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: func(n int, r *http.Request) *http.Response {
			switch n {
			case 1: // breaks in the middle of the third
				return response(200, event(1)+": still here\n\n"+event(2)+"id: 3\nevent: e3\ndata: {\"se")
			case 2:
				return nil
			case 3:
				return response(503, `{"code":"1","message":"unavailable"}`)
			case 4: // repeats one
				return response(200, event(2)+event(3))
			}
			return response(204, "")
		}}
		var got []int
		begin := time.Now()
		err := clientOf(t, s).Follow(t.Context(), "x", func(e client.StreamEvent) error {
			if e.Kind != "e"+e.ID || string(e.Data) != fmt.Sprintf(`{"seq":%d,"kind":"e%d"}`, e.Seq, e.Seq) {
				t.Errorf("event %+v %s", e, e.Data)
			}
			got = append(got, e.Seq)
			return nil
		})
		if err != nil || !slices.Equal(got, []int{1, 2, 3}) {
			t.Errorf("got %v, %v", got, err)
		}
		var asked []string
		for _, r := range s.requests {
			asked = append(asked, r.Header.Get("Last-Event-ID"))
		}
		if want := []string{"", "2", "2", "2", "3"}; !slices.Equal(asked, want) {
			t.Errorf("the requests ask from %q on, want %q", asked, want)
		}
		if waited := time.Since(begin); waited != 2*time.Second {
			t.Errorf("it took %s, want a second for each of two failures", waited)
		}
	})
}

// A stream that does not know the event it is to go on from says so by an event
// without an ID: it is told, and is none to go on from.
func TestFollowFromAnUnknownEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: func(n int, _ *http.Request) *http.Response {
			if n == 1 {
				return response(200, "event: last_event_id_unknown\ndata: {\"kind\":\"last_event_id_unknown\",\"last_event_id\":\"w.1\"}\n\n")
			}
			return response(200, "id: x.1\nevent: key_pressed\ndata: {\"flow_execution_id\":\"x\",\"seq\":1,\"kind\":\"key_pressed\"}\n\n")
		}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var got []string
		err := clientOf(t, s).FollowAccount(ctx, "w.1", func(e client.StreamEvent) error {
			if got = append(got, e.ID+" "+e.Kind); len(got) == 2 {
				cancel()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) || !slices.Equal(got, []string{" last_event_id_unknown", "x.1 key_pressed"}) || s.requests[1].Header.Get("Last-Event-ID") != "w.1" {
			t.Errorf("got %q, %v; then asks from %q on", got, err, s.requests[1].Header.Get("Last-Event-ID"))
		}
	})
}

// The streams of a flow and of an account have no end of their own.
func TestFollowFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := func(id string) string {
			return "id: " + id + "\nevent: leg_ended\ndata: {\"flow_execution_id\":\"x\",\"seq\":7,\"kind\":\"leg_ended\",\"leg\":{\"id\":\"1\",\"ended_by\":\"contact\"}}\n\n"
		}
		s := &server{answer: func(n int, r *http.Request) *http.Response {
			switch n {
			case 1:
				return response(200, ": still here\n\n"+line("x.7")+line("y.7"))
			case 2:
				return nil
			}
			return response(200, line("z.7"))
		}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var got []string
		err := clientOf(t, s).FollowFlow(ctx, "play", "w.1", func(e client.StreamEvent) error {
			if got = append(got, e.ID+" "+e.FlowExecutionID+" "+e.Leg.EndedBy); len(got) == 3 {
				cancel()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) || !slices.Equal(got, []string{"x.7 x contact", "y.7 x contact", "z.7 x contact"}) {
			t.Errorf("got %q, %v", got, err)
		}
		for i, want := range []string{"w.1", "y.7", "y.7"} {
			if r := s.requests[i]; r.Header.Get("Last-Event-ID") != want || r.URL.Path != "/v1/flows/play/events" {
				t.Errorf("request %d asks %s from %q on, want %q", i, r.URL, r.Header.Get("Last-Event-ID"), want)
			}
		}
	})
}

func TestFollowGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: func(int, *http.Request) *http.Response { return nil }}
		err := clientOf(t, s).Follow(t.Context(), "x", nil)
		if err == nil || !strings.Contains(err.Error(), "connection refused") || len(s.requests) != 20 {
			t.Errorf("after %d requests: %v", len(s.requests), err)
		}
		s = &server{answer: func(int, *http.Request) *http.Response {
			return response(404, `{"code":"1","message":"execution not found"}`)
		}}
		if err := clientOf(t, s).Follow(t.Context(), "x", nil); err == nil || err.Error() != "executionEvents: 404 Not Found (1): execution not found" || len(s.requests) != 1 {
			t.Errorf("after %d requests: %v", len(s.requests), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		s = &server{answer: func(int, *http.Request) *http.Response { return response(200, "") }}
		if err := clientOf(t, s).Follow(ctx, "x", nil); err == nil {
			t.Error("a server that says nothing is believed")
		}
	})
}

func TestFollowEndsWithTheErrorOfItsReader(t *testing.T) {
	s := &server{answer: func(int, *http.Request) *http.Response { return response(200, event(1)+event(2)) }}
	full := errors.New("the disk is full")
	n := 0
	err := clientOf(t, s).Follow(t.Context(), "x", func(client.StreamEvent) error { n++; return full })
	if !errors.Is(err, full) || n != 1 {
		t.Errorf("got %v after %d events", err, n)
	}
}

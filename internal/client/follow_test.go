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
			if string(e.Data) != fmt.Sprintf(`{"seq":%d,"kind":"e%d"}`, e.Seq, e.Seq) {
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
// without an ID, and begins anew: Follow does not pass it on, nor what it has had, and
// goes on from the last event of the journal.
func TestFollowFromAnUnknownEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: func(n int, _ *http.Request) *http.Response {
			switch n {
			case 1:
				return response(200, ": still here\n\n"+event(1))
			case 2:
				return nil
			case 3:
				return response(200, "event: last_event_id_unknown\ndata: {\"kind\":\"last_event_id_unknown\",\"last_event_id\":\"1\"}\n\n")
			case 4:
				return response(200, event(1)+event(2))
			}
			return response(204, "")
		}}
		var got []int
		err := clientOf(t, s).Follow(t.Context(), "x", func(e client.StreamEvent) error {
			got = append(got, e.Seq)
			return nil
		})
		if err != nil || !slices.Equal(got, []int{1, 2}) {
			t.Errorf("got %v, %v", got, err)
		}
		for i, want := range []string{"", "1", "1", "1", "2"} {
			if r := s.requests[i]; r.Header.Get("Last-Event-ID") != want || r.URL.Path != "/v1/executions/x/events" {
				t.Errorf("request %d asks %s from %q on, want %q", i, r.URL, r.Header.Get("Last-Event-ID"), want)
			}
		}
	})
}

// A context that ends ends it.
func TestFollowEndsWithItsContext(t *testing.T) {
	s := &server{answer: func(int, *http.Request) *http.Response { return response(200, event(1)) }}
	ctx, cancel := context.WithCancel(t.Context())
	err := clientOf(t, s).Follow(ctx, "x", func(client.StreamEvent) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
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

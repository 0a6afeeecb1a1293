package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

// Texts that a database may refuse are stored or not found, and hold up no other
// write: NUL and what is not UTF-8 come in names, errors and variables.
func TestTextsOfAnyBytes(t *testing.T) { onEachDialect(t, testTextsOfAnyBytes) }

func testTextsOfAnyBytes(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	const odd = "a\x00b\xffc"
	x := execution(1)
	x.InteractionID, x.Arguments = odd, map[string]string{odd: odd}
	must(t, s.Accept(t.Context(), x))
	must(t, s.Accept(t.Context(), keyed(2, "acme", odd, odd)))
	if err := s.Accept(t.Context(), keyed(3, "acme", odd, odd)); err == nil {
		t.Error("the key is used twice")
	}
	s.Append(x.ID, event(1, record.VariableSet, func(e *record.Event) { e.Variables, e.Detail = map[string]string{odd: odd}, odd }))
	e := ending(2, record.StatusFailed)
	e.Error, e.Last.Error, e.Variables = odd, odd, map[string]string{odd: odd}
	must(t, s.End(t.Context(), x.ID, e))
	if h, err := s.History(t.Context(), "acme", x.ID); err != nil || h.Status != record.StatusFailed || len(h.Events) != 2 || h.Error == "" {
		t.Errorf("it is %+v, %v", h, err)
	}
	_, err := s.Published(t.Context(), "acme", odd)
	_, read := s.Accepted(t.Context(), odd)
	_, found := s.FlowID(t.Context(), odd, odd)
	if !errors.Is(err, record.ErrNoFlow) || !errors.Is(read, record.ErrNoExecution) || !errors.Is(found, record.ErrNoFlow) {
		t.Errorf("what is not there: %v, %v, %v", err, read, found)
	}
	must(t, second(s.SaveDraft(t.Context(), "acme", odd, []byte("name: \"\\0\""), nil)))
	if d, err := s.Draft(t.Context(), "acme", odd); err != nil || d.FlowID == "" {
		t.Errorf("the draft: %+v, %v", d, err)
	}
}

// Names are ordered by their bytes, whatever the language of the database.
func TestOrderOfNames(t *testing.T) { onEachDialect(t, testOrderOfNames) }

func testOrderOfNames(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	want := []string{"B", "a-b", "aB", "ab", "z", "ä"}
	for _, id := range []string{"ab", "ä", "aB", "B", "z", "a-b"} {
		must(t, second(s.Publish(t.Context(), "acme", id, []byte("x"))))
	}
	if got := flowPages(t, s, "acme", 1, func(int) {}); !slices.Equal(got, want) {
		t.Errorf("pages of one: %q, want %q", got, want)
	}
	if got, err := s.FlowNames(t.Context(), "acme", 10); err != nil || !slices.Equal(got, want) {
		t.Errorf("names: %q, %v", got, err)
	}
}

// While deliveries come and their streams end, none is left without a stream.
func TestStreamsOfDeliveries(t *testing.T) { onEachDialect(t, testStreamsOfDeliveries) }

func testStreamsOfDeliveries(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	hook := webhook.Hook{ID: webhook.ID{Account: "acme", Name: "h"}, URL: "https://crm.example.com", Events: []record.EventKind{webhook.All}}
	must(t, s.Subscribe(t.Context(), []webhook.Hook{hook}, func(webhook.ID) {}))
	const executions, events = 20, 10
	ctx, stop := context.WithCancel(t.Context())
	var dispatchers, calls sync.WaitGroup
	for range 3 {
		dispatchers.Go(func() {
			for ctx.Err() == nil {
				streams, err := s.Queues(t.Context(), hook.ID, 100)
				if err != nil {
					t.Error(err)
				}
				for _, x := range streams {
					letters, err := s.Deliveries(t.Context(), x, 100)
					if err != nil {
						t.Error(err)
					}
					for _, l := range letters {
						s.Delivered(l)
					}
					if err := s.UpdateQueue(t.Context(), x); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for n := range executions {
		calls.Go(func() {
			x := execution(n)
			must(t, s.Accept(t.Context(), x))
			for seq := 1; seq <= events; seq++ {
				s.Append(x.ID, event(seq, record.KeyPressed, nil))
				must(t, s.Check(t.Context()))
			}
			must(t, s.End(t.Context(), x.ID, ending(events+1, record.StatusFinished)))
		})
	}
	calls.Wait()
	for limit := time.After(20 * time.Second); ; {
		backlogs, err := s.Backlogs(t.Context())
		must(t, err)
		if backlogs[hook.ID].Waiting == 0 {
			break
		}
		select {
		case <-limit:
			t.Fatalf("there wait %s", fmt.Sprint(backlogs))
		case <-time.After(time.Millisecond):
		}
	}
	stop()
	dispatchers.Wait()
}

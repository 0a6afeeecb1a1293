package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

func TestForget(t *testing.T) { onEachDialect(t, testForget) }

func testForget(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	const executions = 450 // more than two batches
	var calls sync.WaitGroup
	for n := range executions {
		calls.Go(func() {
			x := execution(n)
			if n%9 == 0 {
				x.Account = "other"
			}
			if n%7 == 0 {
				x.AcceptedAt = x.AcceptedAt.Add(-50 * time.Hour)
			}
			must(t, s.Accept(t.Context(), x))
			if n%10 != 0 {
				e := ending(1, record.StatusFinished)
				switch {
				case n%7 == 0:
					e.At = e.At.Add(-48 * time.Hour)
				case n%11 == 0:
					e.At = x.AcceptedAt
				}
				must(t, s.End(t.Context(), x.ID, e))
			}
		})
	}
	calls.Wait()
	goes := func(n int) bool { return n%9 != 0 && n%10 != 0 && n%7 == 0 }
	want := 0
	for n := range executions {
		if goes(n) {
			want++
		}
	}
	if n, err := s.Forget(t.Context(), "acme", time.Now().Add(-24*time.Hour)); err != nil || n != want {
		t.Errorf("Forget = %d, %v, want %d", n, err, want)
	}
	for n := range executions {
		account := "acme"
		if n%9 == 0 {
			account = "other"
		}
		if _, err := s.History(t.Context(), account, execution(n).ID); errors.Is(err, record.ErrNoExecution) != goes(n) {
			t.Errorf("execution %d: %v", n, err)
		}
	}
	if n, err := s.Forget(t.Context(), "acme", time.Now().Add(time.Hour)); err != nil || n < forgetBatch {
		t.Errorf("Forget of all that has ended = %d, %v", n, err)
	}
	if err := s.Begin(t.Context(), execution(10).ID, moment()); err != nil {
		t.Errorf("one that waits was forgotten: %v", err)
	}
}

// forgetBatch is how many the store removes at once.
const forgetBatch = 200

// What is forgotten leaves no letter to a webhook behind, dead or alive, and
// nothing else goes with it.
func TestForgetTakesTheLetters(t *testing.T) { onEachDialect(t, testForgetTakesTheLetters) }

func testForgetTakesTheLetters(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	var hooks []webhook.Hook
	for _, name := range []string{"alive", "dead"} {
		hooks = append(hooks, webhook.Hook{ID: webhook.ID{Account: "acme", Name: name}, URL: "https://crm.example.com", Events: []record.EventKind{webhook.All}})
	}
	must(t, s.Subscribe(t.Context(), hooks, func(webhook.ID) {}))
	for n := range 2 {
		x, e := execution(n), ending(1, record.StatusFinished)
		if n == 0 {
			x.AcceptedAt, e.At = x.AcceptedAt.Add(-50*time.Hour), e.At.Add(-48*time.Hour)
		}
		must(t, s.Accept(t.Context(), x))
		must(t, s.End(t.Context(), x.ID, e))
	}
	if n, err := s.MoveToDeadLetters(t.Context(), hooks[1].ID, "", time.Now(), "because"); n != 2 || err != nil {
		t.Fatalf("MoveToDeadLetters = %d, %v", n, err)
	}
	if n, err := s.Forget(t.Context(), "acme", time.Now().Add(-24*time.Hour)); n != 1 || err != nil {
		t.Fatalf("Forget = %d, %v", n, err)
	}
	streams, err := s.Queues(t.Context(), hooks[0].ID, 10)
	must(t, err)
	if len(streams) != 1 || streams[0].Execution != execution(1).ID {
		t.Errorf("there wait %+v", streams)
	}
	letters, err := s.Deliveries(t.Context(), webhook.Queue{Hook: hooks[0].ID, Execution: execution(0).ID}, 10)
	if err != nil || len(letters) != 0 {
		t.Errorf("of the forgotten one wait %+v, %v", letters, err)
	}
	dead, _, err := s.DeadLetters(t.Context(), hooks[1].ID, "", 10)
	must(t, err)
	if len(dead) != 1 || dead[0].Execution != execution(1).ID {
		t.Errorf("dead are %+v", dead)
	}
}

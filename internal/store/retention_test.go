package store_test

import (
	"errors"
	"testing"
	"time"

	"ringflow/flowengine"
)

func TestForget(t *testing.T) {
	s := openIn(t, t.TempDir())
	const executions = 450 // more than two batches
	for n := range executions {
		x := execution(n)
		if n%9 == 0 {
			x.Account = "other"
		}
		if n%7 == 0 {
			x.AcceptedAt = x.AcceptedAt.Add(-50 * time.Hour)
		}
		must(t, s.Accept(t.Context(), x))
		if n%10 != 0 {
			e := ending(1, flowengine.StatusFinished)
			switch {
			case n%7 == 0:
				e.At = e.At.Add(-48 * time.Hour)
			case n%11 == 0:
				e.At = x.AcceptedAt
			}
			must(t, s.End(t.Context(), x.ID, e))
		}
	}
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
		if _, err := s.History(t.Context(), account, execution(n).ID); errors.Is(err, flowengine.ErrNoExecution) != goes(n) {
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

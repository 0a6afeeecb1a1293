package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// agree checks that what was read of an execution is what one commit left:
// its row has ended if and only if its journal has.
func agree(h record.History) error {
	last := record.EventKind("")
	if n := len(h.Events); n > 0 {
		last = h.Events[n-1].Kind
	}
	if ended := last == record.ExecutionEnded; ended != (h.Status == record.StatusFinished) || ended == h.FinishedAt.IsZero() {
		return fmt.Errorf("%s is %s, finished at %v, and its last event of %d is %q", h.ID, h.Status, h.FinishedAt, len(h.Events), last)
	}
	return nil
}

// A read while executions end sees each either before its end or after,
// never its row before and its journal after.
func TestRowAndJournalAreOfOneCommit(t *testing.T) { onEachDialect(t, testRowAndJournalAreOfOneCommit) }

func testRowAndJournalAreOfOneCommit(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	ctx, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer stop()
	const writers = 8
	done := make(chan error, writers)
	var ids atomic.Int64
	var accepted [writers]atomic.Int64 // by each writer last; 0: none yet
	for w := range writers {
		go func() {
			var err error
			for err == nil && ctx.Err() == nil {
				n := ids.Add(1)
				x := execution(int(n))
				if err = s.Accept(t.Context(), x); err != nil {
					break
				}
				s.Append(x.ID, event(1, record.ExecutionAccepted, nil))
				accepted[w].Store(n)
				err = s.End(t.Context(), x.ID, ending(2, record.StatusFinished))
			}
			done <- err
		}()
	}
	reads := 0
	for ctx.Err() == nil {
		reads++
		for w := range writers {
			n := accepted[w].Load()
			if n == 0 {
				continue
			}
			h, err := s.History(t.Context(), "acme", execution(int(n)).ID)
			must(t, err)
			if err := agree(h); err != nil {
				t.Fatalf("History: %v", err)
			}
		}
		if reads%20 == 0 {
			must(t, s.Each(t.Context(), "acme", record.Filter{}, agree))
		}
	}
	for range writers {
		must(t, <-done)
	}
	t.Logf("%d executions, %d rounds of reading", ids.Load(), reads)
}

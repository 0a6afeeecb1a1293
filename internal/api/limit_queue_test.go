package api

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queues[string]
		var through sync.WaitGroup
		begin, inside := time.Now(), 0
		for range 20 {
			through.Go(func() {
				leave, err := q.enter(t.Context(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				if inside++; inside != 1 {
					t.Errorf("%d are through at a time", inside)
				}
				<-time.After(time.Second)
				inside--
				leave()
			})
		}
		synctest.Wait()
		leave, err := q.enter(t.Context(), "b")
		if err != nil || time.Since(begin) != 0 {
			t.Errorf("another key waits: %v", err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := q.enter(short, "b"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("whose time is over: %v", err)
		}
		leave()
		through.Wait()
		if took := time.Since(begin); took != 20*time.Second {
			t.Errorf("twenty took %v", took)
		}
		if len(q.open) != 0 {
			t.Errorf("%d queues are kept", len(q.open))
		}
	})
}

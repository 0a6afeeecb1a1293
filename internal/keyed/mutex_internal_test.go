package keyed

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestMutexOfKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Mutex[string]
		var all sync.WaitGroup
		begin, inside := time.Now(), 0
		for range 20 {
			all.Go(func() {
				unlock, err := m.Lock(t.Context(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				if inside++; inside != 1 {
					t.Errorf("%d hold the lock", inside)
				}
				<-time.After(time.Second)
				inside--
				unlock()
			})
		}
		synctest.Wait()
		unlock, err := m.Lock(t.Context(), "b")
		if err != nil || time.Since(begin) != 0 {
			t.Errorf("another key waits: %v", err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := m.Lock(short, "b"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after the end of its context: %v", err)
		}
		unlock()
		all.Wait()
		if took := time.Since(begin); took != 20*time.Second {
			t.Errorf("twenty took %v", took)
		}
		if len(m.locks) != 0 {
			t.Errorf("%d keys are kept", len(m.locks))
		}
	})
}

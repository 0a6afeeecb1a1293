package fairshare_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/fairshare"
)

// contest is a semaphore and the accounts that acquired it, in their order.
type contest struct {
	t         *testing.T
	semaphore *fairshare.Semaphore
	order     chan string
	release   map[string]chan struct{} // releases one that the account holds
	all       sync.WaitGroup
}

func newContest(t *testing.T, all, each int) *contest {
	return &contest{t: t, semaphore: fairshare.New(all, each), order: make(chan string, 1000), release: map[string]chan struct{}{}}
}

// want has an account ask for so many more.
func (s *contest) want(account string, n int) {
	if s.release[account] == nil {
		s.release[account] = make(chan struct{}, 1000)
	}
	for range n {
		s.all.Go(func() {
			release, err := s.semaphore.Acquire(s.t.Context(), account)
			if err != nil {
				s.t.Error(err)
				return
			}
			s.order <- account
			<-s.release[account]
			release()
		})
		synctest.Wait()
	}
}

// got returns the accounts that acquired since the last call.
func (s *contest) got() (accounts string) {
	synctest.Wait()
	for len(s.order) > 0 {
		accounts += <-s.order
	}
	return accounts
}

// ends has the account release so many.
func (s *contest) ends(account string, n int) {
	for range n {
		s.release[account] <- struct{}{}
		synctest.Wait()
	}
}

// Each step says which accounts acquire then.
func TestSemaphoreIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newContest(t, 8, 4)
		for i, step := range []struct {
			do   func()
			want string
		}{
			{func() { s.want("a", 20) }, "aaaa"}, // its share, although no other account waits
			{func() { s.want("b", 1) }, "b"},
			{func() { s.want("b", 9) }, "bbb"},
			{func() { s.want("c", 2) }, ""},   // at the limit
			{func() { s.ends("a", 1) }, "c"},  // a had waited longer, and has three
			{func() { s.ends("b", 1) }, "c"},  // c has one and b three
			{func() { s.ends("c", 2) }, "ab"}, // two are free, and c wants no more
			{func() { s.want("d", 1) }, ""},   //
			{func() { s.want("e", 1) }, ""},   //
			{func() { s.ends("b", 2) }, "de"}, // in the order in which they came
			{func() { s.ends("d", 1) }, "b"},  // which has two, while a has four
			{func() { s.ends("e", 1) }, "b"},  //
			{func() { s.ends("a", 1) }, "a"},  // as no other account waits
			{func() { s.ends("a", 15) }, "aaaaaaaaaaaaaa"},
			{func() { s.ends("b", 6) }, "bbb"},
			{func() { s.ends("a", 2) }, ""},
		} {
			step.do()
			if got := s.got(); got != step.want {
				t.Errorf("step %d: %q acquire, want %q", i, got, step.want)
			}
		}
		for account := range s.release {
			close(s.release[account])
		}
		s.all.Wait()
	})
}

// An Acquire whose context ends holds nothing and takes nothing from others.
func TestAcquireThatEndsHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		semaphore := fairshare.New(2, 1)
		cause := errors.New("the contact hung up")
		var all sync.WaitGroup
		for round := range 200 {
			release, err := semaphore.Acquire(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			ctx, give := context.WithCancelCause(t.Context())
			all.Go(func() {
				got, err := semaphore.Acquire(ctx, "a")
				if err == nil {
					got()
				} else if !errors.Is(err, cause) {
					t.Errorf("its error is %v", err)
				}
			})
			if round%2 == 0 {
				synctest.Wait()
			}
			all.Go(func() { give(cause) }) // at the moment at which the place gets free
			release()
			synctest.Wait()
		}
		all.Wait()
		for _, account := range []string{"a", "b"} {
			if _, err := semaphore.Acquire(t.Context(), account); err != nil {
				t.Errorf("%s afterwards: %v", account, err)
			}
		}
	})
}

// No account holds more than its share, and not more run than the limit.
func TestSemaphoreHoldsItsLimits(t *testing.T) {
	const all, each, accounts = 5, 2, 6
	synctest.Test(t, func(t *testing.T) {
		semaphore := fairshare.New(all, each)
		var running atomic.Int64
		var of [accounts]atomic.Int64
		var work sync.WaitGroup
		for account := range accounts {
			for range 40 {
				work.Go(func() {
					for range 5 {
						<-time.After(time.Duration(rand.IntN(1000)) * time.Millisecond)
						release, err := semaphore.Acquire(t.Context(), fmt.Sprint(account))
						if err != nil {
							t.Error(err)
							return
						}
						if n, m := running.Add(1), of[account].Add(1); n > all || m > each {
							t.Errorf("%d run, %d of one account", n, m)
						}
						<-time.After(time.Duration(rand.IntN(100)) * time.Millisecond)
						running.Add(-1)
						of[account].Add(-1)
						release()
					}
				})
			}
		}
		work.Wait()
	})
}

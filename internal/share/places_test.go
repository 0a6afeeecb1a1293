package share_test

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

	"ringflow/internal/share"
)

// contest is places, and who has taken them in which order.
type contest struct {
	t      *testing.T
	places *share.Places
	order  chan string
	leave  map[string]chan struct{} // ends one that the account has
	all    sync.WaitGroup
}

func newContest(t *testing.T, all, each int) *contest {
	return &contest{t: t, places: share.NewPlaces(all, each), order: make(chan string, 1000), leave: map[string]chan struct{}{}}
}

// want has an account ask for so many more.
func (s *contest) want(account string, n int) {
	if s.leave[account] == nil {
		s.leave[account] = make(chan struct{}, 1000)
	}
	for range n {
		s.all.Go(func() {
			leave, err := s.places.Take(s.t.Context(), account)
			if err != nil {
				s.t.Error(err)
				return
			}
			s.order <- account
			<-s.leave[account]
			leave()
		})
		synctest.Wait()
	}
}

// got are those who have taken a place since it was asked last.
func (s *contest) got() (accounts string) {
	synctest.Wait()
	for len(s.order) > 0 {
		accounts += <-s.order
	}
	return accounts
}

// ends has the account leave so many.
func (s *contest) ends(account string, n int) {
	for range n {
		s.leave[account] <- struct{}{}
		synctest.Wait()
	}
}

// Each step of the story says who gets a place then.
func TestPlacesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newContest(t, 8, 4)
		for i, step := range []struct {
			do   func()
			want string
		}{
			{func() { s.want("a", 20) }, "aaaa"}, // its share, although nobody else wants one
			{func() { s.want("b", 1) }, "b"},
			{func() { s.want("b", 9) }, "bbb"},
			{func() { s.want("c", 2) }, ""},   // all are taken
			{func() { s.ends("a", 1) }, "c"},  // a had waited longer, and has three
			{func() { s.ends("b", 1) }, "c"},  // c has one and b three
			{func() { s.ends("c", 2) }, "ab"}, // two are free, and c wants no more
			{func() { s.want("d", 1) }, ""},   //
			{func() { s.want("e", 1) }, ""},   //
			{func() { s.ends("b", 2) }, "de"}, // in the order in which they came
			{func() { s.ends("d", 1) }, "b"},  // which has two, while a has four
			{func() { s.ends("e", 1) }, "b"},  //
			{func() { s.ends("a", 1) }, "a"},  // with places for nobody else
			{func() { s.ends("a", 15) }, "aaaaaaaaaaaaaa"},
			{func() { s.ends("b", 6) }, "bbb"},
			{func() { s.ends("a", 2) }, ""},
		} {
			step.do()
			if got := s.got(); got != step.want {
				t.Errorf("step %d: %q get a place, want %q", i, got, step.want)
			}
		}
		for account := range s.leave {
			close(s.leave[account])
		}
		s.all.Wait()
	})
}

// Whoever gives up waiting has no place and takes none from anybody.
func TestWhoGivesUpLeavesThePlaceToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := share.NewPlaces(2, 1)
		cause := errors.New("the contact hung up")
		var all sync.WaitGroup
		for round := range 200 {
			leave, err := places.Take(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			ctx, give := context.WithCancelCause(t.Context())
			all.Go(func() {
				got, err := places.Take(ctx, "a")
				if err == nil {
					got()
				} else if !errors.Is(err, cause) {
					t.Errorf("who gives up hears %v", err)
				}
			})
			if round%2 == 0 {
				synctest.Wait()
			}
			all.Go(func() { give(cause) }) // at the moment at which the place gets free
			leave()
			synctest.Wait()
		}
		all.Wait()
		for _, account := range []string{"a", "b"} {
			if _, err := places.Take(t.Context(), account); err != nil {
				t.Errorf("%s afterwards: %v", account, err)
			}
		}
	})
}

// Whatever the accounts do, none has more than its share, and not more run than there
// are places.
func TestPlacesHoldTheirBounds(t *testing.T) {
	const all, each, accounts = 5, 2, 6
	synctest.Test(t, func(t *testing.T) {
		places := share.NewPlaces(all, each)
		var running atomic.Int64
		var of [accounts]atomic.Int64
		var work sync.WaitGroup
		for account := range accounts {
			for range 40 {
				work.Go(func() {
					for range 5 {
						<-time.After(time.Duration(rand.IntN(1000)) * time.Millisecond)
						leave, err := places.Take(t.Context(), fmt.Sprint(account))
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
						leave()
					}
				})
			}
		}
		work.Wait()
	})
}

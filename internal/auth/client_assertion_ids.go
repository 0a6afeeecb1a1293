package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"ringflow/internal/keyed"
)

// maxSpent bounds the assertions in memory that could not be stored; one entry is about
// 300 bytes at most.
const maxSpent = 10_000

// assertionID names an assertion.
type assertionID struct{ client, id string }

// spent are the used assertions that could not be stored, until they have expired or are
// stored. Its methods may be called by several goroutines.
type spent struct {
	mu    sync.Mutex // guards until
	until map[assertionID]time.Time
	// marking is held for reading by whoever marks an assertion in the store and then
	// looks for it here: none is moved from here to the store in between, past them.
	marking sync.RWMutex
}

// add reports whether the assertion is new, and ok if it is remembered.
func (s *spent) add(a assertionID, until, now time.Time) (first, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.until[a]; used {
		return false, true
	}
	if !keyed.MakeRoom(s.until, maxSpent, now.After) {
		return true, false
	}
	s.until[a] = until
	return true, true
}

func (s *spent) has(a assertionID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, used := s.until[a]
	return used
}

// remove forgets an assertion, once nobody is between the store and has.
func (s *spent) remove(a assertionID) {
	s.marking.Lock()
	defer s.marking.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.until, a)
}

// some returns up to so many.
func (s *spent) some(most int) map[assertionID]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make(map[assertionID]time.Time)
	for a, until := range s.until {
		if len(found) == most {
			break
		}
		found[a] = until
	}
	return found
}

// spend marks an assertion as used and reports whether it was not used before. One that
// cannot be stored is remembered, and stored when that succeeds again: after a restart
// before that, an assertion could be used once more until it expires.
//
// It marks in memory or on the disk first, and checks the other after that: of two
// requests with one assertion while the disk begins or ceases to fail, not both are
// first.
func (i *Issuer) spend(ctx context.Context, a assertionID, until time.Time) (first bool, err error) {
	first, err = i.spendStored(ctx, a, until)
	switch {
	case err == nil:
		i.storeSpent(ctx)
		return first, nil
	case !errors.Is(err, ErrNotStored):
		return false, err
	}
	first, ok := i.spent.add(a, until, time.Now())
	if !ok {
		return false, err
	}
	if !first {
		return false, nil
	}
	used, readErr := i.config.Tokens.AssertionUsed(ctx, a.client, a.id)
	if readErr != nil {
		i.spent.remove(a) // it authenticated no request
		return false, errors.Join(err, readErr)
	}
	return !used, nil
}

// spendStored marks an assertion in the store, and reports whether it was used neither
// there nor among those in memory.
func (i *Issuer) spendStored(ctx context.Context, a assertionID, until time.Time) (first bool, err error) {
	i.spent.marking.RLock()
	defer i.spent.marking.RUnlock()
	first, err = i.config.Tokens.UseAssertion(ctx, a.client, a.id, until)
	return err == nil && first && !i.spent.has(a), err
}

// storedAtOnce is how many remembered assertions one request stores.
const storedAtOnce = 10

// storeSpent stores some of the remembered assertions.
func (i *Issuer) storeSpent(ctx context.Context) {
	for a, until := range i.spent.some(storedAtOnce) {
		if time.Now().Before(until) {
			if _, err := i.config.Tokens.UseAssertion(ctx, a.client, a.id, until); err != nil {
				return
			}
		}
		i.spent.remove(a)
	}
}

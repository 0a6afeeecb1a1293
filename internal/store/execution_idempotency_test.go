package store_test

import (
	"errors"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

func keyed(n int, account, key, digest string) record.Execution {
	x := execution(n)
	x.Account, x.IdempotencyKey = account, record.IdempotencyKey{Key: key, Digest: digest}
	return x
}

func TestKeyIsUsedOnce(t *testing.T) { onEachDialect(t, testKeyIsUsedOnce) }

func testKeyIsUsedOnce(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	must(t, s.Accept(t.Context(), keyed(1, "acme", "k", "d")))
	must(t, s.Accept(t.Context(), keyed(2, "other", "k", "d")))
	must(t, s.Accept(t.Context(), keyed(3, "acme", "l", "d")))
	repeated := func() {
		t.Helper()
		err := s.Accept(t.Context(), keyed(4, "acme", "k", "e"))
		var r *record.RepeatedError
		if !errors.As(err, &r) || r.First.ID != execution(1).ID || r.First.InteractionID != "i1" || r.First.VersionID != "v1" || r.First.IdempotencyKey.Digest != "d" {
			t.Errorf("a used key says %+v", err)
		}
		if _, err := s.History(t.Context(), "acme", execution(4).ID); !errors.Is(err, record.ErrNoExecution) {
			t.Errorf("what was repeated is there: %v", err)
		}
		if x, err := s.Repeated(t.Context(), "acme", "k"); err != nil || x.ID != execution(1).ID {
			t.Errorf("Repeated = %+v, %v", x, err)
		}
	}
	repeated()
	must(t, s.Close())
	s = openIn(t, dir)
	repeated()
	if _, err := s.Repeated(t.Context(), "acme", "x"); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("an unused key says %v", err)
	}
	old := keyed(5, "acme", "old", "d")
	old.AcceptedAt = time.Now().Add(-record.IdempotencyKeyLifetime)
	must(t, s.Accept(t.Context(), old))
	if _, err := s.Repeated(t.Context(), "acme", "old"); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("an expired key says %v", err)
	}
	must(t, s.Accept(t.Context(), keyed(6, "acme", "old", "e")))
}

func TestSimultaneousTriggersOfOneKey(t *testing.T) {
	onEachDialect(t, testSimultaneousTriggersOfOneKey)
}

func testSimultaneousTriggersOfOneKey(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	const triggers = 50
	answers := make(chan error, triggers)
	for n := range triggers {
		go func() { answers <- s.Accept(t.Context(), keyed(n, "acme", "k", "d")) }()
	}
	var first record.ExecutionID
	accepted := 0
	for range triggers {
		var r *record.RepeatedError
		switch err := <-answers; {
		case err == nil:
			accepted++
		case !errors.As(err, &r):
			t.Error(err)
		case first != "" && first != r.First.ID:
			t.Errorf("two firsts: %s and %s", first, r.First.ID)
		default:
			first = r.First.ID
		}
	}
	if accepted != 1 {
		t.Errorf("%d were accepted", accepted)
	}
}

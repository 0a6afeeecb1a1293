package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

// eventsAfter reads the feed from a cursor on.
func eventsAfter(t *testing.T, s *store.Store, flowID string, m record.Cursor) (got []string) {
	t.Helper()
	for {
		events, next, err := s.Events(t.Context(), "acme", flowID, m)
		must(t, err)
		for _, n := range events {
			got = append(got, fmt.Sprintf("%s.%d", n.Execution, n.Event.Seq))
		}
		if next == m {
			return got
		}
		m = next
	}
}

// The feed of an account has every event of it once, in the order of
// writing and of no other account, wherever they were cut off, and after a
// restart too.
func TestFeed(t *testing.T) { onEachDialect(t, testFeed) }

func testFeed(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	begin, err := s.CursorAfter(t.Context(), "acme", "")
	must(t, err)
	changed, stop := s.WatchAll()
	defer stop()
	const executions, events = 12, 40
	for n := range executions {
		x := execution(n)
		x.FlowID = []string{"play", "forward"}[n%2]
		if n%3 == 0 {
			x.Account = "other"
		}
		must(t, s.Accept(t.Context(), x))
	}
	for seq := 1; seq <= events; seq += 2 {
		for n := range executions {
			s.Append(execution(n).ID, event(seq, record.VariableSet, nil), event(seq+1, record.KeyPressed, nil))
		}
		if seq%10 == 1 {
			must(t, s.Check(t.Context())) // a commit
		}
	}
	for n := range executions {
		must(t, s.End(t.Context(), execution(n).ID, ending(events+1, record.StatusFinished)))
	}
	<-changed
	whole := eventsAfter(t, s, "", begin)
	if len(whole) != 8*(events+1) {
		t.Fatalf("%d events", len(whole))
	}
	last := map[string]int{}
	for _, id := range whole {
		var n, seq int
		if _, err := fmt.Sscanf(id, "%x.%d", &n, &seq); err != nil || n%3 == 0 {
			t.Fatalf("%s: %v", id, err)
		}
		if key := id[:32]; seq != last[key]+1 {
			t.Fatalf("after %d comes %s", last[key], id)
		} else {
			last[key] = seq
		}
	}
	if forward := eventsAfter(t, s, "forward", begin); len(forward) != 4*(events+1) {
		t.Errorf("%d events of a flow", len(forward))
	}
	must(t, s.Close())
	s = openIn(t, dir)
	for i := 0; i < len(whole); i += 7 {
		m, err := s.CursorAfter(t.Context(), "acme", whole[i])
		must(t, err)
		if got := eventsAfter(t, s, "", m); !slices.Equal(got, whole[i+1:]) {
			t.Fatalf("after event %d come %d events, want %d", i, len(got), len(whole)-i-1)
		}
	}
	for _, bad := range []string{"x", ".", ".1", whole[0] + "999", whole[0][:33], string(execution(0).ID) + ".1", "no.1"} {
		if _, err := s.CursorAfter(t.Context(), "acme", bad); !errors.Is(err, record.ErrBadCursor) {
			t.Errorf("after %q: %v", bad, err)
		}
	}
}

// The feed goes back a day.
func TestFeedHasNoOldEvents(t *testing.T) { onEachDialect(t, testFeedHasNoOldEvents) }

func testFeedHasNoOldEvents(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	must(t, s.Accept(t.Context(), execution(1)))
	for seq, age := range []time.Duration{25 * time.Hour, 23 * time.Hour} {
		s.Append(execution(1).ID, event(seq+1, record.KeyPressed, func(e *record.Event) { e.At = e.At.Add(-age) }))
		must(t, s.Check(t.Context()))
	}
	if _, err := s.CursorAfter(t.Context(), "acme", string(execution(1).ID)+".1"); !errors.Is(err, record.ErrBadCursor) {
		t.Errorf("after an old event: %v", err)
	}
	if _, err := s.CursorAfter(t.Context(), "acme", string(execution(1).ID)+".2"); err != nil {
		t.Errorf("after one of today: %v", err)
	}
}

// What there is begins with the first event of the last day, wherever in a long
// record that is.
func TestStartOfTheFeed(t *testing.T) { onEachDialect(t, testStartOfTheFeed) }

func testStartOfTheFeed(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	if m, err := s.OldestCursor(t.Context()); err != nil || m != (record.Cursor{}) {
		t.Errorf("of nothing: %+v %v", m, err)
	}
	must(t, s.Accept(t.Context(), execution(1)))
	for seq := range 40 {
		s.Append(execution(1).ID, event(seq+1, record.KeyPressed, func(e *record.Event) { e.At = e.At.Add(time.Duration(seq-36) * time.Hour) }))
		must(t, s.Check(t.Context())) // a row of its own
	}
	m, err := s.OldestCursor(t.Context())
	must(t, err)
	if got := eventsAfter(t, s, "", m); len(got) != 27 || !strings.HasSuffix(got[0], ".14") {
		t.Errorf("%d events from %v on", len(got), got[:min(len(got), 1)])
	}
}

// The feed goes on after everything was removed.
func TestFeedAfterEverythingWasRemoved(t *testing.T) {
	onEachDialect(t, testFeedAfterEverythingWasRemoved)
}

func testFeedAfterEverythingWasRemoved(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	for n := range 3 {
		must(t, s.Accept(t.Context(), execution(n)))
		must(t, s.End(t.Context(), execution(n).ID, ending(1, record.StatusFinished)))
	}
	at, err := s.CursorAfter(t.Context(), "acme", "")
	must(t, err)
	if n, err := s.Forget(t.Context(), "acme", time.Now().Add(time.Hour)); n != 3 || err != nil {
		t.Fatalf("Forget = %d, %v", n, err)
	}
	must(t, s.Accept(t.Context(), execution(3)))
	must(t, s.End(t.Context(), execution(3).ID, ending(1, record.StatusFinished)))
	if got := eventsAfter(t, s, "", at); len(got) != 1 {
		t.Errorf("the feed has %v", got)
	}
}

// EventsOfAccounts tells what News would tell each account, in the same order.
func TestFeedOfAccounts(t *testing.T) { onEachDialect(t, testFeedOfAccounts) }

func testFeedOfAccounts(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	for n := range 6 {
		x := execution(n)
		x.Account = []string{"acme", "other", "third"}[n%3]
		must(t, s.Accept(t.Context(), x))
		for seq := 1; seq <= 700; seq++ { // more than a page
			s.Append(x.ID, event(seq, record.KeyPressed, nil))
			if seq%10 == 0 {
				must(t, s.Check(t.Context()))
			}
		}
	}
	all := map[string][]string{}
	for m := (record.Cursor{}); ; {
		events, next, err := s.EventsOfAccounts(t.Context(), m, func(account string) bool { return account != "third" })
		must(t, err)
		for _, n := range events {
			if n.Row <= m.Row || n.Row > next.Row {
				t.Fatalf("row %d stands between %d and %d", n.Row, m.Row, next.Row)
			}
			all[n.Account] = append(all[n.Account], fmt.Sprintf("%s.%d", n.Execution, n.Event.Seq))
		}
		if next == m {
			break
		}
		m = next
	}
	if len(all) != 2 || len(all["acme"]) != 1400 || !slices.Equal(all["acme"], eventsAfter(t, s, "", record.Cursor{})) {
		t.Errorf("%d accounts, %d events", len(all), len(all["acme"]))
	}
}

// The feed of a quiet account has all of its own, however much others write in between, and
// from wherever it comes back; so does one that writes much itself.
func TestFeedAmongManyOthers(t *testing.T) { onEachDialect(t, testFeedAmongManyOthers) }

func testFeedAmongManyOthers(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	begin, err := s.CursorAfter(t.Context(), "acme", "")
	must(t, err)
	const wide, own = 500, 30
	var group sync.WaitGroup
	for i := range own {
		group.Go(func() { must(t, s.Accept(t.Context(), execution(wide+i))) })
	}
	for i := range wide {
		group.Go(func() {
			x := execution(i)
			x.Account = "other"
			must(t, s.Accept(t.Context(), x))
		})
	}
	group.Wait()
	var want []string
	seq := 0
	say := func() {
		seq++
		for i := range own {
			id := execution(wide + i).ID
			s.Append(id, event(seq, record.KeyPressed, nil))
			want = append(want, fmt.Sprintf("%s.%d", id, seq))
		}
		must(t, s.Check(t.Context()))
	}
	for round := range 11 { // 5,500 rows: more than one News goes through
		for i := range wide {
			s.Append(execution(i).ID, event(round+1, record.KeyPressed, nil))
		}
		must(t, s.Check(t.Context()))
		if round == 1 || round == 9 {
			say()
		}
	}
	for range 20 { // 600 rows: more than one News returns
		say()
	}
	if got := eventsAfter(t, s, "", begin); !slices.Equal(got, want) {
		t.Errorf("%d of %d events", len(got), len(want))
	}
	for _, after := range []int{1, 29, 30, 31, 59, 60, 61, 559, 560, 561} {
		m, err := s.CursorAfter(t.Context(), "acme", want[after-1])
		must(t, err)
		if got := eventsAfter(t, s, execution(0).FlowID, m); !slices.Equal(got, want[after:]) {
			t.Errorf("after event %d: %d of %d", after, len(got), len(want)-after)
		}
	}
	if got := eventsAfter(t, s, "another", begin); got != nil {
		t.Errorf("of another flow: %d", len(got))
	}
}

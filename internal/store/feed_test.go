package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/store"
)

// newsOf reads what the feed has from a mark on.
func newsOf(t *testing.T, s *store.Store, flowID string, m flowengine.Mark) (got []string) {
	t.Helper()
	for {
		news, next, err := s.News(t.Context(), "acme", flowID, m)
		must(t, err)
		for _, n := range news {
			got = append(got, fmt.Sprintf("%s.%d", n.Execution, n.Event.Seq))
		}
		if next == m {
			return got
		}
		m = next
	}
}

// Whoever follows an account hears every event of it once, in the order of
// writing and of no other account, wherever they were cut off, and after a
// restart too.
func TestFeed(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	begin, err := s.Mark(t.Context(), "acme", "")
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
			s.Append(execution(n).ID, event(seq, flowengine.VariableSet, nil), event(seq+1, flowengine.KeyPressed, nil))
		}
		if seq%10 == 1 {
			must(t, s.Check(t.Context())) // a commit
		}
	}
	for n := range executions {
		must(t, s.End(t.Context(), execution(n).ID, ending(events+1, flowengine.StatusFinished)))
	}
	<-changed
	whole := newsOf(t, s, "", begin)
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
	if forward := newsOf(t, s, "forward", begin); len(forward) != 4*(events+1) {
		t.Errorf("%d events of a flow", len(forward))
	}
	must(t, s.Close())
	s = openIn(t, dir)
	for i := 0; i < len(whole); i += 7 {
		m, err := s.Mark(t.Context(), "acme", whole[i])
		must(t, err)
		if got := newsOf(t, s, "", m); !slices.Equal(got, whole[i+1:]) {
			t.Fatalf("after event %d come %d events, want %d", i, len(got), len(whole)-i-1)
		}
	}
	for _, bad := range []string{"x", ".", ".1", whole[0] + "999", whole[0][:33], string(execution(0).ID) + ".1", "no.1"} {
		if _, err := s.Mark(t.Context(), "acme", bad); !errors.Is(err, flowengine.ErrBadCursor) {
			t.Errorf("after %q: %v", bad, err)
		}
	}
}

// The feed forgets what is older than a day, and counts on.
func TestFeedForgets(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	must(t, s.Accept(t.Context(), execution(1)))
	for seq := 1; seq <= 3; seq++ {
		s.Append(execution(1).ID, event(seq, flowengine.KeyPressed, nil))
		must(t, s.Check(t.Context()))
	}
	now, err := s.Mark(t.Context(), "acme", "")
	must(t, err)
	must(t, s.Run(t.Context(), fmt.Sprintf(`UPDATE feed SET at = at - %d`, (25*time.Hour).Microseconds())))
	must(t, s.Close())
	s = openIn(t, dir) // whose first commit purges
	must(t, s.Check(t.Context()))
	first := string(execution(1).ID) + ".1"
	if _, err := s.Mark(t.Context(), "acme", first); !errors.Is(err, flowengine.ErrBadCursor) {
		t.Errorf("after an old event: %v", err)
	}
	s.Append(execution(1).ID, event(4, flowengine.KeyPressed, nil))
	must(t, s.Check(t.Context()))
	if got := newsOf(t, s, "", now); len(got) != 1 {
		t.Errorf("after the purge: %v", got)
	}
}

package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/store"
)

// newsOf reads what is told from a mark on.
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

// Nobody can go back further than a day.
func TestOldEventsAreNoNews(t *testing.T) {
	s := openIn(t, t.TempDir())
	must(t, s.Accept(t.Context(), execution(1)))
	for seq, age := range []time.Duration{25 * time.Hour, 23 * time.Hour} {
		s.Append(execution(1).ID, event(seq+1, flowengine.KeyPressed, func(e *flowengine.Event) { e.At = e.At.Add(-age) }))
		must(t, s.Check(t.Context()))
	}
	if _, err := s.Mark(t.Context(), "acme", string(execution(1).ID)+".1"); !errors.Is(err, flowengine.ErrBadCursor) {
		t.Errorf("after an old event: %v", err)
	}
	if _, err := s.Mark(t.Context(), "acme", string(execution(1).ID)+".2"); err != nil {
		t.Errorf("after one of today: %v", err)
	}
}

// What there is begins with the first event of the last day, wherever in a long
// record that is.
func TestTheOldestNews(t *testing.T) {
	s := openIn(t, t.TempDir())
	if m, err := s.Oldest(t.Context()); err != nil || m != (flowengine.Mark{}) {
		t.Errorf("of nothing: %+v %v", m, err)
	}
	must(t, s.Accept(t.Context(), execution(1)))
	for seq := range 40 {
		s.Append(execution(1).ID, event(seq+1, flowengine.KeyPressed, func(e *flowengine.Event) { e.At = e.At.Add(time.Duration(seq-36) * time.Hour) }))
		must(t, s.Check(t.Context())) // a row of its own
	}
	m, err := s.Oldest(t.Context())
	must(t, err)
	if got := newsOf(t, s, "", m); len(got) != 27 || !strings.HasSuffix(got[0], ".14") {
		t.Errorf("%d events from %v on", len(got), got[:min(len(got), 1)])
	}
}

// Whoever follows hears of what comes after everything was forgotten.
func TestNewsAfterEverythingWasForgotten(t *testing.T) {
	s := openIn(t, t.TempDir())
	for n := range 3 {
		must(t, s.Accept(t.Context(), execution(n)))
		must(t, s.End(t.Context(), execution(n).ID, ending(1, flowengine.StatusFinished)))
	}
	at, err := s.Mark(t.Context(), "acme", "")
	must(t, err)
	if n, err := s.Forget(t.Context(), "acme", time.Now().Add(time.Hour)); n != 3 || err != nil {
		t.Fatalf("Forget = %d, %v", n, err)
	}
	must(t, s.Accept(t.Context(), execution(3)))
	must(t, s.End(t.Context(), execution(3).ID, ending(1, flowengine.StatusFinished)))
	if got := newsOf(t, s, "", at); len(got) != 1 {
		t.Errorf("it hears %v", got)
	}
}

// A journal of the schema that clustered it by execution and kept the order of
// writing in a feed is whole afterwards, and those who follow go on in it.
func TestJournalIsBroughtIntoTheOrderOfWriting(t *testing.T) {
	dir := t.TempDir()
	row := func(no, seq, events int) string {
		var text []string
		for i := range events {
			text = append(text, fmt.Sprintf(`{"seq":%d,"at":%q,"kind":"key_pressed"}`, seq+i, moment().Format(time.RFC3339Nano)))
		}
		return fmt.Sprintf(`INSERT INTO journal (execution, seq, events) VALUES (%d, %d, '[%s]')`, no, seq, strings.Join(text, ","))
	}
	const clustered = 10 // the schema
	var statements []string
	for no := 1; no <= 3; no++ {
		statements = append(statements, fmt.Sprintf(`INSERT INTO executions (no, id, interaction_id, account, flow_id, version_id, arguments, accepted_at, status)
			VALUES (%d, '%s', 'i', 'acme', 'play', 'v', '{}', %d, 'accepted')`, no, execution(no).ID, moment().UnixMicro()))
	}
	statements = append(statements, row(1, 1, 2), row(2, 1, 1), row(2, 2, 2), row(3, 1, 1), row(1, 3, 1), row(3, 2, 1),
		`INSERT INTO feed (no, at, parts) VALUES (7, 0, '[[3,1],[1,3]]'), (8, 0, '[[2,2]]'), (10, 0, '[[3,2]]')`)
	must(t, store.Older(t.Context(), dir, clustered, statements...))
	s := openIn(t, dir)
	name := func(no, seq int) string { return fmt.Sprintf("%s.%d", execution(no).ID, seq) }
	order := []string{name(1, 1), name(1, 2), name(2, 1), name(3, 1), name(1, 3), name(2, 2), name(2, 3), name(3, 2)}
	if got := newsOf(t, s, "", flowengine.Mark{}); !slices.Equal(got, order) {
		t.Errorf("they are told in the order %v", got)
	}
	for i, id := range order {
		m, err := s.Mark(t.Context(), "acme", id)
		must(t, err)
		if got := newsOf(t, s, "", m); !slices.Equal(got, order[i+1:]) {
			t.Errorf("after %s come %v", id, got)
		}
	}
	s.Append(execution(1).ID, event(4, flowengine.KeyPressed, nil))
	must(t, s.End(t.Context(), execution(1).ID, ending(5, flowengine.StatusFinished)))
	h, err := s.History(t.Context(), "acme", execution(1).ID)
	must(t, err)
	whole(t, h)
}

// AllNews tells what News would tell each account, in the same order.
func TestAllNews(t *testing.T) {
	s := openIn(t, t.TempDir())
	for n := range 6 {
		x := execution(n)
		x.Account = []string{"acme", "other", "third"}[n%3]
		must(t, s.Accept(t.Context(), x))
		for seq := 1; seq <= 700; seq++ { // more than a page
			s.Append(x.ID, event(seq, flowengine.KeyPressed, nil))
			if seq%2 == 0 {
				must(t, s.Check(t.Context()))
			}
		}
	}
	all := map[string][]string{}
	for m := (flowengine.Mark{}); ; {
		news, next, err := s.AllNews(t.Context(), m, func(account string) bool { return account != "third" })
		must(t, err)
		for _, n := range news {
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
	if len(all) != 2 || len(all["acme"]) != 1400 || !slices.Equal(all["acme"], newsOf(t, s, "", flowengine.Mark{})) {
		t.Errorf("%d accounts, %d events", len(all), len(all["acme"]))
	}
}

// A quiet account hears all of its own, however much others write in between, and
// from wherever it comes back; so does one that writes much itself.
func TestNewsBetweenMuchOfOthers(t *testing.T) {
	s := openIn(t, t.TempDir())
	begin, err := s.Mark(t.Context(), "acme", "")
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
	said := 0
	say := func() {
		said++
		for i := range own {
			id := execution(wide + i).ID
			s.Append(id, event(said, flowengine.KeyPressed, nil))
			want = append(want, fmt.Sprintf("%s.%d", id, said))
		}
		must(t, s.Check(t.Context()))
	}
	for round := range 11 { // 5,500 rows: more than one News goes through
		for i := range wide {
			s.Append(execution(i).ID, event(round+1, flowengine.KeyPressed, nil))
		}
		must(t, s.Check(t.Context()))
		if round == 1 || round == 9 {
			say()
		}
	}
	for range 20 { // 600 rows: more than one News returns
		say()
	}
	if got := newsOf(t, s, "", begin); !slices.Equal(got, want) {
		t.Errorf("told %d of %d", len(got), len(want))
	}
	for _, after := range []int{1, 29, 30, 31, 59, 60, 61, 559, 560, 561} {
		m, err := s.Mark(t.Context(), "acme", want[after-1])
		must(t, err)
		if got := newsOf(t, s, execution(0).FlowID, m); !slices.Equal(got, want[after:]) {
			t.Errorf("after event %d told %d of %d", after, len(got), len(want)-after)
		}
	}
	if got := newsOf(t, s, "another", begin); got != nil {
		t.Errorf("of another flow told %d", len(got))
	}
}

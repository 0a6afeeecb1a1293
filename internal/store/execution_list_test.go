package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

func TestList(t *testing.T) { onEachDialect(t, testList) }

func testList(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	begin := moment()
	const executions = 25
	for n := range executions {
		x := execution(n)
		x.AcceptedAt = begin.Add(time.Duration(n) * time.Minute)
		x.FlowID = []string{"play", "forward"}[n%2]
		if n%5 == 0 {
			x.Account = "other"
		}
		must(t, s.Accept(t.Context(), x))
		if n == 7 {
			must(t, s.End(t.Context(), x.ID, ending(1, record.StatusFailed)))
		}
	}
	walk := func(account string, f record.Filter, limit int) (got []int) {
		for cursor := ""; ; {
			page, next, err := s.List(t.Context(), account, f, cursor, limit)
			must(t, err)
			if len(page) > limit {
				t.Fatalf("%d in a page of %d", len(page), limit)
			}
			for _, h := range page {
				var n int
				if _, err := fmt.Sscanf(string(h.ID), "%x", &n); err != nil {
					t.Fatal(err)
				}
				got = append(got, n)
			}
			if next == "" {
				return got
			}
			cursor = next
		}
	}
	for _, c := range []struct {
		name    string
		account string
		filter  record.Filter
		match   func(n int) bool
	}{
		{"all", "acme", record.Filter{}, func(n int) bool { return n%5 != 0 }},
		{"another account", "other", record.Filter{}, func(n int) bool { return n%5 == 0 }},
		{"no account", "x", record.Filter{}, func(int) bool { return false }},
		{"flow", "acme", record.Filter{FlowID: "forward"}, func(n int) bool { return n%5 != 0 && n%2 == 1 }},
		{"status", "acme", record.Filter{Status: record.StatusFailed}, func(n int) bool { return n == 7 }},
		{"time", "acme", record.Filter{From: begin.Add(3 * time.Minute), To: begin.Add(9 * time.Minute)}, func(n int) bool { return n%5 != 0 && n >= 3 && n < 9 }},
	} {
		var want []int
		for n := executions - 1; n >= 0; n-- {
			if c.match(n) {
				want = append(want, n)
			}
		}
		for limit := 1; limit <= 30; limit += 7 {
			if got := walk(c.account, c.filter, limit); !slices.Equal(got, want) {
				t.Errorf("%s, %d a page: %v, want %v", c.name, limit, got, want)
			}
		}
		slices.Reverse(want)
		i := 0
		must(t, s.Each(t.Context(), c.account, c.filter, func(h record.History) error {
			if i >= len(want) || h.ID != execution(want[i]).ID {
				return fmt.Errorf("%s: number %d is %s", c.name, i, h.ID)
			}
			i++
			return nil
		}))
		if i != len(want) {
			t.Errorf("%s: Each gives %d, want %d", c.name, i, len(want))
		}
	}
	stop := errors.New("enough")
	if err := s.Each(t.Context(), "acme", record.Filter{}, func(record.History) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Each says %v", err)
	}
	for _, cursor := range []string{"!", "1", string(execution(5).ID)} { // the last is another account's
		if _, _, err := s.List(t.Context(), "acme", record.Filter{}, cursor, 1); !errors.Is(err, record.ErrBadCursor) {
			t.Errorf("cursor %q says %v", cursor, err)
		}
	}
}

func TestFlows(t *testing.T) { onEachDialect(t, testFlows) }

func testFlows(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	for _, f := range [][3]string{{"acme", "b", "1"}, {"acme", "a", "1"}, {"acme", "a", "2"}, {"other", "c", "1"}} {
		_, err := s.Publish(t.Context(), f[0], f[1], []byte(f[2]))
		must(t, err)
	}
	flows, err := s.Flows(t.Context(), "acme")
	must(t, err)
	if len(flows) != 2 || flows[0].FlowID != "a" || flows[0].Number != 2 || flows[1].FlowID != "b" {
		t.Errorf("flows: %+v", flows)
	}
	versions, err := s.FlowVersions(t.Context(), "acme", "a")
	must(t, err)
	if len(versions) != 2 || versions[0].Number != 2 || versions[1].Status != record.Archived {
		t.Errorf("versions: %+v", versions)
	}
	if _, err := s.FlowVersions(t.Context(), "acme", "c"); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("another account's flow says %v", err)
	}
}

func TestWatch(t *testing.T) { onEachDialect(t, testWatch) }

func testWatch(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	x := execution(1)
	must(t, s.Accept(t.Context(), x))
	changed, stop := s.Watch(x.ID)
	other, stopOther := s.Watch(execution(2).ID)
	defer stopOther()
	for n, change := range []func(){
		func() { must(t, s.Begin(t.Context(), x.ID, moment())) },
		func() { s.Append(x.ID, event(1, record.KeyPressed, nil)) },
		func() { must(t, s.End(t.Context(), x.ID, ending(2, record.StatusFinished))) },
	} {
		change()
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			t.Fatalf("change %d notifies nothing", n)
		}
	}
	if h, err := s.History(t.Context(), "acme", x.ID); err != nil || len(h.Events) != 2 {
		t.Errorf("when it is notified it cannot be read: %+v, %v", h, err)
	}
	stop()
	select {
	case <-other:
		t.Error("another execution's watch is notified")
	default:
	}
}

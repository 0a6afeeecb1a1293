package store_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

// flowPages reads all pages, and lets change do something between each two.
func flowPages(t *testing.T, s *store.Store, account string, limit int, change func(page int)) (ids []string) {
	t.Helper()
	after := ""
	for n := 0; ; n++ {
		page, more, err := s.FlowsAfter(t.Context(), account, after, limit)
		must(t, err)
		if len(page) > limit || more && len(page) < limit {
			t.Fatalf("page %d has %d of %d flows, more: %v", n, len(page), limit, more)
		}
		for _, f := range page {
			ids = append(ids, f.FlowID)
			if f.Published == nil && f.Draft == nil || f.Published != nil && f.Published.Definition != nil {
				t.Errorf("%s is %+v", f.FlowID, f)
			}
		}
		if !more {
			return ids
		}
		after = page[len(page)-1].FlowID
		change(n)
	}
}

// However large the pages and whatever happens between them, each flow that was
// there all the time is shown once.
func TestFlowsComeInPages(t *testing.T) { onEachDialect(t, testFlowsComeInPages) }

func testFlowsComeInPages(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	var want []string
	var published []record.Version
	for n := range 250 {
		id := fmt.Sprintf("f%03d", n)
		want = append(want, id)
		if n%3 != 0 {
			published = append(published, record.Version{Account: "acme", FlowID: id, Definition: []byte("one")})
		}
		if n%3 != 1 { // a draft alone, or beside what is published
			_, err := s.SaveDraft(t.Context(), "acme", id, []byte("draft"), nil)
			must(t, err)
		}
	}
	for _, definition := range []string{"one", "two", "three"} { // with archived versions between
		for i := range published {
			published[i].Definition = []byte(definition)
		}
		_, err := s.PublishAll(t.Context(), published)
		must(t, err)
	}
	_, err := s.Publish(t.Context(), "other", "f0005", []byte("theirs"))
	must(t, err)
	for _, limit := range []int{1, 2, 7, 100, 249, 250, 251} {
		if got := flowPages(t, s, "acme", limit, func(int) {}); !slices.Equal(got, want) {
			t.Errorf("pages of %d hold %d flows: %v", limit, len(got), got)
		}
	}
	got := flowPages(t, s, "acme", 10, func(page int) {
		last := page*10 + 9
		must(t, errors.Join(
			second(s.Publish(t.Context(), "acme", fmt.Sprintf("e%03d", page), []byte("before"))),
			second(s.SaveDraft(t.Context(), "acme", want[last], []byte("again"), nil)),
			second(s.Publish(t.Context(), "acme", want[last], []byte(fmt.Sprint("page ", page))))))
		if page == 0 { // the one that the cursor names, and the next, are gone
			must(t, s.DiscardDraft(t.Context(), "acme", "f012", nil))
		}
	})
	if gone := slices.Index(want, "f012"); !slices.Equal(got, slices.Delete(slices.Clone(want), gone, gone+1)) {
		t.Errorf("with changes between the pages they hold %d flows: %v", len(got), got)
	}
}

// A flow that is out of service is listed by its newest version, and otherwise by
// what is in use.
func TestFlowsOutOfServiceAreListed(t *testing.T) { onEachDialect(t, testFlowsOutOfServiceAreListed) }

func testFlowsOutOfServiceAreListed(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	for _, id := range []string{"a", "b", "c"} {
		for _, definition := range []string{"one", "two"} {
			must(t, second(s.Publish(t.Context(), "acme", id, []byte(definition))))
		}
	}
	must(t, second(s.SaveDraft(t.Context(), "acme", "b", []byte("three"), nil)))
	must(t, second(s.Unpublish(t.Context(), "acme", "a")))
	must(t, second(s.Unpublish(t.Context(), "acme", "b")))
	var got []string
	for _, after := range []string{"", "a", "b"} {
		page, more, err := s.FlowsAfter(t.Context(), "acme", after, 1)
		if must(t, err); len(page) != 1 || more != (after != "b") {
			t.Fatalf("after %q: %+v, %v", after, page, more)
		}
		for what, v := range map[string]*record.Version{"published": page[0].Published, "draft": page[0].Draft, "archived": page[0].Archived} {
			if v != nil {
				got = append(got, fmt.Sprint(page[0].FlowID, " ", what, " ", v.Number, " ", v.Status))
			}
		}
	}
	if want := []string{"a archived 2 archived", "b draft 3 draft", "c published 2 published"}; !slices.Equal(got, want) {
		t.Errorf("the flows are %q, want %q", got, want)
	}
}

// Versions come the newest first; those that come between pages are on none.
func TestVersionsComeInPages(t *testing.T) { onEachDialect(t, testVersionsComeInPages) }

func testVersionsComeInPages(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	if _, _, err := s.VersionsBefore(t.Context(), "acme", "f", math.MaxInt, 5); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("versions of nothing: %v", err)
	}
	const first = 23
	for n := range first {
		must(t, second(s.Publish(t.Context(), "acme", "f", []byte(fmt.Sprint(n)))))
	}
	before, seen := math.MaxInt, 0
	for more := true; more; {
		var page []record.Version
		var err error
		page, more, err = s.VersionsBefore(t.Context(), "acme", "f", before, 5)
		must(t, err)
		for _, v := range page {
			if v.Number != first-seen || v.Definition != nil {
				t.Errorf("version %d of the list is %+v", seen, v)
			}
			seen++
		}
		before = page[len(page)-1].Number
		must(t, second(s.Publish(t.Context(), "acme", "f", []byte(fmt.Sprint("between ", seen)))))
	}
	if seen != first {
		t.Errorf("the pages hold %d versions", seen)
	}
	if page, more, err := s.VersionsBefore(t.Context(), "acme", "f", 1, 5); err != nil || more || len(page) != 0 {
		t.Errorf("after the last: %v, %v, %v", page, more, err)
	}
	if _, _, err := s.VersionsBefore(t.Context(), "other", "f", 1, 5); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("of another account: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"ringflow/flowengine/record"
)

func TestDrafts(t *testing.T) { onEachDialect(t, testDrafts) }

func testDrafts(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	fails := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s says %v, want %v", what, err, want)
		}
	}
	_, err := s.Draft(t.Context(), "acme", "f")
	fails("reading no draft", err, record.ErrNoDraft)
	_, err = s.PublishDraft(t.Context(), "acme", "f", nil)
	fails("publishing no draft", err, record.ErrNoDraft)
	fails("discarding no draft", s.DiscardDraft(t.Context(), "acme", "f", nil), record.ErrNoDraft)

	first, err := s.SaveDraft(t.Context(), "acme", "f", []byte("one"), nil)
	must(t, err)
	if got, err := s.Draft(t.Context(), "acme", "f"); err != nil || !reflect.DeepEqual(got, first) || first.Status != record.Draft || !first.PublishedAt.IsZero() || first.Number != 1 {
		t.Errorf("the draft is %+v, %v, saved was %+v", got, err, first)
	}
	_, err = s.Published(t.Context(), "acme", "f")
	fails("a flow with a draft alone", err, record.ErrNotPublished)
	_, err = s.Draft(t.Context(), "other", "f")
	fails("another account", err, record.ErrNoDraft)

	_, err = s.SaveDraft(t.Context(), "acme", "f", []byte("x"), is("zero"))
	fails("saving over another's change", err, record.ErrChanged)
	_, err = s.SaveDraft(t.Context(), "acme", "f", []byte("x"), is(""))
	fails("beginning what exists", err, record.ErrChanged)
	second, err := s.SaveDraft(t.Context(), "acme", "f", []byte("two"), is("one"))
	must(t, err)
	if second.ID != first.ID || second.Number != 1 {
		t.Errorf("the draft became %+v", second)
	}
	_, err = s.PublishDraft(t.Context(), "acme", "f", []byte("one"))
	fails("publishing what was not checked", err, record.ErrChanged)
	published, err := s.PublishDraft(t.Context(), "acme", "f", []byte("two"))
	must(t, err)
	if v, err := s.Published(t.Context(), "acme", "f"); err != nil || !reflect.DeepEqual(v, published) || v.ID != first.ID || string(v.Definition) != "two" {
		t.Errorf("published is %+v, %v", v, err)
	}

	third, err := s.SaveDraft(t.Context(), "acme", "f", []byte("three"), is(""))
	must(t, err)
	if v, err := s.Published(t.Context(), "acme", "f"); err != nil || v.ID != published.ID || third.Number != 2 {
		t.Errorf("a draft takes traffic: %+v, %v", v, err)
	}
	must(t, s.DiscardDraft(t.Context(), "acme", "f", nil))
	_, err = s.SaveDraft(t.Context(), "acme", "f", []byte("four"), nil)
	must(t, err)
	last, err := s.PublishDraft(t.Context(), "acme", "f", []byte("four"))
	must(t, err)
	versions, err := s.FlowVersions(t.Context(), "acme", "f")
	must(t, err)
	if len(versions) != 2 || versions[0].ID != last.ID || versions[0].Status != record.Published || versions[1].Status != record.Archived {
		t.Errorf("versions: %+v", versions)
	}
}

// is expects the draft to be text, "" that there is none.
func is(text string) func([]byte) error {
	return func(draft []byte) error {
		if string(draft) != text || (draft == nil) != (text == "") {
			return record.ErrChanged
		}
		return nil
	}
}

// Of several changes of the draft that all were made to the same one, one succeeds, and
// no change is lost.
func TestADraftIsChangedByOne(t *testing.T) { onEachDialect(t, testADraftIsChangedByOne) }

func testADraftIsChangedByOne(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	for round := range 20 {
		before := fmt.Sprint("round ", round)
		_, err := s.SaveDraft(t.Context(), "acme", "f", []byte(before), nil)
		must(t, err)
		var done atomic.Int32
		var won atomic.Value
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				text, err := "", error(nil)
				if n%2 == 0 {
					err = s.DiscardDraft(t.Context(), "acme", "f", is(before))
				} else {
					text = fmt.Sprint("by ", n)
					_, err = s.SaveDraft(t.Context(), "acme", "f", []byte(text), is(before))
				}
				switch {
				case err == nil:
					done.Add(1)
					won.Store(text)
				case !errors.Is(err, record.ErrChanged) && !errors.Is(err, record.ErrNoDraft):
					t.Error(err)
				}
			})
		}
		all.Wait()
		v, err := s.Draft(t.Context(), "acme", "f")
		if err != nil && !errors.Is(err, record.ErrNoDraft) {
			t.Fatal(err)
		}
		if done.Load() != 1 || string(v.Definition) != won.Load() {
			t.Errorf("round %d: %d changed it, the draft is %q, changed to %q", round, done.Load(), v.Definition, won.Load())
		}
	}
}

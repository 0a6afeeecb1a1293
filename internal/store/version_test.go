package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// A flow that is taken out of service is out of it at once, under its aliases and
// out of the cache too, and nothing of it is lost.
func TestUnpublish(t *testing.T) { onEachDialect(t, testUnpublish) }

func testUnpublish(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	for _, id := range []string{"f", "g"} {
		_, err := s.Publish(t.Context(), "acme", id, []byte("one"))
		must(t, err)
		_, err = s.Published(t.Context(), "acme", id) // it is in the cache
		must(t, err)
	}
	_, err := s.SaveDraft(t.Context(), "acme", "f", []byte("two"), nil)
	must(t, err)
	if _, err := s.Unpublish(t.Context(), "other", "f"); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("another account: %v", err)
	}
	v, err := s.Unpublish(t.Context(), "acme", "f")
	if err != nil || v.Status != record.Archived || v.Number != 1 {
		t.Errorf("unpublish: %+v, %v", v, err)
	}
	if _, err := s.Published(t.Context(), "acme", "f"); !errors.Is(err, record.ErrNotPublished) {
		t.Errorf("a start finds %v", err)
	}
	if _, err := s.Unpublish(t.Context(), "acme", "f"); !errors.Is(err, record.ErrNotPublished) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := s.Published(t.Context(), "acme", "g"); err != nil {
		t.Errorf("another flow: %v", err)
	}
	if all, err := s.FlowVersions(t.Context(), "acme", "f"); err != nil || len(all) != 2 {
		t.Errorf("versions: %v, %v", all, err)
	}
	if d, err := s.Draft(t.Context(), "acme", "f"); err != nil || string(d.Definition) != "two" {
		t.Errorf("the draft: %+v, %v", d, err)
	}
	if old, err := s.Version(t.Context(), v.ID); err != nil || string(old.Definition) != "one" { // what scheduled executions run
		t.Errorf("the version: %+v, %v", old, err)
	}
	again, err := s.Publish(t.Context(), "acme", "f", []byte("one"))
	if err != nil || again.Number != 3 {
		t.Errorf("put back: %+v, %v", again, err)
	}
	if got, err := s.Published(t.Context(), "acme", "f"); err != nil || got.ID != again.ID {
		t.Errorf("put back, a start finds %+v, %v", got, err)
	}
}

// A caller that goes while its batch is written breaks off no statement: the connection
// is that of all.
func TestUnpublishWhoseCallerIsGone(t *testing.T) { onEachDialect(t, testUnpublishWhoseCallerIsGone) }

func testUnpublishWhoseCallerIsGone(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	caller, cancel := context.WithCancel(t.Context())
	defer cancel()
	holds, release := make(chan bool), make(chan bool)
	var ops sync.WaitGroup
	defer ops.Wait()
	saveDraft := func(flow string, while func()) {
		if _, err := s.SaveDraft(t.Context(), "acme", flow, []byte("{}"), func([]byte) error { while(); return nil }); err != nil {
			t.Error(err)
		}
	}
	ops.Go(func() { saveDraft("a", func() { close(holds); <-release }) })
	<-holds
	for n, next := range []func(){
		func() { saveDraft("b", cancel) },
		func() {
			if _, err := s.Unpublish(caller, "acme", "c"); !errors.Is(err, record.ErrNoFlow) {
				t.Errorf("Unpublish says %v", err)
			}
		},
	} {
		ops.Go(next)
		for deadline := time.Now().Add(10 * time.Second); s.Queued() <= n && time.Now().Before(deadline); {
			<-time.After(time.Millisecond)
		}
	}
	close(release)
}
